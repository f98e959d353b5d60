provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = data.aws_apigatewayv2_apis.this
  values = { ids = ["abcdefghij"] }
}

override_resource {
  target          = aws_apigatewayv2_api.this
  override_during = plan
  values          = { execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij" }
}

override_resource {
  target          = aws_cloudwatch_log_group.access
  override_during = plan
  values          = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vendedlogs/events-api-prod/access" }
}

override_resource {
  target          = aws_apigatewayv2_stage.this
  override_during = plan
  values          = { invoke_url = "https://abcdefghij.execute-api.eu-central-1.amazonaws.com/prod" }
}

override_resource {
  target          = aws_apigatewayv2_integration.this["update-event"]
  override_during = plan
  values          = { id = "updates" }
}

override_resource {
  target          = module.function["update-event"].aws_lambda_alias.live
  override_during = plan
  values          = { invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/update-event:live/invocations" }
}

variables {
  stage     = "prod"
  dist_path = "tests/fixtures/all"
}

run "serves_exactly_the_declared_routes" {
  command = plan

  # Serves exactly the declared routes, each by its function.
  assert {
    condition = local.routes == {
      "GET /events"        = "list-events"
      "GET /events/{id}"   = "get-event"
      "PATCH /events/{id}" = "update-event"
      "POST /events"       = "create-event"
      "PUT /events/{id}"   = "update-event"
    }
    error_message = "Got ${jsonencode(local.routes)}"
  }

  assert {
    condition     = [for route in aws_apigatewayv2_route.this : route.route_key] == keys(local.routes)
    error_message = "Got ${jsonencode(keys(aws_apigatewayv2_route.this))}"
  }

  assert {
    condition     = keys(aws_apigatewayv2_integration.this) == ["create-event", "get-event", "list-events", "update-event"]
    error_message = "Each function with routes must have an integration, and no other."
  }

  assert {
    condition = alltrue([
      for route in ["PUT /events/{id}", "PATCH /events/{id}"] : aws_apigatewayv2_route.this[route].target == "integrations/updates"
    ])
    error_message = "Both routes of update-event must lead to it."
  }

  # Hands requests to the alias in payload format 2.
  assert {
    condition = alltrue([
      for integration in aws_apigatewayv2_integration.this :
      [integration.integration_type, integration.integration_method, integration.payload_format_version] == ["AWS_PROXY", "POST", "2.0"]
    ])
    error_message = "Got ${jsonencode(aws_apigatewayv2_integration.this)}"
  }

  assert {
    condition     = aws_apigatewayv2_integration.this["update-event"].integration_uri == "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/update-event:live/invocations"
    error_message = "Got ${aws_apigatewayv2_integration.this["update-event"].integration_uri}"
  }

  # Lets the API invoke the alias for each route's method and path and no other.
  assert {
    condition = {
      for route, permission in aws_lambda_permission.this :
      route => [permission.principal, permission.action, permission.function_name, permission.qualifier, permission.source_arn]
      } == {
      "GET /events" = [
        "apigateway.amazonaws.com", "lambda:InvokeFunction", "events-api-prod-list-events", "live",
        "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij/prod/GET/events",
      ]
      "GET /events/{id}" = [
        "apigateway.amazonaws.com", "lambda:InvokeFunction", "events-api-prod-get-event", "live",
        "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij/prod/GET/events/{id}",
      ]
      "PATCH /events/{id}" = [
        "apigateway.amazonaws.com", "lambda:InvokeFunction", "events-api-prod-update-event", "live",
        "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij/prod/PATCH/events/{id}",
      ]
      "POST /events" = [
        "apigateway.amazonaws.com", "lambda:InvokeFunction", "events-api-prod-create-event", "live",
        "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij/prod/POST/events",
      ]
      "PUT /events/{id}" = [
        "apigateway.amazonaws.com", "lambda:InvokeFunction", "events-api-prod-update-event", "live",
        "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij/prod/PUT/events/{id}",
      ]
    }
    error_message = "Got ${jsonencode(aws_lambda_permission.this)}"
  }

  # Logs each request as JSON with its id and never more than its route.
  assert {
    condition = jsondecode(aws_apigatewayv2_stage.this.access_log_settings[0].format) == {
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
    }
    error_message = "Got ${aws_apigatewayv2_stage.this.access_log_settings[0].format}"
  }

  assert {
    condition     = aws_apigatewayv2_stage.this.access_log_settings[0].destination_arn == "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vendedlogs/events-api-prod/access"
    error_message = "Got ${aws_apigatewayv2_stage.this.access_log_settings[0].destination_arn}"
  }

  assert {
    condition     = [aws_cloudwatch_log_group.access.name, aws_cloudwatch_log_group.access.retention_in_days] == ["/aws/vendedlogs/events-api-prod/access", 14]
    error_message = "Got ${jsonencode(aws_cloudwatch_log_group.access)}"
  }

  # Prints the API's URL and a command that calls it.
  assert {
    condition     = output.base_url == "https://abcdefghij.execute-api.eu-central-1.amazonaws.com/prod"
    error_message = "Got ${output.base_url}"
  }

  assert {
    condition     = output.curl == "curl -X POST 'https://abcdefghij.execute-api.eu-central-1.amazonaws.com/prod/events' --header 'Content-Type: application/json' --data-raw '{\"type\": \"test_event\", \"payload\": {\"key\": \"value\"}}'"
    error_message = "Got ${output.curl}"
  }

  # Allows no other origin by default.
  assert {
    condition     = length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "Got ${jsonencode(aws_apigatewayv2_api.this.cors_configuration)}"
  }
}

run "applies_the_stages_throttling_and_origins" {
  command = plan
  variables {
    throttle_rate_per_s = 20
    throttle_burst      = 40
    cors_origins        = ["https://example.com", "http://localhost:5173"]
  }

  # Deploys automatically to a throttled stage with the environment's name.
  assert {
    condition     = [aws_apigatewayv2_api.this.name, aws_apigatewayv2_api.this.protocol_type] == ["events-api-prod", "HTTP"]
    error_message = "Got ${jsonencode(aws_apigatewayv2_api.this)}"
  }

  assert {
    condition     = [aws_apigatewayv2_stage.this.name, aws_apigatewayv2_stage.this.auto_deploy] == ["prod", true]
    error_message = "Got ${jsonencode(aws_apigatewayv2_stage.this)}"
  }

  assert {
    condition = [
      aws_apigatewayv2_stage.this.default_route_settings[0].throttling_rate_limit,
      aws_apigatewayv2_stage.this.default_route_settings[0].throttling_burst_limit,
    ] == [20, 40]
    error_message = "Got ${jsonencode(aws_apigatewayv2_stage.this.default_route_settings)}"
  }

  # Allows cors_origins, with the headers that they need.
  assert {
    condition = jsonencode(aws_apigatewayv2_api.this.cors_configuration) == jsonencode([{
      allow_origins     = ["http://localhost:5173", "https://example.com"]
      allow_methods     = ["GET", "PATCH", "POST", "PUT"]
      allow_headers     = ["authorization", "content-type", "if-match", "if-none-match"]
      expose_headers    = ["accept-encoding", "accept-patch", "accept-post", "apigw-requestid", "etag", "location", "retry-after", "www-authenticate"]
      allow_credentials = null
      max_age           = 3600
    }])
    error_message = "Got ${jsonencode(aws_apigatewayv2_api.this.cors_configuration)}"
  }
}

run "refuses_a_stage_whose_api_oidc_did_not_create" {
  command = plan

  override_data {
    target = data.aws_apigatewayv2_apis.this
    values = { ids = [] }
  }

  expect_failures = [aws_apigatewayv2_api.this]
}

run "refuses_two_apis_of_its_name" {
  command = plan

  override_data {
    target = data.aws_apigatewayv2_apis.this
    values = { ids = ["abcdefghij", "bcdefghijk"] }
  }

  expect_failures = [aws_apigatewayv2_api.this]
}
