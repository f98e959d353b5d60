# One screen, top to bottom: is it healthy, what do callers see, and what is the cause? Three dashboards of up to 50
# metrics are free.
locals {
  alarm_arn_prefix = "arn:aws:cloudwatch:${var.region}:${data.aws_caller_identity.this.account_id}:alarm:"

  api_dimensions = ["ApiId", aws_apigatewayv2_api.this.id, "Stage", aws_apigatewayv2_stage.this.name]
  function_names = [for function in module.function : function.name]

  # DynamoDB's metrics of a table exclude its indexes.
  table_dimensions = concat(
    [["TableName", aws_dynamodb_table.this.name]],
    [for index in local.indexes : ["TableName", aws_dynamodb_table.this.name, "GlobalSecondaryIndexName", index.name]],
  )

  graphs = [
    { title = "Requests", stat = "Sum", metrics = [
      for name in ["Count", "4xx", "5xx"] : concat(["AWS/ApiGateway", name], local.api_dimensions)
    ] },
    { title = "API latency, p99 and p50, in ms", stat = "p99", metrics = [
      for statistic in ["p99", "p50"] : concat(["AWS/ApiGateway", "Latency"], local.api_dimensions, [{ stat = statistic, label = statistic }])
    ] },
    {
      title = "Gave up: requests throttled by the database${local.has_images ? ", image uploads" : ""}", stat = "Maximum",
      metrics = concat(
        [[local.name, "TableThrottles", { stat = "Sum" }]],
        [for queue in aws_sqs_queue.label_image_failures : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue.name]],
      )
    },
    { title = "Function errors", stat = "Sum", metrics = [
      for name in local.function_names : ["AWS/Lambda", "Errors", "FunctionName", name]
    ] },
    { title = "Function duration, p99, in ms", stat = "p99", metrics = [
      for name in local.function_names : ["AWS/Lambda", "Duration", "FunctionName", name]
    ] },
    { title = "Lambda, whole account in this region", stat = "Maximum", metrics = [
      ["AWS/Lambda", "ConcurrentExecutions"], ["AWS/Lambda", "Throttles", { stat = "Sum" }],
    ] },
    { title = "Write units, table and indexes", stat = "Sum", metrics = [
      for dimensions in local.table_dimensions : concat(["AWS/DynamoDB", "ConsumedWriteCapacityUnits"], dimensions)
    ] },
    { title = "Read units, table and indexes", stat = "Sum", metrics = [
      for dimensions in local.table_dimensions : concat(["AWS/DynamoDB", "ConsumedReadCapacityUnits"], dimensions)
    ] },
    { title = "Throttles, table and indexes", stat = "Sum", metrics = flatten([
      for name in ["ReadThrottleEvents", "WriteThrottleEvents"] : [
        for dimensions in local.table_dimensions : { metric = concat(["AWS/DynamoDB", name], dimensions) }
      ]
    ])[*].metric },
  ]

  widgets = concat(
    [{
      type = "alarm", x = 0, y = 0, width = 24, height = 2
      properties = {
        title  = "Alarms"
        alarms = [for alarm in local.alarms : "${local.alarm_arn_prefix}${alarm.alarm_name}"]
      }
    }],
    [for position, graph in local.graphs : {
      type = "metric", x = position % 3 * 8, y = 2 + floor(position / 3) * 5, width = 8, height = 5
      properties = {
        title   = graph.title
        region  = var.region
        view    = "timeSeries"
        stat    = graph.stat
        period  = 60
        metrics = graph.metrics
      }
    }],
    [{
      type = "log", x = 0, y = 2 + ceil(length(local.graphs) / 3) * 5, width = 24, height = 5
      properties = {
        title  = "Latest failures"
        region = var.region
        view   = "table"
        query = join(" | ", concat(
          [for name in local.function_log_groups : "SOURCE '${name}'"],
          [
            "filter level = 'ERROR' or record.status = 'timeout'",
            "fields @timestamp, message.route, message.status, message.problem, message.cause, message.requestId, message.errorMessage",
            "sort @timestamp desc",
            "limit 20",
          ],
        ))
      }
    }],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name
  dashboard_body = jsonencode({ widgets = local.widgets })
}
