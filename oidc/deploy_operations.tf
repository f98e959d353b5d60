locals {
  topic_reads     = ["sns:GetTopicAttributes", "sns:ListTagsForResource"]
  dashboard_reads = ["cloudwatch:GetDashboard"]
  log_reads       = ["logs:DescribeMetricFilters"]

  # These know no resource.
  operation_lists = ["logs:DescribeQueryDefinitions", "sns:GetSubscriptionAttributes"]

  deploy_operations = {
    for stage in var.stages : stage => [
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
      {
        Sid      = "Dashboard"
        Effect   = "Allow"
        Action   = concat(local.dashboard_reads, ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"])
        Resource = local.arns[stage].dashboard
      },
      {
        Sid      = "MetricFilters"
        Effect   = "Allow"
        Action   = concat(local.log_reads, ["logs:DeleteMetricFilter", "logs:PutMetricFilter"])
        Resource = local.arns[stage].logs
      },
      # A saved query and a subscription have no name that could tell the stage.
      {
        Sid      = "QueriesAndSubscriptions"
        Effect   = "Allow"
        Action   = concat(local.operation_lists, ["logs:DeleteQueryDefinition", "logs:PutQueryDefinition", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"])
        Resource = "*"
      },
    ]
  }
}
