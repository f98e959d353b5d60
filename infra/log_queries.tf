# In CloudWatch under Logs Insights, Saved queries, in a folder with this stack's name. Lambda's JSON format puts a
# function's own fields under `message`; those of the access log are at the top.
locals {
  function_log_groups = [for function in module.function : function.log_group_name]
  access_log_groups   = [aws_cloudwatch_log_group.access.name]

  log_queries = {
    # With the lambdaRequestId from the access log's line as REQUEST_ID, it also finds Lambda's own lines for that call.
    request-by-id = {
      log_groups = concat(local.access_log_groups, local.function_log_groups)
      query      = <<-EOT
        fields @timestamp, @log, @message
        | filter @message like "REQUEST_ID"
        | sort @timestamp asc
      EOT
    }
    slowest-routes = {
      log_groups = local.access_log_groups
      query      = <<-EOT
        stats count(*) as requests, pct(latency_ms, 50) as p50_ms, pct(latency_ms, 99) as p99_ms, max(latency_ms) as slowest_ms by routeKey
        | sort p99_ms desc
      EOT
    }
    errors-by-code = {
      log_groups = local.function_log_groups
      query      = <<-EOT
        filter ispresent(message.problem)
        | stats count(*) as requests, latest(message.requestId) as lastRequestId by message.status, message.problem, message.cause, message.route
        | sort requests desc
      EOT
    }
    cold-starts = {
      log_groups = local.function_log_groups
      query      = <<-EOT
        filter type = "platform.report" and ispresent(record.metrics.initDurationMs)
        | fields record.metrics.initDurationMs as load_ms, record.metrics.durationMs as first_ms, record.metrics.initDurationMs + record.metrics.durationMs as both_ms
        | stats count(*) as coldStarts, pct(load_ms, 50) as load_p50_ms, pct(first_ms, 50) as first_p50_ms, pct(both_ms, 50) as both_p50_ms, max(both_ms) as slowest_ms by @log
        | sort coldStarts desc
      EOT
    }
    throttles = {
      log_groups = concat(local.access_log_groups, local.function_log_groups)
      query      = <<-EOT
        filter status = 429 or message.cause in ${jsonencode(local.throttles)}
        | fields coalesce(message.cause, "API Gateway") as throttledBy
        | stats count(*) as requests by bin(5m), throttledBy
      EOT
    }
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = local.log_queries

  name            = "${local.name}/${each.key}"
  log_group_names = each.value.log_groups
  query_string    = each.value.query
}
