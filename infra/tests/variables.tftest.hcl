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
  stage     = "prod"
  dist_path = "tests/fixtures/all"
}

run "has_defaults" {
  command = plan

  # Begins a release with a tenth of the calls for five minutes by default.
  assert {
    condition     = output.canary == { percent = 10, minutes = 5 }
    error_message = "Got ${jsonencode(output.canary)}"
  }

  # Prints unknown when no commit is given.
  assert {
    condition     = output.commit == "unknown"
    error_message = "Got ${output.commit}"
  }
}

run "refuses_invalid_names_and_words" {
  command = plan
  variables {
    project        = "Events-API"
    stage          = "pre-prod"
    region         = "singapore"
    lambda_runtime = "python3.13"
    billing        = "free"
    cors_origins   = ["https://example.com/"]
    commit         = "main"
  }

  expect_failures = [var.project, var.stage, var.region, var.lambda_runtime, var.billing, var.cors_origins, var.commit]
}

run "refuses_names_too_long_and_a_runtime_older_than_the_bundles" {
  command = plan
  variables {
    project        = "events-api-of-our-school"
    stage          = "preproduction"
    lambda_runtime = "nodejs20.x"
    cors_origins   = ["https://example.com", "https://Example.com"]
  }

  expect_failures = [var.project, var.stage, var.lambda_runtime, var.cors_origins]
}

run "refuses_a_runtime_of_an_odd_version" {
  command = plan
  variables {
    lambda_runtime = "nodejs23.x"
  }

  expect_failures = [var.lambda_runtime]
}

run "refuses_too_little" {
  command = plan
  variables {
    log_retention_days      = 0
    throttle_rate_per_s     = 0
    throttle_burst          = 0
    max_read_request_units  = 0
    max_write_request_units = 0
    index_shards            = 0
    canary                  = { percent = 9 }
  }

  expect_failures = [
    var.canary,
    var.log_retention_days,
    var.throttle_rate_per_s,
    var.throttle_burst,
    var.max_read_request_units,
    var.max_write_request_units,
    var.index_shards,
  ]
}

run "refuses_too_much" {
  command = plan
  variables {
    free_capacity_units = 26
    log_retention_days  = 10000
    throttle_rate_per_s = 10001
    throttle_burst      = 5001
    index_shards        = 65
    canary              = { minutes = 16 }
  }

  expect_failures = [var.free_capacity_units, var.log_retention_days, var.throttle_rate_per_s, var.throttle_burst, var.index_shards, var.canary]
}

run "accepts_a_commit_any_origin_and_a_later_runtime" {
  command = plan
  variables {
    cors_origins   = ["*"]
    lambda_runtime = "nodejs22.x"
    commit         = "0123456789abcdef0123456789abcdef01234567"
  }

  # Prints the deployed commit.
  assert {
    condition     = output.commit == "0123456789abcdef0123456789abcdef01234567"
    error_message = "Got ${output.commit}"
  }
}

run "refuses_fractions_of_units_and_a_short_commit" {
  command = plan
  variables {
    throttle_burst          = 1.5
    max_read_request_units  = 1.5
    max_write_request_units = 1.5
    index_shards            = 1.5
    commit                  = "0123456789abcdef"
  }

  expect_failures = [var.throttle_burst, var.max_read_request_units, var.max_write_request_units, var.index_shards, var.commit]
}

run "refuses_a_folder_without_a_build" {
  command = plan
  variables {
    dist_path = "tests/fixtures"
  }

  expect_failures = [var.dist_path]
}

run "refuses_the_region_us_gov_west_1_of_another_partition" {
  command = plan
  variables {
    region = "us-gov-west-1"
  }

  expect_failures = [var.region]
}

run "refuses_the_region_cn_north_1_of_another_partition" {
  command = plan
  variables {
    region = "cn-north-1"
  }

  expect_failures = [var.region]
}

run "refuses_the_region_us_iso_east_1_of_another_partition" {
  command = plan
  variables {
    region = "us-iso-east-1"
  }

  expect_failures = [var.region]
}

run "refuses_the_region_us_isob_east_1_of_another_partition" {
  command = plan
  variables {
    region = "us-isob-east-1"
  }

  expect_failures = [var.region]
}

run "refuses_the_region_eu_isoe_west_1_of_another_partition" {
  command = plan
  variables {
    region = "eu-isoe-west-1"
  }

  expect_failures = [var.region]
}

run "refuses_the_region_eusc_de_east_1_of_another_partition" {
  command = plan
  variables {
    region = "eusc-de-east-1"
  }

  expect_failures = [var.region]
}
