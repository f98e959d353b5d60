# The most that any function of this project can do, whatever its role says: a deploy role makes roles with it only.
#
# A deploy role can make a role that trusts whom it likes: IAM knows no condition on a trust policy. So data is for code that
# runs in a function of the stage, which Lambda writes into the credentials; whoever else takes such a role has none of it.
# Lambda sends what failed by itself, and without that: so the queues are for the stage's roles.
locals {
  boundary_statements = flatten([
    for stage in sort(var.stages) : [
      {
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
        ]
        Resource = [
          local.arns[stage].table,
          "${local.arns[stage].table}/index/*",
          local.arns[stage].images,
          "${local.arns[stage].images}/*",
          "${local.arns[stage].logs}:*",
        ]
        Condition = { ArnLike = { "lambda:SourceFunctionArn" = local.arns[stage].functions } }
      },
      {
        Sid       = "${title(stage)}Failures"
        Effect    = "Allow"
        Action    = ["sqs:SendMessage"]
        Resource  = [local.arns[stage].queues]
        Condition = { ArnLike = { "aws:PrincipalArn" = local.arns[stage].roles } }
      },
    ]
  ])
}

resource "aws_iam_policy" "boundary" {
  name        = "${var.project}-boundary"
  description = "The most that a function of ${var.project} can do."

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.boundary_statements, [
      {
        Sid       = "Labels"
        Effect    = "Allow"
        Action    = ["rekognition:DetectLabels"]
        Resource  = "*"
        Condition = { ArnLike = { "lambda:SourceFunctionArn" = [for stage in sort(var.stages) : local.arns[stage].functions] } }
      },
      {
        Sid      = "Traces"
        Effect   = "Allow"
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Resource = "*"
      },
    ])
  })

  # Else the roles of a project events-api could reach what events-api-staging names, which begins as its own does.
  lifecycle {
    precondition {
      condition     = alltrue([for stage in var.stages : !can(regex("-${stage}(-|$)", var.project))])
      error_message = "The project must have none of the stages in its name, as in events-api-staging: the roles of a project events-api could reach what is its own."
    }
  }
}
