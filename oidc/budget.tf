variable "budget_usd" {
  description = "What the account may cost in a month, in US dollars, before a mail is sent."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.budget_usd > 0
    error_message = "The budget must be more than 0 US dollars a month."
  }
}

variable "budget_email" {
  description = "Where a mail goes when the budget is used up to 80 %, or forecast to be exceeded; none when empty."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.budget_email == "" || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.budget_email))
    error_message = "The budget's address must be an e-mail address, like someone@example.com, or empty."
  }
}

locals {
  budget_thresholds_percent = { ACTUAL = 80, FORECASTED = 100 }
}

# It watches the whole account, and stops nothing.
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
