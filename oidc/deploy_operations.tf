locals {
  alarm_reads         = ["cloudwatch:ListTagsForResource"]
  dashboard_reads     = ["cloudwatch:GetDashboard"]
  metric_filter_reads = ["logs:DescribeMetricFilters"]
  topic_reads         = ["sns:GetTopicAttributes", "sns:ListTagsForResource"]

  # These know no resource.
  operation_lists = ["cloudwatch:DescribeAlarms", "logs:DescribeQueryDefinitions", "sns:GetSubscriptionAttributes"]

  deploy_operations = {
    for stage in var.stages : stage => [
      {
        Sid      = "Alarms"
        Effect   = "Allow"
        Action   = concat(local.alarm_reads, ["cloudwatch:DeleteAlarms", "cloudwatch:TagResource", "cloudwatch:UntagResource"])
        Resource = local.arns[stage].alarms
      },
      # It can tell its topic and do nothing else; one that does nothing at all passes too.
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
      # Elsewhere, alarms would tell strangers, or call what they like.
      {
        Sid       = "Subscribers"
        Effect    = "Allow"
        Action    = "sns:Subscribe"
        Resource  = local.arns[stage].topics
        Condition = { StringEquals = { "sns:Protocol" = "email" } }
      },
      # AWS makes up the ids of saved queries and subscriptions. It knows no resource for the former, and for the latter not
      # always one: where it does, NotOtherTopics counts (deploy_limits.tf).
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
