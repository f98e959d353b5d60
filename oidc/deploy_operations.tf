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
        Action   = concat(local.alarm_reads, ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"])
        Resource = local.arns[stage].alarms
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
          "sns:Subscribe",
          "sns:TagResource",
          "sns:UntagResource",
        ])
        Resource = local.arns[stage].topics
      },
      # AWS makes up the ids of saved queries and subscriptions, and knows no resource for them.
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
