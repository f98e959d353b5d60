resource "aws_iam_role" "this" {
  name                 = var.name
  path                 = var.role_path
  description          = "What the function ${var.name} may do."
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = var.name
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for permission in var.permissions : {
        for key, value in {
          Effect    = "Allow"
          Action    = permission.actions
          Resource  = permission.resources
          Condition = length(permission.listed) > 0 ? { StringLike = { "s3:prefix" = permission.listed } } : null
        } : key => value if value != null
      }],
      # Not logs:CreateLogGroup: a late call after a destroy would recreate the group, without a retention.
      [{
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
      }],
      # X-Ray has no narrower resource.
      [for right in ["xray:PutTelemetryRecords", "xray:PutTraceSegments"] : {
        Effect   = "Allow"
        Action   = [right]
        Resource = ["*"]
      } if var.tracing],
    )
  })
}
