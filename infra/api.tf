variable "throttle_rate_per_s" {
  description = "How many requests per second the API accepts from all callers together; more get 429."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.throttle_rate_per_s >= 1 && var.throttle_rate_per_s <= 10000
    error_message = "throttle_rate_per_s must be from 1 to 10000, the quota of an account."
  }
}

variable "throttle_burst" {
  description = "How many requests the API accepts at once before the rate applies."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.throttle_burst >= 1 && var.throttle_burst <= 5000 && floor(var.throttle_burst) == var.throttle_burst
    error_message = "throttle_burst must be an integer from 1 to 5000, the quota of an account."
  }
}

variable "cors_origins" {
  description = "The origins whose pages may call the API, like https://example.com; none by default."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex(local.cors.origin, origin))])
    error_message = "Each of cors_origins must be * or what a browser sends: scheme and host in lower case, without a trailing /, like https://example.com."
  }
}

locals {
  # What web pages may send and read; the local run uses it too.
  cors = jsondecode(file("cors.json"))
}

# oidc/ creates the API, so that a stage's deploy role can be limited to its id.
data "aws_apigatewayv2_apis" "this" {
  name          = local.name
  protocol_type = "HTTP"
}

import {
  for_each = data.aws_apigatewayv2_apis.this.ids
  to       = aws_apigatewayv2_api.this
  id       = each.value
}

resource "aws_apigatewayv2_api" "this" {
  name          = local.name
  description   = "The events API, stage ${var.stage}."
  protocol_type = "HTTP"

  dynamic "cors_configuration" {
    for_each = length(var.cors_origins) > 0 ? [var.cors_origins] : []

    content {
      allow_origins  = cors_configuration.value
      allow_methods  = distinct([for route in keys(local.routes) : split(" ", route)[0]])
      allow_headers  = local.cors.api.allow_headers
      expose_headers = local.cors.api.expose_headers
      max_age        = local.cors.api.max_age
    }
  }

  lifecycle {
    precondition {
      condition     = length(data.aws_apigatewayv2_apis.this.ids) == 1
      error_message = "There must be one HTTP API named ${local.name} in ${var.region}, not ${length(data.aws_apigatewayv2_apis.this.ids)}. If there is none, apply oidc/ with this stage and region. If there are two, delete one: see oidc/README.md, \"Move an older deployment\"."
    }
  }
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = var.stage
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = var.throttle_rate_per_s
    throttling_burst_limit = var.throttle_burst
  }

  # Numbers are quoted too: API Gateway writes - for a missing value. It does so for error.messageString as well, which is
  # quoted only if there is an error: every line without one would not be JSON.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      time             = "$context.requestTime"
      requestId        = "$context.requestId"
      lambdaRequestId  = "$context.integration.requestId"
      routeKey         = "$context.routeKey"
      status           = "$context.status"
      latency_ms       = "$context.responseLatency"
      integration_ms   = "$context.integrationLatency"
      integrationError = "$context.integrationErrorMessage"
      gatewayError     = "$context.error.message"
      sourceIp         = "$context.identity.sourceIp"
      responseLength   = "$context.responseLength"
    })
  }
}

# All log groups under /aws/vendedlogs/ share one line of the account's resource policy, which must not exceed
# 5,120 characters; elsewhere each group adds a line.
resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/vendedlogs/${local.name}/access"
  retention_in_days = var.log_retention_days
}

locals {
  # By route key, the function's name.
  routes = merge([for name, function in local.functions : { for route in toset(function.routes) : route => name }]...)
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = toset(values(local.routes))

  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = module.function[each.key].alias_invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "this" {
  for_each = local.routes

  api_id               = aws_apigatewayv2_api.this.id
  route_key            = each.key
  target               = "integrations/${aws_apigatewayv2_integration.this[each.value].id}"
  authorization_type   = local.has_auth ? "JWT" : "NONE"
  authorizer_id        = one(aws_apigatewayv2_authorizer.this[*].id)
  authorization_scopes = local.functions[each.value].scopes

  # A route is live as soon as it exists, and answers 500 without its permission.
  depends_on = [aws_lambda_permission.this]
}

resource "aws_lambda_permission" "this" {
  for_each = local.routes

  function_name = module.function[each.value].name
  qualifier     = module.function[each.value].alias_name
  principal     = "apigateway.amazonaws.com"
  action        = "lambda:InvokeFunction"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage}/${replace(each.key, " ", "")}"
}
