variable "label_images" {
  description = "Whether Rekognition labels the images. Set false in a region without it: images then get no labels."
  type        = bool
  default     = true
  nullable    = false
}

# The one function that the bucket invokes, not the API. Its calls are asynchronous: Lambda retries a failed call and, if it
# still fails, sends it to a queue that raises an alarm.
resource "aws_s3_bucket_notification" "images" {
  count = local.has_images ? 1 : 0

  bucket = aws_s3_bucket.images[0].id

  lambda_function {
    lambda_function_arn = module.function["label-image"].alias_arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "incoming/"
  }

  lambda_function {
    lambda_function_arn = module.function["label-image"].alias_arn
    events              = ["s3:LifecycleExpiration:*"]
    filter_prefix       = "deletions/"
  }

  # S3 refuses a notification that it may not deliver.
  depends_on = [aws_lambda_permission.images]
}

# A bucket's ARN names no account: without source_account, anyone who takes the name of a deleted bucket could invoke this.
resource "aws_lambda_permission" "images" {
  count = local.has_images ? 1 : 0

  function_name  = module.function["label-image"].name
  qualifier      = module.function["label-image"].alias_name
  principal      = "s3.amazonaws.com"
  action         = "lambda:InvokeFunction"
  source_arn     = aws_s3_bucket.images[0].arn
  source_account = data.aws_caller_identity.this.account_id
}

resource "aws_lambda_function_event_invoke_config" "label_image" {
  count = local.has_images ? 1 : 0

  function_name                = module.function["label-image"].name
  qualifier                    = module.function["label-image"].alias_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.label_image_failures[0].arn
    }
  }

  # Lambda refuses a destination that the function's role may not send to.
  depends_on = [aws_iam_role_policy.label_image_failures]
}

resource "aws_sqs_queue" "label_image_failures" {
  count = local.has_images ? 1 : 0

  name                      = "${local.name}-label-image-failures"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_iam_role_policy" "label_image_failures" {
  count = local.has_images ? 1 : 0

  name = "${local.name}-label-image-failures"
  role = module.function["label-image"].role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [aws_sqs_queue.label_image_failures[0].arn]
    }]
  })
}

resource "aws_cloudwatch_metric_alarm" "label_image_failures" {
  count = local.has_images ? 1 : 0

  alarm_name          = "${local.name}-label-image-failures"
  alarm_description   = "An uploaded image could not be labelled, or a deletion could not be finished, even after two retries. The queue says which and why: aws sqs receive-message --region ${var.region} --queue-url ${aws_sqs_queue.label_image_failures[0].url}. The file stays under incoming/ for a day: fix the cause and invoke ${module.function["label-image"].name}:live with the message's requestPayload, or have it uploaded again; then delete the message."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.label_image_failures[0].name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  treat_missing_data  = "notBreaching" # SQS sends no data points for a queue that has long been empty.
}
