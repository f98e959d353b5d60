# The most that any function of this project can do, whatever its role says: a deploy role makes roles with it only.
# Each stage has its statement, so that a function of staging cannot be given the data of prod.
locals {
  boundary_statements = [
    for stage in sort(var.stages) : {
      Sid    = title(stage)
      Effect = "Allow"
      Action = [
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "sqs:SendMessage",
      ]
      Resource = [
        local.arns[stage].table,
        "${local.arns[stage].table}/index/*",
        local.arns[stage].images,
        "${local.arns[stage].images}/*",
        local.arns[stage].queues,
        "${local.arns[stage].logs}:*",
      ]
      Condition = { ArnLike = { "aws:PrincipalArn" = local.arns[stage].roles } }
    }
  ]
}

resource "aws_iam_policy" "boundary" {
  name        = "${var.project}-boundary"
  description = "The most that a function of ${var.project} can do."

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.boundary_statements, [
      {
        Sid      = "LabelsAndTraces"
        Effect   = "Allow"
        Action   = ["rekognition:DetectLabels", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Resource = "*"
      },
    ])
  })
}
