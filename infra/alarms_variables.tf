variable "alarm_email" {
  description = "Who gets a mail when an alarm goes off, and when it is over; nobody when empty. AWS first asks this address whether it wants them."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.alarm_email == "" || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "The alarms' address must be an e-mail address, like someone@example.com, or empty."
  }
}
