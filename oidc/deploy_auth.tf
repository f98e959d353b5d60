locals {
  user_pool_reads = [
    "cognito-idp:DescribeUserPool",
    "cognito-idp:DescribeUserPoolClient",
    "cognito-idp:GetUserPoolMfaConfig",
  ]

  # AWS generates a user pool's id, so the tags that infra/ puts on everything identify it.
  deploy_auth = {
    for stage in var.stages : stage => [
      # A pool being created has no ARN, so AWS checks both permissions on *. With that as the Resource, this role could
      # also tag another project's pool, and so take it over.
      {
        Sid         = "MakeUserPool"
        Effect      = "Allow"
        Action      = ["cognito-idp:CreateUserPool", "cognito-idp:TagResource"]
        NotResource = "arn:aws:cognito-idp:*:*:userpool/*"
        Condition   = { StringEquals = { "aws:RequestTag/project" = var.project, "aws:RequestTag/stage" = stage } }
      },
      {
        Sid    = "UserPool"
        Effect = "Allow"
        Action = concat(local.user_pool_reads, [
          "cognito-idp:CreateUserPoolClient",
          "cognito-idp:DeleteUserPool",
          "cognito-idp:DeleteUserPoolClient",
          "cognito-idp:SetUserPoolMfaConfig",
          "cognito-idp:TagResource",
          "cognito-idp:UntagResource",
          "cognito-idp:UpdateUserPool",
          "cognito-idp:UpdateUserPoolClient",
        ])
        Resource  = local.user_pools_arn
        Condition = { StringEquals = { "aws:ResourceTag/project" = var.project, "aws:ResourceTag/stage" = stage } }
      },
    ]
  }
}
