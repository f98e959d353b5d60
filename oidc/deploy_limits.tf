# What stays denied whatever else may be allowed one day, here, by a bucket's policy or by another role's.
locals {
  item_actions = [
    "dynamodb:*Item",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:GetRecords",
    "dynamodb:PartiQL*",
    "dynamodb:Query",
    "dynamodb:Scan",
  ]
  object_actions  = ["s3:DeleteObject*", "s3:GetObject*", "s3:PutObject*"]
  message_actions = ["sqs:ReceiveMessage", "sqs:SendMessage"]
  user_actions    = ["cognito-idp:Admin*", "cognito-idp:ListUsers*", "cognito-idp:*UserImportJob*"]

  deploy_limits = {
    for stage in var.stages : stage => concat([
      {
        Sid    = "NotItself"
        Effect = "Deny"
        Action = "iam:*"
        Resource = [
          "arn:aws:iam::${local.account_id}:role/${var.project}-deploy-*",
          "arn:aws:iam::${local.account_id}:role/${var.project}-plan",
          "arn:aws:iam::${local.account_id}:policy/${var.project}-*",
          "arn:aws:iam::${local.account_id}:oidc-provider/*",
        ]
      },
      {
        Sid      = "NotWithoutTheBoundary"
        Effect   = "Deny"
        Action   = ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]
        Resource = "*"
        # A role without a boundary lacks this key, which counts as not equal.
        Condition = { StringNotEquals = { "iam:PermissionsBoundary" = local.boundary_arn } }
      },
      # Otherwise it could make a function's role trust it, assume that role and read the data.
      {
        Sid      = "NotAsAnother"
        Effect   = "Deny"
        Action   = ["iam:DeleteRolePermissionsBoundary", "sts:AssumeRole"]
        Resource = "*"
      },
      {
        Sid      = "NoItems"
        Effect   = "Deny"
        Action   = local.item_actions
        Resource = "*"
      },
      {
        Sid         = "NoOtherObjects"
        Effect      = "Deny"
        Action      = local.object_actions
        NotResource = [local.arns[stage].state, "${local.arns[stage].state}.tflock"]
      },
      # They say what was uploaded and from where; the queue's policy, which this role writes, could let it read them.
      {
        Sid      = "NoMessages"
        Effect   = "Deny"
        Action   = local.message_actions
        Resource = "*"
      },
      # With a user of its own, it could call the API as any owner.
      {
        Sid      = "NoUsers"
        Effect   = "Deny"
        Action   = local.user_actions
        Resource = "*"
      },
      # A function's own URL would bypass the API.
      {
        Sid      = "NoFunctionUrls"
        Effect   = "Deny"
        Action   = ["lambda:CreateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig"]
        Resource = "*"
      },
      ], [
      for others in [sort(setsubtract(var.stages, [stage]))] : {
        Sid      = "NotOtherTopics"
        Effect   = "Deny"
        Action   = "sns:*"
        Resource = [for other in others : local.arns[other].topics]
      } if length(others) > 0
    ])
  }
}
