locals {
  user_pool_reads = [
    "cognito-idp:DescribeUserPool",
    "cognito-idp:DescribeUserPoolClient",
    "cognito-idp:GetUserPoolMfaConfig",
  ]

  # A user pool's id is made up by AWS, so its tags must tell it: those that infra/ gives to everything.
  deploy_auth = {
    for stage in var.stages : stage => [
      # A pool that is being made has no ARN, and AWS asks for both rights on *. With that as the Resource this role could
      # also tag the pool of somebody else, and so make it its own.
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
