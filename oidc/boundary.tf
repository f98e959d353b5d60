# The most that any function of this project can do, whatever its role says: a deploy role can only create roles with it.
#
# A deploy role can create a role that trusts anyone: IAM has no condition on trust policies. So only code that runs in one
# of the stage's functions, which Lambda writes into the credentials, can reach data; anyone else who assumes such a role
# cannot. Failed calls are sent by Lambda itself, without that mark, so the queues are open to the stage's roles.
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

  # Otherwise the roles of a project events-api could reach events-api-staging's resources, whose names begin alike.
  lifecycle {
    precondition {
      condition     = alltrue([for stage in var.stages : !can(regex("-${stage}(-|$)", var.project))])
      error_message = "project must not contain a stage, as events-api-staging does: the roles of a project events-api could reach its resources."
    }
  }
}
