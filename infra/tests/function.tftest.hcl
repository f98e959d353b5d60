provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name                 = "events-api-prod-get-event"
  zip                  = "tests/fixtures/all/get-event.zip"
  runtime              = "nodejs22.x"
  memory_mb            = 512
  timeout_s            = 20
  environment          = { TABLE_NAME = "events-api-prod" }
  role_path            = "/events-api/prod/"
  permissions_boundary = "arn:aws:iam::123456789012:policy/events-api-boundary"
  permissions          = []
  log_retention_days   = 14
  tracing              = false
}

run "creates_a_function_with_a_role_a_log_and_an_alias" {
  command = plan
  module {
    source = "./function"
  }

  override_resource {
    target          = aws_lambda_function.this
    override_during = plan
    values          = { version = "7" }
  }

  # Publishes the zip on arm64, and logs JSON to the declared group.
  assert {
    condition = jsonencode({
      name             = aws_lambda_function.this.function_name
      zip              = aws_lambda_function.this.filename
      source_code_hash = aws_lambda_function.this.source_code_hash
      handler          = aws_lambda_function.this.handler
      runtime          = aws_lambda_function.this.runtime
      architectures    = aws_lambda_function.this.architectures
      memory_mb        = aws_lambda_function.this.memory_size
      timeout_s        = aws_lambda_function.this.timeout
      publish          = aws_lambda_function.this.publish
      environment      = nonsensitive(aws_lambda_function.this.environment[0].variables)
      log_format       = aws_lambda_function.this.logging_config[0].log_format
      log_group        = aws_lambda_function.this.logging_config[0].log_group
      log_levels       = [aws_lambda_function.this.logging_config[0].application_log_level, aws_lambda_function.this.logging_config[0].system_log_level]
      tracing          = aws_lambda_function.this.tracing_config[0].mode
      }) == jsonencode({
      name             = "events-api-prod-get-event"
      zip              = "tests/fixtures/all/get-event.zip"
      source_code_hash = "hznHbmgfkAkjuQDJ3w73XPQh05yrtUZQxLmtGbanbYU="
      handler          = "index.handler"
      runtime          = "nodejs22.x"
      architectures    = ["arm64"]
      memory_mb        = 512
      timeout_s        = 20
      publish          = true
      environment      = { TABLE_NAME = "events-api-prod" }
      log_format       = "JSON"
      log_group        = "/aws/lambda/events-api-prod-get-event"
      log_levels       = ["INFO", "INFO"]
      tracing          = "PassThrough"
    })
    error_message = "The function must be exactly as listed here."
  }

  assert {
    condition     = [aws_cloudwatch_log_group.this.name, aws_cloudwatch_log_group.this.retention_in_days] == ["/aws/lambda/events-api-prod-get-event", 14]
    error_message = "Got ${jsonencode(aws_cloudwatch_log_group.this)}"
  }

  # Gives the function a bounded role that only Lambda can assume.
  assert {
    condition = [aws_iam_role.this.name, aws_iam_role.this.path, aws_iam_role.this.permissions_boundary] == [
      "events-api-prod-get-event", "/events-api/prod/", "arn:aws:iam::123456789012:policy/events-api-boundary",
    ]
    error_message = "Got ${jsonencode(aws_iam_role.this)}"
  }

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy) == {
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
    }
    error_message = "Got ${aws_iam_role.this.assume_role_policy}"
  }

  # Creates the alias live at the first version.
  assert {
    condition     = [aws_lambda_alias.live.name, aws_lambda_alias.live.function_name, aws_lambda_alias.live.function_version] == ["live", "events-api-prod-get-event", "7"]
    error_message = "Got ${jsonencode(aws_lambda_alias.live)}"
  }
}

run "traces_and_may_write_traces_only_if_asked_to" {
  command = plan
  module {
    source = "./function"
  }
  variables {
    tracing = true
  }

  override_resource {
    target          = aws_cloudwatch_log_group.this
    override_during = plan
    values          = { arn = "arn:logs" }
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "Got ${jsonencode(aws_lambda_function.this.tracing_config)}"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement == [
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = ["arn:logs:*"] },
      { Effect = "Allow", Action = ["xray:PutTelemetryRecords"], Resource = ["*"] },
      { Effect = "Allow", Action = ["xray:PutTraceSegments"], Resource = ["*"] },
    ]
    error_message = "Got ${aws_iam_role_policy.this.policy}"
  }
}

run "refuses_a_missing_zip_and_a_name_too_long_for_lambda" {
  command = plan
  module {
    source = "./function"
  }
  variables {
    zip  = "tests/fixtures/all/missing.zip"
    name = "events-api-prod-${join("-", [for number in range(25) : "x"])}"
  }

  expect_failures = [var.zip, var.name]
}
