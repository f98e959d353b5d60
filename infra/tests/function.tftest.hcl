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
  zip                  = "tests/fixtures/zips/get-event.zip"
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

run "publishes_the_zip_on_arm64_and_logs_json_to_the_declared_group" {
  command = plan
  module {
    source = "./function"
  }

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
      zip              = "tests/fixtures/zips/get-event.zip"
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
    error_message = "The function must be as it is listed here, to the letter."
  }

  assert {
    condition     = [aws_cloudwatch_log_group.this.name, aws_cloudwatch_log_group.this.retention_in_days] == ["/aws/lambda/events-api-prod-get-event", 14]
    error_message = "Got ${jsonencode(aws_cloudwatch_log_group.this)}"
  }
}

run "gives_the_function_a_bounded_role_that_only_lambda_takes" {
  command = plan
  module {
    source = "./function"
  }

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
}

run "traces_where_it_is_asked_to_and_has_the_rights_for_it_only_then" {
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

run "makes_the_alias_live_at_the_version_that_is_the_first" {
  command = plan
  module {
    source = "./function"
  }

  override_resource {
    target          = aws_lambda_function.this
    override_during = plan
    values          = { version = "7" }
  }

  assert {
    condition     = [aws_lambda_alias.live.name, aws_lambda_alias.live.function_name, aws_lambda_alias.live.function_version] == ["live", "events-api-prod-get-event", "7"]
    error_message = "Got ${jsonencode(aws_lambda_alias.live)}"
  }
}

run "refuses_a_missing_zip" {
  command = plan
  module {
    source = "./function"
  }
  variables {
    zip = "tests/fixtures/zips/missing.zip"
  }

  expect_failures = [var.zip]
}

run "refuses_a_name_that_lambda_does_not_take" {
  command = plan
  module {
    source = "./function"
  }
  variables {
    name = "events-api-prod-${join("-", [for number in range(25) : "x"])}"
  }

  expect_failures = [var.name]
}

run "refuses_too_little_memory_and_time" {
  command = plan
  module {
    source = "./function"
  }
  variables {
    memory_mb = 127
    timeout_s = 0
  }

  expect_failures = [var.memory_mb, var.timeout_s]
}

run "refuses_too_much_memory_and_time" {
  command = plan
  module {
    source = "./function"
  }
  variables {
    memory_mb = 10241
    timeout_s = 901
  }

  expect_failures = [var.memory_mb, var.timeout_s]
}

run "refuses_parts_of_a_megabyte_and_of_a_second" {
  command = plan
  module {
    source = "./function"
  }
  variables {
    memory_mb = 256.5
    timeout_s = 1.5
  }

  expect_failures = [var.memory_mb, var.timeout_s]
}
