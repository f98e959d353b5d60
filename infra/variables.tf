variable "project" {
  description = "The prefix of every name in the account; the same as in oidc/."
  type        = string
  default     = "events-api"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}[a-z0-9]$", var.project))
    error_message = "project must be 3 to 22 lower-case letters, digits and -, beginning with a letter and not ending with -, like events-api."
  }
}

variable "stage" {
  description = "The environment, also the first segment of the URL's path: staging, prod."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.stage))
    error_message = "stage must be 2 to 12 lower-case letters and digits, beginning with a letter, like staging or prod."
  }
}

variable "region" {
  description = "The AWS region of the stack."
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

variable "log_retention_days" {
  description = "How long the logs of the functions and of the API are kept."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch accepts, like 7, 14, 30 or 365; 0 would keep logs for ever."
  }
}

variable "commit" {
  description = "The deployed commit, kept as an output so that a later deployment cannot go back to an older one unnoticed."
  type        = string
  default     = "unknown"
  nullable    = false

  validation {
    condition     = can(regex("^([0-9a-f]{40}|unknown)$", var.commit))
    error_message = "commit must be 40 lower-case hex digits, or unknown."
  }
}

data "aws_caller_identity" "this" {}

locals {
  name = "${var.project}-${var.stage}"

  # Created by oidc/: the deploy role may create roles only with this boundary.
  permissions_boundary = "arn:aws:iam::${data.aws_caller_identity.this.account_id}:policy/${var.project}-boundary"
}
