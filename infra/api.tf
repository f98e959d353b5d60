resource "aws_apigatewayv2_api" "this" {
  name          = local.name
  description   = "The events API, stage ${var.stage}."
  protocol_type = "HTTP"

  dynamic "cors_configuration" {
    for_each = length(var.cors_origins) > 0 ? [var.cors_origins] : []

    content {
      allow_origins  = cors_configuration.value
      allow_methods  = distinct([for route in keys(local.routes) : split(" ", route)[0]])
      allow_headers  = ["authorization", "content-type", "if-match", "if-none-match"]
      expose_headers = ["apigw-requestid", "etag", "location", "retry-after"]
      max_age        = 3600
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

  # Values stay quoted, numbers too: API Gateway writes - for what it does not have.
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

# Below /aws/vendedlogs/ all log groups share one line of the account's resource policy, which must not exceed
# 5,120 characters; elsewhere each group adds a line.
resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/vendedlogs/${local.name}/access"
  retention_in_days = var.log_retention_days
}
