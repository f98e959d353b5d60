variable "functions_path" {
  description = "The folder that holds one folder per function, from infra/."
  type        = string
  default     = "../functions"
  nullable    = false
}

variable "dist_path" {
  description = "The folder that holds the zip of each function, from infra/; `npm run build` makes it."
  type        = string
  default     = "../dist"
  nullable    = false
}

variable "canary" {
  description = "How a release begins: new versions get so many percent of the calls for so many minutes; at 0 minutes they get all at once."
  type        = object({ percent = optional(number, 10), minutes = optional(number, 5) })
  default     = {}
  nullable    = false

  validation {
    condition     = var.canary.percent >= 1 && var.canary.percent <= 100 && var.canary.minutes >= 0 && var.canary.minutes <= 15
    error_message = "A canary takes 1 to 100 percent of the calls for 0 to 15 minutes; the job that releases is given up after 20."
  }
}

variable "lambda_runtime" {
  description = "The Lambda runtime of the functions. nodejs24.x needs AWS provider 6.19 or later."
  type        = string
  default     = "nodejs22.x"
  nullable    = false

  validation {
    condition     = can(regex("^nodejs(2[2-9]|[3-9][0-9])\\.x$", var.lambda_runtime))
    error_message = "The runtime must be a Node.js runtime that runs the bundles, which are made for Node 22 and later, like nodejs22.x."
  }
}

variable "tracing" {
  description = "Whether X-Ray traces the functions: how long a call and its start took, and which failed. Free up to 100,000 traces a month."
  type        = bool
  default     = false
  nullable    = false
}
