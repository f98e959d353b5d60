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
