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

  # Of Lambda's own lines INFO keeps the start and the report of each call, which has its duration and cold start.
  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.this.name
    application_log_level = "INFO"
    system_log_level      = "INFO"
  }

  # PassThrough would still trace where the caller asks for it, and API Gateway's HTTP APIs never do.
  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  # Without its permissions the first calls of a new function would fail.
  depends_on = [aws_iam_role_policy.this]
}

# What the API calls. Terraform makes it, at the version that is the first then; ever after releases move it
# (infra/release/release.ts), with less of the traffic first. An apply alone changes nothing for callers.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that callers get."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

# Declared here, because Lambda would make it itself and keep its contents for ever.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}
