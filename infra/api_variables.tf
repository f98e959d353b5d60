variable "throttle_rate_per_s" {
  description = "How many requests per second the API takes, all callers together; more get 429."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.throttle_rate_per_s >= 1 && var.throttle_rate_per_s <= 10000
    error_message = "The rate must be from 1 to 10000 requests per second, which is what an account has."
  }
}

variable "throttle_burst" {
  description = "How many requests the API takes at once before the rate counts."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.throttle_burst >= 1 && var.throttle_burst <= 5000 && floor(var.throttle_burst) == var.throttle_burst
    error_message = "The burst must be an integer from 1 to 5000 requests, which is what an account has."
  }
}

variable "cors_origins" {
  description = "The web sites whose pages may call the API, like https://example.com; none by default."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^(\\*|https?://[a-z0-9.-]+(:[0-9]+)?)$", origin))])
    error_message = "An origin must be * or as a browser sends it, scheme and host in lower case and no / at the end, like https://example.com."
  }
}
