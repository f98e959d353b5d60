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

override_resource {
  target          = aws_s3_bucket.images
  override_during = plan
  values = {
    id  = "events-api-prod-images-123456789012"
    arn = "arn:aws:s3:::events-api-prod-images-123456789012"
  }
}

override_resource {
  target          = aws_dynamodb_table.this
  override_during = plan
  values          = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-prod" }
}

override_resource {
  target          = aws_sqs_queue.label_image_failures
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:events-api-prod-label-image-failures"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/events-api-prod-label-image-failures"
  }
}

override_resource {
  target          = module.function["label-image"].aws_lambda_alias.live
  override_during = plan
  values          = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:events-api-prod-label-image:live" }
}

override_resource {
  target          = module.function["label-image"].aws_cloudwatch_log_group.this
  override_during = plan
  values          = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-label-image" }
}

variables {
  stage          = "prod"
  functions_path = "tests/fixtures/functions"
  dist_path      = "tests/fixtures/zips"
}

run "calls_label_image_for_what_arrives_below_incoming_and_what_expires_below_deletions" {
  command = plan

  assert {
    condition = [aws_s3_bucket_notification.images.bucket, [
      for each in aws_s3_bucket_notification.images.lambda_function : [each.lambda_function_arn, each.events, each.filter_prefix, each.filter_suffix]
      ]] == ["events-api-prod-images-123456789012", [
      ["arn:aws:lambda:eu-central-1:123456789012:function:events-api-prod-label-image:live", toset(["s3:ObjectCreated:*"]), "incoming/", tostring(null)],
      ["arn:aws:lambda:eu-central-1:123456789012:function:events-api-prod-label-image:live", toset(["s3:LifecycleExpiration:*"]), "deletions/", tostring(null)],
    ]]
    error_message = "Got ${jsonencode(aws_s3_bucket_notification.images)}"
  }

  assert {
    condition = {
      function_name  = aws_lambda_permission.images.function_name
      qualifier      = aws_lambda_permission.images.qualifier
      action         = aws_lambda_permission.images.action
      principal      = aws_lambda_permission.images.principal
      source_arn     = aws_lambda_permission.images.source_arn
      source_account = aws_lambda_permission.images.source_account
      } == {
      function_name  = "events-api-prod-label-image"
      qualifier      = "live"
      action         = "lambda:InvokeFunction"
      principal      = "s3.amazonaws.com"
      source_arn     = "arn:aws:s3:::events-api-prod-images-123456789012"
      source_account = "123456789012"
    }
    error_message = "Got ${jsonencode(aws_lambda_permission.images)}"
  }
}

run "tries_a_failed_image_twice_again_and_then_keeps_what_it_was_in_a_queue" {
  command = plan

  assert {
    condition = jsonencode({
      function_name = aws_lambda_function_event_invoke_config.label_image.function_name
      qualifier     = aws_lambda_function_event_invoke_config.label_image.qualifier
      retries       = aws_lambda_function_event_invoke_config.label_image.maximum_retry_attempts
      age_s         = aws_lambda_function_event_invoke_config.label_image.maximum_event_age_in_seconds
      destination   = aws_lambda_function_event_invoke_config.label_image.destination_config[0].on_failure[0].destination
      on_success    = aws_lambda_function_event_invoke_config.label_image.destination_config[0].on_success
      }) == jsonencode({
      function_name = "events-api-prod-label-image"
      qualifier     = "live"
      retries       = 2
      age_s         = 6 * 60 * 60
      destination   = "arn:aws:sqs:eu-central-1:123456789012:events-api-prod-label-image-failures"
      on_success    = []
    })
    error_message = "Got ${jsonencode(aws_lambda_function_event_invoke_config.label_image)}"
  }

  assert {
    condition = jsonencode({
      name        = aws_sqs_queue.label_image_failures.name
      retention_s = aws_sqs_queue.label_image_failures.message_retention_seconds
      encrypted   = aws_sqs_queue.label_image_failures.sqs_managed_sse_enabled
      }) == jsonencode({
      name        = "events-api-prod-label-image-failures"
      retention_s = 14 * 24 * 60 * 60
      encrypted   = true
    })
    error_message = "Got ${jsonencode(aws_sqs_queue.label_image_failures)}"
  }
}

