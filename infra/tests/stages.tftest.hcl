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
  target = aws_apigatewayv2_api.this
  values = { execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij" }
}

variables {
  dist_path = "tests/fixtures/all"
}

run "read" {
  command = plan
  module {
    source = "./tests/fixtures/stages"
  }

  assert {
    condition     = { for file, variables in output.stages : file => variables.stage } == { prod = "prod", staging = "staging" }
    error_message = "Got ${jsonencode(output.stages)}"
  }

  # In prod a release begins with the variable's default.
  assert {
    condition     = { for file, variables in output.stages : file => try(variables.canary, "default") } == { prod = "default", staging = { minutes = 0 } }
    error_message = "Staging must release at once, prod to some callers first: ${jsonencode(output.stages)}"
  }
}

run "protects_the_data_of_prod" {
  command = plan
  variables {
    stage                  = run.read.stages.prod.stage
    point_in_time_recovery = run.read.stages.prod.point_in_time_recovery
    deletion_protection    = run.read.stages.prod.deletion_protection
  }

  # The warning that auth is off.
  expect_failures = [check.auth]
  assert {
    condition     = [aws_dynamodb_table.this.deletion_protection_enabled, aws_dynamodb_table.this.point_in_time_recovery[0].enabled] == [true, true]
    error_message = "Got ${jsonencode(aws_dynamodb_table.this)}"
  }
}

run "lets_staging_be_torn_down" {
  command = plan
  variables {
    stage = run.read.stages.staging.stage
  }

  assert {
    condition     = [aws_dynamodb_table.this.deletion_protection_enabled, aws_dynamodb_table.this.point_in_time_recovery[0].enabled] == [false, false]
    error_message = "Got ${jsonencode(aws_dynamodb_table.this)}"
  }
}
