# The deploy roles' reads, on every stage, and what stays denied whatever else may be allowed one day.
locals {
  plan_reads = [
    {
      Sid      = "Functions"
      Effect   = "Allow"
      Action   = local.function_reads
      Resource = [for stage in var.stages : local.arns[stage].functions]
    },
    {
      Sid      = "Roles"
      Effect   = "Allow"
      Action   = local.function_role_reads
      Resource = [for stage in var.stages : local.arns[stage].roles]
    },
    {
      Sid      = "Apis"
      Effect   = "Allow"
      Action   = "apigateway:GET"
      Resource = concat([local.apis_arn], flatten([for arn in values(local.api_arns) : [arn, "${arn}/*"]]))
    },
    {
      Sid       = "UserPools"
      Effect    = "Allow"
      Action    = local.user_pool_reads
      Resource  = local.user_pools_arn
      Condition = { StringEquals = { "aws:ResourceTag/project" = var.project, "aws:ResourceTag/stage" = sort(var.stages) } }
    },
    {
      Sid      = "Tables"
      Effect   = "Allow"
      Action   = local.table_reads
      Resource = [for stage in var.stages : local.arns[stage].table]
    },
    {
      Sid      = "Buckets"
      Effect   = "Allow"
      Action   = local.bucket_reads
      Resource = [for stage in var.stages : local.arns[stage].images]
    },
    {
      Sid      = "Queues"
      Effect   = "Allow"
      Action   = local.queue_reads
      Resource = [for stage in var.stages : local.arns[stage].queues]
    },
    {
      Sid      = "LogGroups"
      Effect   = "Allow"
      Action   = "logs:DescribeLogGroups"
      Resource = "*"
    },
    {
      Sid      = "LogGroupTags"
      Effect   = "Allow"
      Action   = "logs:ListTagsForResource"
      Resource = flatten([for stage in var.stages : [local.arns[stage].logs, local.arns[stage].access_log]])
    },
    {
      Sid      = "States"
      Effect   = "Allow"
      Action   = "s3:ListBucket"
      Resource = local.state_arn
    },
    {
      Sid      = "State"
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = [for stage in var.stages : local.arns[stage].state]
    },
  ]

  plan_operations = [
    {
      Sid      = "Alarms"
      Effect   = "Allow"
      Action   = local.alarm_reads
      Resource = [for stage in var.stages : local.arns[stage].alarms]
    },
    {
      Sid      = "Dashboards"
      Effect   = "Allow"
      Action   = local.dashboard_reads
      Resource = [for stage in var.stages : local.arns[stage].dashboard]
    },
    {
      Sid      = "MetricFilters"
      Effect   = "Allow"
      Action   = local.metric_filter_reads
      Resource = [for stage in var.stages : local.arns[stage].logs]
    },
    {
      Sid      = "Topics"
      Effect   = "Allow"
      Action   = local.topic_reads
      Resource = [for stage in var.stages : local.arns[stage].topics]
    },
    {
      Sid      = "Lists"
      Effect   = "Allow"
      Action   = local.operation_lists
      Resource = "*"
    },
  ]

  plan_limits = [
    {
      Sid      = "NoItemsNoCalls"
      Effect   = "Deny"
      Action   = concat(local.item_actions, local.message_actions, local.user_actions, ["lambda:InvokeFunction", "sts:AssumeRole"])
      Resource = "*"
    },
    {
      Sid         = "NoOtherObjects"
      Effect      = "Deny"
      Action      = local.object_actions
      NotResource = [for stage in var.stages : local.arns[stage].state]
    },
  ]
}
