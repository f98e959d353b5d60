variable "alarm_email" {
  description = "The address to mail when an alarm goes off and when it is over; empty for none. AWS first asks it to confirm the subscription."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.alarm_email == "" || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "alarm_email must be an e-mail address, like someone@example.com, or empty."
  }
}

# CloudWatch's free tier is 10 alarm metrics per account, so each of two stages has five. An alarm's description says why it
# went off and what to do. The release command watches every alarm whose name begins with this stack's.
locals {
  # A bug in one of these causes no 5xx.
  functions_without_routes = { for name, function in local.functions : name => function if length(function.routes) == 0 }

  alarms = concat(
    [aws_cloudwatch_metric_alarm.api_errors, aws_cloudwatch_metric_alarm.api_latency, aws_cloudwatch_metric_alarm.table_throttles],
    values(aws_cloudwatch_metric_alarm.function_errors),
    aws_cloudwatch_metric_alarm.label_image_failures,
  )

  runbook = "What to do: infra/README.md, Alarms."
}

# A bug or a timeout in a function is a 500 here; an unreachable database is a 503.
#
# The average of a metric that is 0 or 1 per request is its rate, as AWS documents for REST APIs. Dividing by Count would
# use up a second of the ten metrics. If HTTP APIs sent no zeros, the alarm would go off too early, never too late.
resource "aws_cloudwatch_metric_alarm" "api_errors" {
  alarm_name          = "${local.name}-api-errors"
  alarm_description   = "More than 5 % of requests got a 5xx in two of three minutes: callers' requests fail, and a retry may not help. ${local.runbook}"
  namespace           = "AWS/ApiGateway"
  metric_name         = "5xx"
  dimensions          = { ApiId = aws_apigatewayv2_api.this.id, Stage = aws_apigatewayv2_stage.this.name }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = 0.05
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching" # Without requests there are no data points.
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "api_latency" {
  alarm_name          = "${local.name}-api-latency"
  alarm_description   = "The slowest 1 % of requests took over 3 seconds in three of five minutes. A cold start takes less than one, so the database is slow or throttling, and requests are close to their timeout of 10 seconds. ${local.runbook}"
  namespace           = "AWS/ApiGateway"
  metric_name         = "Latency"
  dimensions          = { ApiId = aws_apigatewayv2_api.this.id, Stage = aws_apigatewayv2_stage.this.name }
  extended_statistic  = "p99"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  threshold           = 3000
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  # The p99 of a handful of requests is just the slowest.
  evaluate_low_sample_count_percentiles = "ignore"
}

# DynamoDB counts throttles separately for the table and each index, reads and writes: eight metrics for three indexes,
# and the table's two exclude the indexes. One metric over the logs counts the throttles that reached a caller:
# not those of functions without routes, such as label-image, where Rekognition's have the same names.
resource "aws_cloudwatch_metric_alarm" "table_throttles" {
  alarm_name          = "${local.name}-table-throttles"
  alarm_description   = "DynamoDB throttled requests to the table or an index, retries did not help, and callers got 503. Either a caller floods the API, or it has outgrown max_read_request_units and max_write_request_units. ${local.runbook}"
  namespace           = local.name
  metric_name         = "TableThrottles"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 2
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

locals {
  throttles = ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"]
}

resource "aws_cloudwatch_log_metric_filter" "table_throttles" {
  for_each = { for name, function in module.function : name => function if !contains(keys(local.functions_without_routes), name) }

  name           = "${local.name}-table-throttles"
  log_group_name = each.value.log_group_name
  pattern        = "{ ${join(" || ", [for name in local.throttles : "$.message.cause = \"${name}\""])} }"

  metric_transformation {
    namespace = local.name
    name      = "TableThrottles"
    value     = "1"
    unit      = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "function_errors" {
  for_each = local.functions_without_routes

  alarm_name          = "${local.name}-${each.key}-errors"
  alarm_description   = "${each.key} failed three times in five minutes. No caller sees it: Lambda tries each call three times, then gives up. ${local.runbook}"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = module.function[each.key].name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 3
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# Not encrypted at rest: CloudWatch cannot use AWS's own key for SNS, a customer key costs a dollar a month, and the
# messages hold only what this repository says anyway. In transit they are encrypted.
resource "aws_sns_topic" "alarms" {
  name = "${local.name}-alarms"
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsOfThisStack"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
      Condition = {
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.this.account_id }
        ArnLike      = { "aws:SourceArn" = "${local.alarm_arn_prefix}${local.name}-*" }
      }
    }]
  })
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarm_email == "" ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}
