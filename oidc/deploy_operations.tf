locals {
  alarm_reads         = ["cloudwatch:ListTagsForResource"]
  dashboard_reads     = ["cloudwatch:GetDashboard"]
  metric_filter_reads = ["logs:DescribeMetricFilters"]
  topic_reads         = ["sns:GetTopicAttributes", "sns:ListTagsForResource"]

  # These actions have no resource.
  operation_lists = ["cloudwatch:DescribeAlarms", "logs:DescribeQueryDefinitions", "sns:GetSubscriptionAttributes"]

  deploy_operations = {
    for stage in var.stages : stage => [
      {
        Sid      = "Alarms"
        Effect   = "Allow"
        Action   = concat(local.alarm_reads, ["cloudwatch:DeleteAlarms", "cloudwatch:TagResource", "cloudwatch:UntagResource"])
        Resource = local.arns[stage].alarms
      },
      # An alarm can notify its stage's topic and do nothing else; one without actions passes too.
      {
        Sid       = "AlarmsForItsTopics"
        Effect    = "Allow"
        Action    = "cloudwatch:PutMetricAlarm"
        Resource  = local.arns[stage].alarms
        Condition = { "ForAllValues:StringLike" = { "cloudwatch:AlarmActions" = local.arns[stage].topics } }
      },
      {
        Sid      = "Dashboard"
        Effect   = "Allow"
        Action   = concat(local.dashboard_reads, ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"])
        Resource = local.arns[stage].dashboard
      },
      {
        Sid      = "MetricFilters"
        Effect   = "Allow"
        Action   = concat(local.metric_filter_reads, ["logs:DeleteMetricFilter", "logs:PutMetricFilter"])
        Resource = local.arns[stage].logs
      },
      {
        Sid    = "Topic"
        Effect = "Allow"
        Action = concat(local.topic_reads, [
          "sns:CreateTopic",
          "sns:DeleteTopic",
          "sns:SetTopicAttributes",
          "sns:TagResource",
          "sns:UntagResource",
        ])
        Resource = local.arns[stage].topics
      },
      # Other protocols could send alarms to any system, or invoke one.
      {
        Sid       = "Subscribers"
        Effect    = "Allow"
        Action    = "sns:Subscribe"
        Resource  = local.arns[stage].topics
        Condition = { StringEquals = { "sns:Protocol" = "email" } }
      },
      # AWS generates the ids of saved queries and subscriptions. The former have no resource, the latter only sometimes:
      # where they do, NotOtherTopics applies (deploy_limits.tf).
      {
        Sid    = "QueriesAndSubscriptions"
        Effect = "Allow"
        Action = concat(local.operation_lists, [
          "logs:DeleteQueryDefinition",
          "logs:PutQueryDefinition",
          "sns:SetSubscriptionAttributes",
          "sns:Unsubscribe",
        ])
        Resource = "*"
      },
    ]
  }
}
