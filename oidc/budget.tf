variable "budget_usd" {
  description = "What the account may cost in a month, in US dollars, before a mail is sent."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.budget_usd > 0
    error_message = "budget_usd must be more than 0 US dollars a month."
  }
}

variable "budget_email" {
  description = "The address to mail when 80 % of the budget is used or it is forecast to be exceeded; empty for none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.budget_email == "" || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.budget_email))
    error_message = "budget_email must be an e-mail address, like someone@example.com, or empty."
  }
}

locals {
  budget_thresholds_percent = { ACTUAL = 80, FORECASTED = 100 }
}

# Watches the whole account; stops nothing.
resource "aws_budgets_budget" "this" {
  name         = "${var.project}-account"
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.budget_usd)
  limit_unit   = "USD"

  dynamic "notification" {
    for_each = var.budget_email == "" ? {} : local.budget_thresholds_percent

    content {
      notification_type          = notification.key
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = [var.budget_email]
    }
  }
}
