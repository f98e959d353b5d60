variable "alarm_email" {
  description = "Who gets a mail when an alarm goes off, and when it is over; nobody when empty. AWS first asks this address whether it wants them."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.alarm_email == "" || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "The alarms' address must be an e-mail address, like someone@example.com, or empty."
  }
}

# CloudWatch's free tier is 10 alarm metrics for the whole account, so each of two stages has five. Every alarm can wake
# somebody, and its description says why and what to do; the release command watches all that begin with this stack's name.
locals {
  # A bug in one of these is nobody's 5xx.
  functions_without_routes = { for name, function in local.functions : name => function if length(function.routes) == 0 }

  alarms = concat(
    [aws_cloudwatch_metric_alarm.api_errors, aws_cloudwatch_metric_alarm.api_latency, aws_cloudwatch_metric_alarm.table_throttles],
    values(aws_cloudwatch_metric_alarm.function_errors),
    aws_cloudwatch_metric_alarm.label_image_failures,
  )

  runbook = "What to do: infra/README.md, Alarms."
}

# A bug in a function is a 500 here, as is one that runs out of time; a database that is away is a 503.
#
# The average of a metric that counts 0 or 1 per request is its rate, as AWS documents for REST APIs. Dividing by Count
# would take a second metric of the ten. If AWS sent no zeros here, the alarm would come too soon and never too late.
resource "aws_cloudwatch_metric_alarm" "api_errors" {
  alarm_name          = "${local.name}-api-errors"
  alarm_description   = "More than 5 % of the requests were answered with 5xx in two of three minutes: callers cannot do what they came for, and a retry may not help. ${local.runbook}"
  namespace           = "AWS/ApiGateway"
  metric_name         = "5xx"
  dimensions          = { ApiId = aws_apigatewayv2_api.this.id, Stage = aws_apigatewayv2_stage.this.name }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = 0.05
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching" # Without requests there are no numbers.
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "api_latency" {
  alarm_name          = "${local.name}-api-latency"
  alarm_description   = "One request in a hundred took over 3 seconds in three of five minutes: a cold start takes less than one, so the database is slow or throttled and requests are close to their time limit of 10 seconds. ${local.runbook}"
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

  # Of a handful of requests the slowest is the p99.
  evaluate_low_sample_count_percentiles = "ignore"
}

# DynamoDB counts throttles apart for the table and for each index, reads and writes: eight metrics for three indexes,
# and the two of the table know nothing of the indexes. What our functions log counts those that reached a caller, in one.
resource "aws_cloudwatch_metric_alarm" "table_throttles" {
  alarm_name          = "${local.name}-table-throttles"
  alarm_description   = "DynamoDB throttled requests, of the table or of an index, and so often that no retry helped: callers got 503. Either somebody floods the API, or it has outgrown max_read_request_units and max_write_request_units. ${local.runbook}"
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
  for_each = module.function

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
  alarm_description   = "${each.key} failed three times in five minutes. No caller sees it; Lambda tries each call three times, and then gives it up. ${local.runbook}"
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

# Not encrypted with a key: AWS's own key for SNS lets no alarm in, one of ours would cost a dollar a month, and the
# messages hold what this repository says anyway. On their way they are encrypted.
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
