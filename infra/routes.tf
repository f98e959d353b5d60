locals {
  # From route key to function.
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
