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

variables {
  stage     = "prod"
  region    = "eu-central-1"
  dist_path = "tests/fixtures/all"
}

run "shows_the_whole_stack_on_one_screen" {
  command = plan

  # Shows this stack's alarms first.
  assert {
    condition = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.alarms == [
      for alarm in local.alarms : "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:${alarm.alarm_name}"
    ]
    error_message = "Got ${aws_cloudwatch_dashboard.this.dashboard_body}"
  }

  # Draws only metrics that AWS emits, and no more than are free.
  # A metric is a namespace, a name, pairs of dimension and value, and sometimes options.
  assert {
    condition = alltrue([
      for metric in flatten([
        for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for metric in try(widget.properties.metrics, []) : { parts = [for part in metric : part if can(tostring(part))] }]
      ])[*].parts : contains(jsondecode(file("tests/fixtures/aws-metrics.json"))[metric[0]].names, metric[1])
      && contains(jsondecode(file("tests/fixtures/aws-metrics.json"))[metric[0]].dimensions, join(",", sort([for index, part in slice(metric, 2, length(metric)) : part if index % 2 == 0])))
    ])
    error_message = "Got ${aws_cloudwatch_dashboard.this.dashboard_body}"
  }

  assert {
    condition     = sum([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : length(try(widget.properties.metrics, []))]) <= 50
    error_message = "A dashboard of more than 50 metrics is not free."
  }

  # Finds every function automatically.
  assert {
    condition = alltrue([
      for metric in ["Errors", "Duration"] : anytrue([
        for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets :
        try(widget.properties.metrics, []) == [for name in keys(local.functions) : ["AWS/Lambda", metric, "FunctionName", "events-api-prod-${name}"]]
      ])
    ])
    error_message = "Got ${aws_cloudwatch_dashboard.this.dashboard_body}"
  }

  assert {
    condition = alltrue([
      for name in keys(local.functions) : anytrue([
        for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : strcontains(try(widget.properties.query, ""), "SOURCE '/aws/lambda/events-api-prod-${name}'")
      ])
    ])
    error_message = "Got ${aws_cloudwatch_dashboard.this.dashboard_body}"
  }

  # Fits on one screen without overlaps.
  assert {
    condition = length(distinct(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [
        for x in range(widget.width) : [for y in range(widget.height) : "${widget.x + x},${widget.y + y}"]
      ]
    ]))) == sum([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.width * widget.height])
    error_message = "Got ${aws_cloudwatch_dashboard.this.dashboard_body}"
  }

  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.x + widget.width <= 24 && widget.y + widget.height <= 24])
    error_message = "Got ${aws_cloudwatch_dashboard.this.dashboard_body}"
  }
}