run "raises_an_alarm_that_says_what_to_do" {
  command = plan

  assert {
    condition = jsonencode({
      name        = aws_cloudwatch_metric_alarm.label_image_failures.alarm_name
      metric      = "${aws_cloudwatch_metric_alarm.label_image_failures.namespace} ${aws_cloudwatch_metric_alarm.label_image_failures.metric_name}"
      dimensions  = aws_cloudwatch_metric_alarm.label_image_failures.dimensions
      condition   = "${aws_cloudwatch_metric_alarm.label_image_failures.statistic} ${aws_cloudwatch_metric_alarm.label_image_failures.comparison_operator} ${aws_cloudwatch_metric_alarm.label_image_failures.threshold}"
      period_s    = aws_cloudwatch_metric_alarm.label_image_failures.period
      periods     = aws_cloudwatch_metric_alarm.label_image_failures.evaluation_periods
      without     = aws_cloudwatch_metric_alarm.label_image_failures.treat_missing_data
      description = aws_cloudwatch_metric_alarm.label_image_failures.alarm_description
      }) == jsonencode({
      name        = "events-api-prod-label-image-failures"
      metric      = "AWS/SQS ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = "events-api-prod-label-image-failures" }
      condition   = "Maximum GreaterThanOrEqualToThreshold 1"
      period_s    = 300
      periods     = 1
      without     = "notBreaching"
      description = "An uploaded image could not be labelled, or a deletion could not be finished, even after two retries. What it was and why is in the queue: aws sqs receive-message --region ap-southeast-1 --queue-url https://sqs.eu-central-1.amazonaws.com/123456789012/events-api-prod-label-image-failures. The file stays below incoming/ for a day: mend the cause and invoke events-api-prod-label-image:live with the message's requestPayload, or have it uploaded again; then delete the message."
    })
    error_message = "Got ${jsonencode(aws_cloudwatch_metric_alarm.label_image_failures)}"
  }
}

run "gives_label_image_the_table_the_bucket_and_rekognition" {
  command = plan

  assert {
    condition = module.function["label-image"].role.policy.Statement == [
      {
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = ["arn:aws:s3:::events-api-prod-images-123456789012"]
      },
      {
        Effect   = "Allow"
        Action   = ["rekognition:DetectLabels"]
        Resource = ["*"]
      },
      {
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = ["arn:aws:s3:::events-api-prod-images-123456789012/*"]
      },
      {
        Effect   = "Allow"
        Action   = ["dynamodb:UpdateItem"]
        Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-prod"]
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-label-image:*"]
      },
    ]
    error_message = "Got ${jsonencode(module.function["label-image"].role)}"
  }
}

run "lets_label_image_and_nobody_else_send_to_its_queue" {
  command = plan

  assert {
    condition     = aws_iam_role_policy.label_image_failures.role == "events-api-prod-label-image"
    error_message = "Got ${jsonencode(aws_iam_role_policy.label_image_failures)}"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.label_image_failures.policy) == {
      Version = "2012-10-17"
      Statement = [{
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = ["arn:aws:sqs:eu-central-1:123456789012:events-api-prod-label-image-failures"]
      }]
    }
    error_message = "Got ${aws_iam_role_policy.label_image_failures.policy}"
  }
}

run "tells_every_function_where_images_are_and_that_they_get_labels" {
  command = plan

  assert {
    condition = alltrue([for function in module.function : function.environment == tomap({
      TABLE_NAME   = "events-api-prod"
      INDEX_SHARDS = "1"
      BUCKET_NAME  = "events-api-prod-images-123456789012"
      AUTH         = "off"
      LABELS       = "on"
    })])
    error_message = "Got ${jsonencode([for function in module.function : function.environment])}"
  }
}

run "keeps_label_image_where_images_get_no_labels_and_tells_it_so" {
  command = plan
  variables {
    label_images = false
  }

  assert {
    condition     = module.function["label-image"].environment.LABELS == "off"
    error_message = "Got ${jsonencode(module.function["label-image"].environment)}"
  }
}
