locals {
  # lambda:ListTags: without it GetFunction leaves the tags out, and every plan would add them.
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
      # The smoke test has no token where the API asks for one, and so invokes these two, in whoever's name. All functions
      # would let it change and delete events in the names of their organizers.
      {
        Sid      = "CalledByTheSmokeTest"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = [for name in ["create-event", "get-event"] : "${trimsuffix(local.arns[stage].functions, "*")}${name}:live"]
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
