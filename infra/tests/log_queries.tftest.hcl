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
  values          = { id = "abcdefghij", execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij" }
}

variables {
  stage     = "prod"
  dist_path = "tests/fixtures/all"
}

run "queries_all_functions_the_access_log_or_both" {
  command = plan

  # Queries all functions, the access log or both.
  assert {
    condition = {
      for query in aws_cloudwatch_query_definition.this : query.name => [contains(query.log_group_names, "/aws/vendedlogs/events-api-prod/access"), length(query.log_group_names) - 1]
      } == {
      "events-api-prod/request-by-id"  = [true, length(local.functions)]
      "events-api-prod/slowest-routes" = [true, 0]
      "events-api-prod/errors-by-code" = [false, length(local.functions) - 1]
      "events-api-prod/cold-starts"    = [false, length(local.functions) - 1]
      "events-api-prod/throttles"      = [true, length(local.functions)]
    }
    error_message = "Got ${jsonencode(aws_cloudwatch_query_definition.this)}"
  }

  assert {
    condition     = local.function_log_groups == [for name in keys(local.functions) : "/aws/lambda/events-api-prod-${name}"]
    error_message = "Got ${jsonencode(local.function_log_groups)}"
  }

  # Uses only fields that are logged.
  # In Logs Insights a misspelt field is not an error but an empty answer.
  assert {
    condition = length(setsubtract(
      flatten(regexall("message\\.([A-Za-z_]+)", jsonencode([values(local.log_queries)[*].query, local.widgets]))),
      concat(flatten(regexall("(?m)^  ([A-Za-z_]+)\\??: ", file("../functions/_shared/log.ts"))), ["errorMessage"]), # Lambda's own, for a thrown error
    )) == 0
    error_message = "functions/_shared/log.ts has no such field: ${jsonencode(values(local.log_queries)[*].query)}"
  }

  assert {
    condition = alltrue([
      for field in ["latency_ms", "routeKey", "status", "requestId", "lambdaRequestId"] : can(jsondecode(aws_apigatewayv2_stage.this.access_log_settings[0].format)[field])
    ])
    error_message = "Got ${aws_apigatewayv2_stage.this.access_log_settings[0].format}"
  }
}

