locals {
  # lambda:ListTags: without it, GetFunction omits the tags and every plan would add them.
  function_reads = [
    "lambda:GetAlias",
    "lambda:GetFunction",
    "lambda:GetFunctionCodeSigningConfig",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionEventInvokeConfig",
    "lambda:GetPolicy",
    "lambda:ListTags",
    "lambda:ListVersionsByFunction",
  ]
  function_role_reads = [
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
  ]

  deploy_functions = {
    for stage in var.stages : stage => [
      {
        Sid    = "Functions"
        Effect = "Allow"
        Action = concat(local.function_reads, [
          "lambda:CreateAlias",
          "lambda:CreateFunction",
          "lambda:DeleteAlias",
          "lambda:DeleteFunction",
          "lambda:DeleteFunctionEventInvokeConfig",
          "lambda:PublishVersion",
          "lambda:PutFunctionEventInvokeConfig",
          "lambda:RemovePermission",
          "lambda:TagResource",
          "lambda:UntagResource",
          "lambda:UpdateAlias",
          "lambda:UpdateFunctionCode",
          "lambda:UpdateFunctionConfiguration",
        ])
        Resource = local.arns[stage].functions
      },
      {
        Sid       = "CalledByApiAndBucket"
        Effect    = "Allow"
        Action    = "lambda:AddPermission"
        Resource  = local.arns[stage].functions
        Condition = { StringEquals = { "lambda:Principal" = ["apigateway.amazonaws.com", "s3.amazonaws.com"] } }
      },
      # A release invokes the versions it is about to release; the smoke test, which has no token, invokes the alias where
      # the API asks for one. That allows a call as any user, but a role that can replace the code can do so anyway.
      {
        Sid      = "CalledByReleases"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = "${local.arns[stage].functions}:*"
      },
      {
        Sid    = "Roles"
        Effect = "Allow"
        Action = concat(local.function_role_reads, [
          "iam:DeleteRole",
          "iam:DeleteRolePolicy",
          "iam:ListInstanceProfilesForRole",
          "iam:TagRole",
          "iam:UntagRole",
          "iam:UpdateRoleDescription",
        ])
        Resource = local.arns[stage].roles
      },
      {
        Sid       = "RolesWithTheBoundary"
        Effect    = "Allow"
        Action    = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
        Resource  = local.arns[stage].roles
        Condition = { StringEquals = { "iam:PermissionsBoundary" = local.boundary_arn } }
      },
      {
        Sid       = "RolesForLambda"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = local.arns[stage].roles
        Condition = { StringEquals = { "iam:PassedToService" = "lambda.amazonaws.com" } }
      },
    ]
  }
}
