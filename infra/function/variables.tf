variable "name" {
  description = "The name of the function, of its role and of its log group."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.name) <= 64
    error_message = "${var.name} must have at most 64 characters, which is Lambda's and IAM's limit: choose a shorter folder name."
  }
}

variable "zip" {
  description = "The path of the function's zip."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.zip)
    error_message = "${var.zip} is missing: run npm run build first."
  }
}

variable "runtime" {
  description = "The Lambda runtime."
  type        = string
  nullable    = false
}

variable "memory_mb" {
  description = "The memory of the function; its CPU share grows with it."
  type        = number
  nullable    = false
}

variable "timeout_s" {
  description = "How long one call may take."
  type        = number
  nullable    = false
}

variable "environment" {
  description = "The environment variables of the function."
  type        = map(string)
  nullable    = false
}

variable "role_path" {
  description = "The IAM path of the function's role, with / at both ends."
  type        = string
  nullable    = false
}

variable "permissions_boundary" {
  description = "The ARN of the policy that bounds the function's role."
  type        = string
  nullable    = false
}

variable "permissions" {
  description = "Which actions the function may take on which resources, and which keys of a bucket it may list, all if empty; writing its own log is added."
  type        = list(object({ actions = list(string), resources = list(string), listed = list(string) }))
  nullable    = false
}

variable "log_retention_days" {
  description = "How long the function's log is kept."
  type        = number
  nullable    = false
}

variable "tracing" {
  description = "Whether X-Ray traces calls of the function; its role then gets the permissions."
  type        = bool
  nullable    = false
}
