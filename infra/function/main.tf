resource "aws_lambda_function" "this" {
  function_name    = var.name
  role             = aws_iam_role.this.arn
  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)
  handler          = "index.handler"
  runtime          = var.runtime
  architectures    = ["arm64"]
  memory_size      = var.memory_mb
  timeout          = var.timeout_s
  publish          = true

  environment {
    variables = var.environment
  }

  # INFO keeps Lambda's own start and report lines for each call; the report has the duration and the cold start.
  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.this.name
    application_log_level = "INFO"
    system_log_level      = "INFO"
  }

  # PassThrough traces only where the caller asks for it, and API Gateway's HTTP APIs never do.
  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  # Without these permissions, the first calls of a new function would fail.
  depends_on = [aws_iam_role_policy.this]
}

# What the API invokes. Terraform creates it at the function's first version; after that, releases move it
# (infra/release/release.ts), with part of the traffic first. An apply alone changes nothing for callers.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that callers get."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

# Declared here because Lambda would create it without a retention.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}
