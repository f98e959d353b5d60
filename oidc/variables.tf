variable "project" {
  description = "The prefix of every name in the account; the same as in infra/."
  type        = string
  default     = "events-api"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}[a-z0-9]$", var.project))
    error_message = "project must be 3 to 22 lower-case letters, digits and -, beginning with a letter and not ending with -, like events-api."
  }
}

variable "region" {
  description = "The AWS region of the stages and of the state bucket; the same as in infra/."
  type        = string
  default     = "ap-southeast-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the code of an AWS region, like ap-southeast-1."
  }

  validation {
    condition     = !can(regex("^(cn|eusc|us-gov|[a-z]{2}-iso[a-z]*)-", var.region))
    error_message = "region must not be in GovCloud, China, an ISO partition or the European Sovereign Cloud: all ARNs here are in the partition aws."
  }
}

variable "stages" {
  description = "The stages that GitHub may deploy, each from the GitHub environment of that name and with its own role."
  type        = set(string)
  default     = ["staging", "prod"]
  nullable    = false

  validation {
    condition     = length(var.stages) > 0
    error_message = "stages must have at least one stage, like prod."
  }

  validation {
    condition     = alltrue([for stage in var.stages : can(regex("^[a-z][a-z0-9]{1,11}$", stage))])
    error_message = "Each of stages must be 2 to 12 lower-case letters and digits, beginning with a letter, like staging or prod."
  }

  validation {
    condition     = !contains(var.stages, "oidc")
    error_message = "stages must not contain oidc: this folder's own state has that name in the bucket."
  }
}

variable "delete_state_on_destroy" {
  description = "Whether destroying this may delete the state bucket with every state in it, old versions too. Only for the last step of a teardown."
  type        = bool
  default     = false
  nullable    = false
}
