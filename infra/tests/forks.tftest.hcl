# When function folders are deleted, nothing that only they need is planned.

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
  target          = aws_dynamodb_table.this
  override_during = plan
  values          = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/a" }
}

override_resource {
  target          = aws_s3_bucket.images[0]
  override_during = plan
  values          = { id = "images", arn = "arn:aws:s3:::images" }
}

override_resource {
  target          = aws_apigatewayv2_api.this
  override_during = plan
  values          = { id = "abcdefghij", execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij" }
}

override_resource {
  target          = aws_sqs_queue.label_image_failures[0]
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:a-queue", url = "https://queue" }
}

variables {
  stage        = "prod"
  cors_origins = ["https://example.com"]
}

run "plans_no_indexes_and_nothing_for_images_with_only_create_event_and_get_event" {
  command = plan
  variables {
    dist_path = "tests/fixtures/core"
    billing   = "provisioned"
  }

  assert {
    condition = jsonencode({
      rights     = local.permissions
      variables  = distinct([for function in module.function : keys(function.environment)])
      routes     = keys(aws_apigatewayv2_route.this)
      methods    = aws_apigatewayv2_api.this.cors_configuration[0].allow_methods
      attributes = aws_dynamodb_table.this.attribute[*].name
      indexes    = aws_dynamodb_table.this.global_secondary_index
      capacity   = [aws_dynamodb_table.this.read_capacity, aws_dynamodb_table.this.write_capacity]
      alarms     = sort(local.alarms[*].alarm_name)
      filters    = keys(aws_cloudwatch_log_metric_filter.table_throttles)
      log_groups = distinct(flatten(values(aws_cloudwatch_query_definition.this)[*].log_group_names))
      }) == jsonencode({
      rights = {
        create-event = [{ actions = ["dynamodb:PutItem"], listed = [], resources = ["arn:aws:dynamodb:eu-central-1:123456789012:table/a"] }]
        get-event    = [{ actions = ["dynamodb:GetItem"], listed = [], resources = ["arn:aws:dynamodb:eu-central-1:123456789012:table/a"] }]
      }
      variables  = [["AUTH", "INDEX_SHARDS", "PRIMING", "TABLE_NAME"]]
      routes     = ["GET /events/{id}", "POST /events"]
      methods    = ["GET", "POST"]
      attributes = ["id"]
      indexes    = []
      capacity   = [12, 12]
      alarms     = ["events-api-prod-api-errors", "events-api-prod-api-latency", "events-api-prod-table-throttles"]
      filters    = ["create-event", "get-event"]
      log_groups = ["/aws/lambda/events-api-prod-create-event", "/aws/lambda/events-api-prod-get-event", "/aws/vendedlogs/events-api-prod/access"]
    })
    error_message = "Got ${jsonencode(module.function)}, ${jsonencode(local.alarms[*].alarm_name)}"
  }

  assert {
    condition = alltrue([
      for planned in [
        aws_s3_bucket.images, aws_s3_bucket_ownership_controls.images,
        aws_s3_bucket_server_side_encryption_configuration.images, aws_s3_bucket_policy.images, aws_s3_bucket_cors_configuration.images,
        aws_s3_bucket_lifecycle_configuration.images, aws_s3_bucket_notification.images, aws_lambda_permission.images,
        aws_lambda_function_event_invoke_config.label_image, aws_sqs_queue.label_image_failures, aws_iam_role_policy.label_image_failures,
        aws_cloudwatch_metric_alarm.label_image_failures, values(aws_cloudwatch_metric_alarm.function_errors),
      ] : length(planned) == 0
    ])
    error_message = "No resource for images may be planned."
  }

  assert {
    condition     = length(regexall("SQS|image|GlobalSecondaryIndex|list-events", aws_cloudwatch_dashboard.this.dashboard_body)) == 0
    error_message = "Got ${aws_cloudwatch_dashboard.this.dashboard_body}"
  }
}

run "plans_no_bucket_and_no_permission_on_one_without_the_image_functions" {
  command = plan
  variables {
    dist_path = "tests/fixtures/no-images"
  }

  assert {
    condition = jsonencode({
      rights    = sort(distinct(flatten(values(local.permissions)[*][*].actions)))
      variables = distinct([for function in module.function : keys(function.environment)])
      indexes   = sort(aws_dynamodb_table.this.global_secondary_index[*].name)
      alarms    = sort(local.alarms[*].alarm_name)
      }) == jsonencode({
      rights    = [for verb in ["DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"] : "dynamodb:${verb}"]
      variables = [["AUTH", "INDEX_SHARDS", "PRIMING", "TABLE_NAME"]]
      indexes   = ["by-organizer", "by-status", "by-type"]
      alarms    = ["events-api-prod-api-errors", "events-api-prod-api-latency", "events-api-prod-table-throttles"]
    })
    error_message = "Got ${jsonencode(module.function)}, ${jsonencode(local.alarms[*].alarm_name)}"
  }

  assert {
    condition = alltrue([
      for planned in [
        aws_s3_bucket.images, aws_s3_bucket_ownership_controls.images,
        aws_s3_bucket_server_side_encryption_configuration.images, aws_s3_bucket_policy.images, aws_s3_bucket_cors_configuration.images,
        aws_s3_bucket_lifecycle_configuration.images, aws_s3_bucket_notification.images, aws_lambda_permission.images,
        aws_lambda_function_event_invoke_config.label_image, aws_sqs_queue.label_image_failures, aws_iam_role_policy.label_image_failures,
        aws_cloudwatch_metric_alarm.label_image_failures, values(aws_cloudwatch_metric_alarm.function_errors),
      ] : length(planned) == 0
    ])
    error_message = "No resource for images may be planned."
  }

  assert {
    condition     = length(regexall("SQS|image", aws_cloudwatch_dashboard.this.dashboard_body)) == 0
    error_message = "Got ${aws_cloudwatch_dashboard.this.dashboard_body}"
  }
}

run "plans_no_index_but_everything_for_images_without_list_events" {
  command = plan
  variables {
    dist_path = "tests/fixtures/no-list"
  }

  assert {
    condition = jsonencode({
      has_query  = strcontains(jsonencode(local.permissions), "dynamodb:Query")
      variables  = distinct([for function in module.function : keys(function.environment)])
      attributes = aws_dynamodb_table.this.attribute[*].name
      indexes    = aws_dynamodb_table.this.global_secondary_index
      alarms     = sort(local.alarms[*].alarm_name)
      bucket     = length(aws_s3_bucket.images)
      calls      = length(aws_s3_bucket_notification.images)
      queue      = length(aws_sqs_queue.label_image_failures)
      graphs     = [for word in ["SQS", "GlobalSecondaryIndex"] : strcontains(aws_cloudwatch_dashboard.this.dashboard_body, word)]
      }) == jsonencode({
      has_query  = false
      variables  = [["AUTH", "BUCKET_NAME", "INDEX_SHARDS", "LABELS", "PRIMING", "TABLE_NAME"]]
      attributes = ["id"]
      indexes    = []
      alarms     = [for name in ["api-errors", "api-latency", "label-image-errors", "label-image-failures", "table-throttles"] : "events-api-prod-${name}"]
      bucket     = 1
      calls      = 1
      queue      = 1
      graphs     = [true, false]
    })
    error_message = "Got ${jsonencode(module.function)}, ${jsonencode(aws_dynamodb_table.this)}"
  }
}
