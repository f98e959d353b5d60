locals {
  table_reads = [
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    "dynamodb:ListTagsOfResource",
  ]

  deploy_data = {
    for stage in var.stages : stage => [
      {
        Sid    = "Table"
        Effect = "Allow"
        Action = concat(local.table_reads, [
          "dynamodb:CreateTable",
          "dynamodb:DeleteTable",
          "dynamodb:TagResource",
          "dynamodb:UntagResource",
          "dynamodb:UpdateContinuousBackups",
          "dynamodb:UpdateTable",
        ])
        Resource = local.arns[stage].table
      },
      # Without it, a missing state would be forbidden instead of not found.
      {
        Sid      = "States"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = local.state_arn
      },
      {
        Sid      = "State"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = local.arns[stage].state
      },
      {
        Sid      = "Lock"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = "${local.arns[stage].state}.tflock"
      },
    ]
  }
}
