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
  target          = aws_apigatewayv2_api.this
  override_during = plan
  values          = { id = "abcdefghij", execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij" }
}

override_resource {
  target          = aws_sns_topic.alarms
  override_during = plan
  values          = { arn = "arn:aws:sns:eu-central-1:123456789012:events-api-prod-alarms" }
}

override_resource {
  target          = aws_sqs_queue.label_image_failures[0]
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:a-queue", url = "https://sqs.eu-central-1.amazonaws.com/123456789012/a-queue" }
}

variables {
  stage     = "prod"
  region    = "eu-central-1"
  dist_path = "tests/fixtures/all"
}

run "alarms_on_what_only_callers_would_notice" {
  command = plan

  # Watches what only callers would notice.
  assert {
    condition = jsonencode({
      for alarm in local.alarms : alarm.alarm_name => {
        metric     = [alarm.namespace, alarm.metric_name, alarm.dimensions, coalesce(alarm.statistic, alarm.extended_statistic)]
        threshold  = [alarm.comparison_operator, alarm.threshold]
        datapoints = [coalesce(alarm.datapoints_to_alarm, alarm.evaluation_periods), alarm.evaluation_periods, alarm.period]
      }
      }) == jsonencode({
      events-api-prod-api-errors = {
        metric     = ["AWS/ApiGateway", "5xx", { ApiId = "abcdefghij", Stage = "prod" }, "Average"]
        threshold  = ["GreaterThanThreshold", 0.05]
        datapoints = [2, 3, 60]
      }
      events-api-prod-api-latency = {
        metric     = ["AWS/ApiGateway", "Latency", { ApiId = "abcdefghij", Stage = "prod" }, "p99"]
        threshold  = ["GreaterThanThreshold", 3000]
        datapoints = [3, 5, 60]
      }
      events-api-prod-table-throttles = {
        metric     = ["events-api-prod", "TableThrottles", null, "Sum"]
        threshold  = ["GreaterThanOrEqualToThreshold", 1]
        datapoints = [2, 5, 60]
      }
      events-api-prod-label-image-errors = {
        metric     = ["AWS/Lambda", "Errors", { FunctionName = "events-api-prod-label-image" }, "Sum"]
        threshold  = ["GreaterThanOrEqualToThreshold", 3]
        datapoints = [1, 1, 300]
      }
      events-api-prod-label-image-failures = {
        metric     = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", { QueueName = "events-api-prod-label-image-failures" }, "Maximum"]
        threshold  = ["GreaterThanOrEqualToThreshold", 1]
        datapoints = [1, 1, 300]
      }
      events-api-prod-sweep-events-errors = {
        metric     = ["AWS/Lambda", "Errors", { FunctionName = "events-api-prod-sweep-events" }, "Sum"]
        threshold  = ["GreaterThanOrEqualToThreshold", 3]
        datapoints = [1, 1, 300]
      }
    })
    error_message = "Got ${jsonencode(local.alarms)}"
  }

  # Alarms only on metrics and dimensions that AWS emits.
  assert {
    condition = alltrue([
      for alarm in local.alarms :
      contains(jsondecode(file("tests/fixtures/aws-metrics.json"))[alarm.namespace].names, alarm.metric_name)
      && contains(jsondecode(file("tests/fixtures/aws-metrics.json"))[alarm.namespace].dimensions, join(",", keys(coalesce(alarm.dimensions, {}))))
    ])
    error_message = "An alarm on a metric that AWS does not emit never goes off: ${jsonencode([for alarm in local.alarms : [alarm.namespace, alarm.metric_name, alarm.dimensions]])}"
  }

  # Counts the project's own functions, not these fixtures: each without routes has an alarm.
  assert {
    condition = length(fileset("environments", "*.tfvars")) * (length(local.alarms) - length(aws_cloudwatch_metric_alarm.function_errors) + length([
      for file in fileset("../functions", "*/function.json") : file if length(try(jsondecode(file("../functions/${file}")).routes, [])) == 0
    ])) <= 10 && alltrue([for alarm in local.alarms : length(alarm.metric_query) == 0])
    error_message = "CloudWatch charges for each alarm metric from the eleventh on: ${jsonencode(local.alarms[*].alarm_name)}"
  }

  # Notifies the topic when an alarm starts and ends, and says why and what to do.
  assert {
    condition = alltrue([
      for alarm in local.alarms : alarm.alarm_actions == toset([aws_sns_topic.alarms.arn]) && alarm.ok_actions == toset([aws_sns_topic.alarms.arn])
      && alarm.treat_missing_data == "notBreaching" && alarm.actions_enabled
      && startswith(alarm.alarm_name, "events-api-prod-") && length(alarm.alarm_description) <= 1024
      && strcontains(file("README.md"), "| `${replace(trimprefix(alarm.alarm_name, "events-api-prod-"), "sweep-events", "label-image")}` |")
    ])
    error_message = "Got ${jsonencode(local.alarms)}"
  }

  assert {
    condition     = length(local.alarms) == length(distinct(local.alarms[*].alarm_name)) && length(local.alarms) > 3
    error_message = "Got ${jsonencode(local.alarms[*].alarm_name)}"
  }

  # Lets only this stack's alarms publish to the topic.
  assert {
    condition = jsondecode(aws_sns_topic_policy.alarms.policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "AlarmsOfThisStack"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:eu-central-1:123456789012:events-api-prod-alarms"
        Condition = {
          StringEquals = { "aws:SourceAccount" = "123456789012" }
          ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:events-api-prod-*" }
        }
      }]
    }
    error_message = "Got ${aws_sns_topic_policy.alarms.policy}"
  }

  assert {
    condition     = length(aws_sns_topic_subscription.alarms) == 0
    error_message = "Without an address there must be no subscription."
  }

  # Counts every throttle that a caller meets, by the names that the functions know. Rekognition's has the same name.
  assert {
    condition     = local.throttles == jsondecode(regex("const throttles = (\\[.*\\]);", file("../functions/_shared/table.ts"))[0])
    error_message = "functions/_shared/table.ts must have the same names of throttles as ${jsonencode(local.throttles)}."
  }

  assert {
    condition = {
      for name, filter in aws_cloudwatch_log_metric_filter.table_throttles : name => [filter.log_group_name, filter.pattern, filter.metric_transformation[0].namespace, filter.metric_transformation[0].name, filter.metric_transformation[0].value]
      } == {
      for name in keys(local.functions) : name => [
        "/aws/lambda/events-api-prod-${name}",
        "{ $.message.cause = \"ProvisionedThroughputExceededException\" || $.message.cause = \"RequestLimitExceeded\" || $.message.cause = \"ThrottlingException\" }",
        "events-api-prod", "TableThrottles", "1",
      ] if length(local.functions[name].routes) > 0
    }
    error_message = "Got ${jsonencode(aws_cloudwatch_log_metric_filter.table_throttles)}"
  }
}

run "mails_the_given_address" {
  command = plan
  variables {
    alarm_email = "on-call@example.com"
  }

  assert {
    condition = [for subscription in aws_sns_topic_subscription.alarms : [subscription.topic_arn, subscription.protocol, subscription.endpoint]] == [
      ["arn:aws:sns:eu-central-1:123456789012:events-api-prod-alarms", "email", "on-call@example.com"],
    ]
    error_message = "Got ${jsonencode(aws_sns_topic_subscription.alarms)}"
  }
}

run "refuses_an_invalid_address" {
  command = plan
  variables {
    alarm_email = "on-call"
  }

  expect_failures = [var.alarm_email]
}

