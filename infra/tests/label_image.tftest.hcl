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

override_resource {
  target          = aws_s3_bucket.images[0]
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
  target          = aws_sqs_queue.label_image_failures[0]
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
  stage     = "prod"
  dist_path = "tests/fixtures/all"
}

run "invokes_label_image_for_what_arrives_in_the_bucket" {
  command = plan

  # Invokes label-image for what arrives under incoming/ and what expires under deletions/.
  assert {
    condition = [aws_s3_bucket_notification.images[0].bucket, [
      for each in aws_s3_bucket_notification.images[0].lambda_function : [each.lambda_function_arn, each.events, each.filter_prefix, each.filter_suffix]
      ]] == ["events-api-prod-images-123456789012", [
      ["arn:aws:lambda:eu-central-1:123456789012:function:events-api-prod-label-image:live", toset(["s3:ObjectCreated:*"]), "incoming/", tostring(null)],
      ["arn:aws:lambda:eu-central-1:123456789012:function:events-api-prod-label-image:live", toset(["s3:LifecycleExpiration:*"]), "deletions/", tostring(null)],
    ]]
    error_message = "Got ${jsonencode(aws_s3_bucket_notification.images[0])}"
  }

  assert {
    condition = {
      function_name  = aws_lambda_permission.images[0].function_name
      qualifier      = aws_lambda_permission.images[0].qualifier
      action         = aws_lambda_permission.images[0].action
      principal      = aws_lambda_permission.images[0].principal
      source_arn     = aws_lambda_permission.images[0].source_arn
      source_account = aws_lambda_permission.images[0].source_account
      } == {
      function_name  = "events-api-prod-label-image"
      qualifier      = "live"
      action         = "lambda:InvokeFunction"
      principal      = "s3.amazonaws.com"
      source_arn     = "arn:aws:s3:::events-api-prod-images-123456789012"
      source_account = "123456789012"
    }
    error_message = "Got ${jsonencode(aws_lambda_permission.images[0])}"
  }

  # Retries a failed image twice, then keeps the call in a queue.
  assert {
    condition = jsonencode({
      function_name = aws_lambda_function_event_invoke_config.label_image[0].function_name
      qualifier     = aws_lambda_function_event_invoke_config.label_image[0].qualifier
      retries       = aws_lambda_function_event_invoke_config.label_image[0].maximum_retry_attempts
      age_s         = aws_lambda_function_event_invoke_config.label_image[0].maximum_event_age_in_seconds
      destination   = aws_lambda_function_event_invoke_config.label_image[0].destination_config[0].on_failure[0].destination
      on_success    = aws_lambda_function_event_invoke_config.label_image[0].destination_config[0].on_success
      }) == jsonencode({
      function_name = "events-api-prod-label-image"
      qualifier     = "live"
      retries       = 2
      age_s         = 6 * 60 * 60
      destination   = "arn:aws:sqs:eu-central-1:123456789012:events-api-prod-label-image-failures"
      on_success    = []
    })
    error_message = "Got ${jsonencode(aws_lambda_function_event_invoke_config.label_image[0])}"
  }

  assert {
    condition = jsonencode({
      name        = aws_sqs_queue.label_image_failures[0].name
      retention_s = aws_sqs_queue.label_image_failures[0].message_retention_seconds
      encrypted   = aws_sqs_queue.label_image_failures[0].sqs_managed_sse_enabled
      }) == jsonencode({
      name        = "events-api-prod-label-image-failures"
      retention_s = 14 * 24 * 60 * 60
      encrypted   = true
    })
    error_message = "Got ${jsonencode(aws_sqs_queue.label_image_failures[0])}"
  }

  # Raises an alarm that says what to do.
  assert {
    condition = jsonencode({
      name        = aws_cloudwatch_metric_alarm.label_image_failures[0].alarm_name
      metric      = "${aws_cloudwatch_metric_alarm.label_image_failures[0].namespace} ${aws_cloudwatch_metric_alarm.label_image_failures[0].metric_name}"
      dimensions  = aws_cloudwatch_metric_alarm.label_image_failures[0].dimensions
      condition   = "${aws_cloudwatch_metric_alarm.label_image_failures[0].statistic} ${aws_cloudwatch_metric_alarm.label_image_failures[0].comparison_operator} ${aws_cloudwatch_metric_alarm.label_image_failures[0].threshold}"
      period_s    = aws_cloudwatch_metric_alarm.label_image_failures[0].period
      periods     = aws_cloudwatch_metric_alarm.label_image_failures[0].evaluation_periods
      without     = aws_cloudwatch_metric_alarm.label_image_failures[0].treat_missing_data
      description = aws_cloudwatch_metric_alarm.label_image_failures[0].alarm_description
      }) == jsonencode({
      name        = "events-api-prod-label-image-failures"
      metric      = "AWS/SQS ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = "events-api-prod-label-image-failures" }
      condition   = "Maximum GreaterThanOrEqualToThreshold 1"
      period_s    = 300
      periods     = 1
      without     = "notBreaching"
      description = "An uploaded image could not be labelled, or a deletion could not be finished, even after two retries. The queue says which and why: aws sqs receive-message --region ap-southeast-1 --queue-url https://sqs.eu-central-1.amazonaws.com/123456789012/events-api-prod-label-image-failures. The file stays under incoming/ for a day: fix the cause and invoke events-api-prod-label-image:live with the message's requestPayload, or have it uploaded again; then delete the message."
    })
    error_message = "Got ${jsonencode(aws_cloudwatch_metric_alarm.label_image_failures[0])}"
  }

  # Gives label-image the table, Rekognition, and the bucket's prefixes that it declares.
  assert {
    condition = module.function["label-image"].role.policy.Statement == [
      {
        Effect   = "Allow"
        Action   = ["dynamodb:UpdateItem"]
        Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-prod"]
      },
      {
        Effect   = "Allow"
        Action   = ["rekognition:DetectLabels"]
        Resource = ["*"]
      },
      {
        Effect   = "Allow"
        Action   = ["s3:DeleteObject"]
        Resource = ["arn:aws:s3:::events-api-prod-images-123456789012/deletions/*", "arn:aws:s3:::events-api-prod-images-123456789012/images/*"]
      },
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["arn:aws:s3:::events-api-prod-images-123456789012/incoming/*"]
      },
      {
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = ["arn:aws:s3:::events-api-prod-images-123456789012/images/*"]
      },
      {
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = ["arn:aws:s3:::events-api-prod-images-123456789012"]
        Condition = { StringLike = { "s3:prefix" = ["images/*"] } }
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-label-image:*"]
      },
    ]
    error_message = "Got ${jsonencode(module.function["label-image"].role)}"
  }

  # Lets only label-image send to its queue.
  assert {
    condition     = aws_iam_role_policy.label_image_failures[0].role == "events-api-prod-label-image"
    error_message = "Got ${jsonencode(aws_iam_role_policy.label_image_failures[0])}"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.label_image_failures[0].policy) == {
      Version = "2012-10-17"
      Statement = [{
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = ["arn:aws:sqs:eu-central-1:123456789012:events-api-prod-label-image-failures"]
      }]
    }
    error_message = "Got ${aws_iam_role_policy.label_image_failures[0].policy}"
  }

  # Tells every function where the images are and that they get labels.
  assert {
    condition = alltrue([for function in module.function : function.environment == tomap({
      TABLE_NAME   = "events-api-prod"
      INDEX_SHARDS = "1"
      BUCKET_NAME  = "events-api-prod-images-123456789012"
      AUTH         = "off"
      PRIMING      = "on"
      LABELS       = "on"
    })])
    error_message = "Got ${jsonencode([for function in module.function : function.environment])}"
  }
}

run "keeps_label_image_but_tells_it_when_images_get_no_labels" {
  command = plan
  variables {
    label_images = false
  }

  assert {
    condition     = module.function["label-image"].environment.LABELS == "off"
    error_message = "Got ${jsonencode(module.function["label-image"].environment)}"
  }
}
