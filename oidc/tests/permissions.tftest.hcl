provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_resource {
  target          = aws_apigatewayv2_api.this
  override_during = plan
  values          = { id = "abcdefghij" }
}

override_resource {
  target          = aws_apigatewayv2_api.this["prod"]
  override_during = plan
  values          = { id = "prodapi123" }
}

override_resource {
  target          = aws_apigatewayv2_api.this["staging"]
  override_during = plan
  values          = { id = "stagingapi123" }
}

variables {
  repository          = "Octo-Org/Events.API"
  repository_id       = "987654321"
  repository_owner_id = "1234567"
}

run "lets_the_deploy_role_deploy_its_stage" {
  command = plan
  variables {
    region = "eu-central-1"
  }

  assert {
    condition = { for name, policy in aws_iam_policy.deploy : name => [
      for statement in jsondecode(policy.policy).Statement : [statement.Sid, try(statement.Resource, "not ${statement.NotResource}")] if statement.Effect == "Allow"
      ] if startswith(name, "prod-") } == {
      prod-functions = [
        ["Functions", "arn:aws:lambda:eu-central-1:123456789012:function:events-api-prod-*"],
        ["CalledByApiAndBucket", "arn:aws:lambda:eu-central-1:123456789012:function:events-api-prod-*"],
        ["CalledByReleases", "arn:aws:lambda:eu-central-1:123456789012:function:events-api-prod-*:*"],
        ["Roles", "arn:aws:iam::123456789012:role/events-api/prod/events-api-prod-*"],
        ["RolesWithTheBoundary", "arn:aws:iam::123456789012:role/events-api/prod/events-api-prod-*"],
        ["RolesForLambda", "arn:aws:iam::123456789012:role/events-api/prod/events-api-prod-*"],
      ]
      prod-api = [
        ["Find", "arn:aws:apigateway:eu-central-1::/apis"],
        ["Api", ["arn:aws:apigateway:eu-central-1::/apis/prodapi123", "arn:aws:apigateway:eu-central-1::/apis/prodapi123/*"]],
        ["Tag", "arn:aws:apigateway:eu-central-1::/tags/*apis*prodapi123*"],
        ["TagStages", ["arn:aws:apigateway:eu-central-1::/apis/prodapi123/stages", "arn:aws:apigateway:eu-central-1::/apis/prodapi123/stages/*"]],
        ["Logs", [
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-*",
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vendedlogs/events-api-prod/*",
        ]],
        ["AccessLog", "*"],
      ]
      prod-auth = [
        ["MakeUserPool", "not arn:aws:cognito-idp:*:*:userpool/*"],
        ["UserPool", "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/*"],
      ]
      prod-data = [
        ["Table", "arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-prod"],
        ["States", "arn:aws:s3:::events-api-state-123456789012"],
        ["State", "arn:aws:s3:::events-api-state-123456789012/prod/terraform.tfstate"],
        ["Lock", "arn:aws:s3:::events-api-state-123456789012/prod/terraform.tfstate.tflock"],
      ]
      prod-images = [
        ["Bucket", "arn:aws:s3:::events-api-prod-images-123456789012"],
        ["Queue", "arn:aws:sqs:eu-central-1:123456789012:events-api-prod-*"],
      ]
      prod-operations = [
        ["Alarms", "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:events-api-prod-*"],
        ["AlarmsForItsTopics", "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:events-api-prod-*"],
        ["Dashboard", "arn:aws:cloudwatch::123456789012:dashboard/events-api-prod"],
        ["MetricFilters", "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-*"],
        ["Topic", "arn:aws:sns:eu-central-1:123456789012:events-api-prod-*"],
        ["Subscribers", "arn:aws:sns:eu-central-1:123456789012:events-api-prod-*"],
        ["QueriesAndSubscriptions", "*"],
      ]
      prod-limits = []
    }
    error_message = "Everything that the deploy role may change must carry the stage's name."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_policy.deploy["prod-functions"].policy).Statement : statement.Sid => statement.Condition if can(statement.Condition) } == {
      CalledByApiAndBucket = { StringEquals = { "lambda:Principal" = ["apigateway.amazonaws.com", "s3.amazonaws.com"] } }
      RolesWithTheBoundary = { StringEquals = { "iam:PermissionsBoundary" = "arn:aws:iam::123456789012:policy/events-api-boundary" } }
      RolesForLambda       = { StringEquals = { "iam:PassedToService" = "lambda.amazonaws.com" } }
    }
    error_message = "The conditions of the functions' policy: ${aws_iam_policy.deploy["prod-functions"].policy}"
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_policy.deploy["prod-functions"].policy).Statement : statement.Sid => statement.Action if startswith(statement.Sid, "Roles") } == {
      Roles = [
        "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:DeleteRole",
        "iam:DeleteRolePolicy", "iam:ListInstanceProfilesForRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateRoleDescription",
      ]
      RolesWithTheBoundary = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
      RolesForLambda       = "iam:PassRole"
    }
    error_message = "Granting permissions to a role must require the boundary: ${aws_iam_policy.deploy["prod-functions"].policy}"
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_policy.deploy["prod-api"].policy).Statement : statement.Sid => statement.Condition if can(statement.Condition) } == {
      Api = { StringEqualsIfExists = { "apigateway:Request/ApiName" = "events-api-prod" } }
    }
    error_message = "No API may be renamed to another stage's: ${aws_iam_policy.deploy["prod-api"].policy}"
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_policy.deploy["prod-operations"].policy).Statement : statement.Sid => statement.Condition if can(statement.Condition) } == {
      AlarmsForItsTopics = { "ForAllValues:StringLike" = { "cloudwatch:AlarmActions" = "arn:aws:sns:eu-central-1:123456789012:events-api-prod-*" } }
      Subscribers        = { StringEquals = { "sns:Protocol" = "email" } }
    }
    error_message = "Alarms must notify the stage's own topic, by mail: ${aws_iam_policy.deploy["prod-operations"].policy}"
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_policy.deploy["prod-auth"].policy).Statement : statement.Sid => statement.Condition } == {
      MakeUserPool = { StringEquals = { "aws:RequestTag/project" = "events-api", "aws:RequestTag/stage" = "prod" } }
      UserPool     = { StringEquals = { "aws:ResourceTag/project" = "events-api", "aws:ResourceTag/stage" = "prod" } }
    }
    error_message = "A user pool must be identified by its tags: ${aws_iam_policy.deploy["prod-auth"].policy}"
  }

  assert {
    condition     = jsondecode(aws_iam_policy.deploy["prod-auth"].policy).Statement[0].Action == ["cognito-idp:CreateUserPool", "cognito-idp:TagResource"]
    error_message = "Only creating a pool may need no tag on it: ${aws_iam_policy.deploy["prod-auth"].policy}"
  }

  assert {
    condition = { for name, policy in aws_iam_policy.deploy : name => sort(flatten([
      for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Effect == "Allow"
      ])) if startswith(name, "prod-") && name != "prod-limits" } == {
      prod-functions = tolist([
        "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:PassRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
        "iam:TagRole", "iam:UntagRole", "iam:UpdateRoleDescription",
        "lambda:AddPermission", "lambda:CreateAlias", "lambda:CreateFunction", "lambda:DeleteAlias", "lambda:DeleteFunction",
        "lambda:DeleteFunctionEventInvokeConfig", "lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig",
        "lambda:GetFunctionConfiguration", "lambda:GetFunctionEventInvokeConfig", "lambda:GetPolicy", "lambda:InvokeFunction", "lambda:ListTags",
        "lambda:ListVersionsByFunction", "lambda:PublishVersion", "lambda:PutFunctionEventInvokeConfig", "lambda:RemovePermission",
        "lambda:TagResource", "lambda:UntagResource", "lambda:UpdateAlias", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
      ])
      prod-api = tolist([
        "apigateway:DELETE", "apigateway:DELETE", "apigateway:GET", "apigateway:GET", "apigateway:PATCH", "apigateway:POST", "apigateway:POST",
        "apigateway:PUT", "apigateway:TagResource", "apigateway:UntagResource",
        "logs:CreateLogDelivery", "logs:CreateLogGroup", "logs:DeleteLogDelivery", "logs:DeleteLogGroup", "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:ListTagsForResource", "logs:PutResourcePolicy",
        "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource", "logs:UpdateLogDelivery",
      ])
      prod-auth = tolist([
        "cognito-idp:CreateUserPool", "cognito-idp:CreateUserPoolClient", "cognito-idp:DeleteUserPool", "cognito-idp:DeleteUserPoolClient",
        "cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient", "cognito-idp:GetUserPoolMfaConfig",
        "cognito-idp:SetUserPoolMfaConfig", "cognito-idp:TagResource", "cognito-idp:TagResource", "cognito-idp:UntagResource",
        "cognito-idp:UpdateUserPool", "cognito-idp:UpdateUserPoolClient",
      ])
      prod-data = tolist([
        "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable",
        "dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource", "dynamodb:TagResource", "dynamodb:UntagResource",
        "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable",
        "s3:DeleteObject", "s3:GetObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:PutObject",
      ])
      prod-images = tolist([
        "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS",
        "s3:GetBucketLocation", "s3:GetBucketLogging", "s3:GetBucketNotification", "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment",
        "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
        "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListTagsForResource", "s3:PutBucketCORS", "s3:PutBucketNotification",
        "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy", "s3:PutBucketTagging",
        "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:TagResource", "s3:UntagResource",
        "sqs:CreateQueue", "sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:ListQueueTags", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue",
      ])
      prod-operations = tolist([
        "cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard",
        "cloudwatch:ListTagsForResource", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource",
        "logs:DeleteMetricFilter", "logs:DeleteQueryDefinition", "logs:DescribeMetricFilters", "logs:DescribeQueryDefinitions",
        "logs:PutMetricFilter", "logs:PutQueryDefinition",
        "sns:CreateTopic", "sns:DeleteTopic", "sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListTagsForResource",
        "sns:SetSubscriptionAttributes", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:Unsubscribe", "sns:UntagResource",
      ])
    }
    error_message = "The deploy role must have exactly the actions that creating, changing and destroying the stack needs."
  }

  assert {
    condition     = replace(jsonencode([for part in ["api", "auth", "data", "functions", "images", "operations"] : aws_iam_policy.deploy["prod-${part}"].policy]), "prod", "staging") == jsonencode([for part in ["api", "auth", "data", "functions", "images", "operations"] : aws_iam_policy.deploy["staging-${part}"].policy])
    error_message = "The policies of the stages must differ in the stage's name only."
  }
}

run "limits_the_deploy_role_whatever_else_is_allowed" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_policy.deploy["prod-limits"].policy).Statement == [
      {
        Sid    = "NotItself"
        Effect = "Deny"
        Action = "iam:*"
        Resource = [
          "arn:aws:iam::123456789012:role/events-api-deploy-*",
          "arn:aws:iam::123456789012:role/events-api-plan",
          "arn:aws:iam::123456789012:policy/events-api-*",
          "arn:aws:iam::123456789012:oidc-provider/*",
        ]
      },
      {
        Sid       = "NotWithoutTheBoundary"
        Effect    = "Deny"
        Action    = ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]
        Resource  = "*"
        Condition = { StringNotEquals = { "iam:PermissionsBoundary" = "arn:aws:iam::123456789012:policy/events-api-boundary" } }
      },
      {
        Sid      = "NotAsAnother"
        Effect   = "Deny"
        Action   = ["iam:DeleteRolePermissionsBoundary", "sts:AssumeRole"]
        Resource = "*"
      },
      {
        Sid      = "NoItems"
        Effect   = "Deny"
        Action   = ["dynamodb:*Item", "dynamodb:ExportTableToPointInTime", "dynamodb:GetRecords", "dynamodb:PartiQL*", "dynamodb:Query", "dynamodb:Scan"]
        Resource = "*"
      },
      {
        Sid    = "NoOtherObjects"
        Effect = "Deny"
        Action = ["s3:DeleteObject*", "s3:GetObject*", "s3:PutObject*"]
        NotResource = [
          "arn:aws:s3:::events-api-state-123456789012/prod/terraform.tfstate",
          "arn:aws:s3:::events-api-state-123456789012/prod/terraform.tfstate.tflock",
        ]
      },
      {
        Sid      = "NoMessages"
        Effect   = "Deny"
        Action   = ["sqs:ReceiveMessage", "sqs:SendMessage"]
        Resource = "*"
      },
      {
        Sid      = "NoUsers"
        Effect   = "Deny"
        Action   = ["cognito-idp:Admin*", "cognito-idp:ListUsers*", "cognito-idp:*UserImportJob*"]
        Resource = "*"
      },
      {
        Sid      = "NoFunctionUrls"
        Effect   = "Deny"
        Action   = ["lambda:CreateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig"]
        Resource = "*"
      },
      {
        Sid      = "NotOtherTopics"
        Effect   = "Deny"
        Action   = "sns:*"
        Resource = ["arn:aws:sns:ap-southeast-1:123456789012:events-api-staging-*"]
      },
    ]
    error_message = "The limits: ${aws_iam_policy.deploy["prod-limits"].policy}"
  }

  assert {
    condition = { for name, attachment in aws_iam_role_policy_attachment.deploy : name => attachment.role } == {
      for name in setproduct(["prod", "staging"], ["api", "auth", "data", "functions", "images", "limits", "operations"]) : join("-", name) => "events-api-deploy-${name[0]}"
    }
    error_message = "Each role must have the seven policies of its stage."
  }
}

run "lets_the_plan_role_read_and_nothing_else" {
  command = plan
  variables {
    region = "eu-central-1"
  }

  assert {
    condition = sort(flatten([for statement in concat(jsondecode(aws_iam_policy.plan["reads"].policy).Statement, jsondecode(aws_iam_policy.plan["operations"].policy).Statement) : statement.Action])) == tolist([
      "apigateway:GET",
      "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource",
      "cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient", "cognito-idp:GetUserPoolMfaConfig",
      "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource",
      "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies",
      "lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionConfiguration",
      "lambda:GetFunctionEventInvokeConfig", "lambda:GetPolicy", "lambda:ListTags", "lambda:ListVersionsByFunction",
      "logs:DescribeLogGroups", "logs:DescribeMetricFilters", "logs:DescribeQueryDefinitions", "logs:ListTagsForResource",
      "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLocation", "s3:GetBucketLogging",
      "s3:GetBucketNotification", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
      "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite",
      "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetObject", "s3:GetReplicationConfiguration", "s3:ListBucket",
      "s3:ListBucket", "s3:ListTagsForResource",
      "sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListTagsForResource",
      "sqs:GetQueueAttributes", "sqs:ListQueueTags",
    ])
    error_message = "The plan role must read only: ${aws_iam_policy.plan["reads"].policy}"
  }

  assert {
    condition = { for statement in concat(jsondecode(aws_iam_policy.plan["reads"].policy).Statement, jsondecode(aws_iam_policy.plan["operations"].policy).Statement) : statement.Sid => statement.Resource } == {
      Functions = [for stage in ["prod", "staging"] : "arn:aws:lambda:eu-central-1:123456789012:function:events-api-${stage}-*"]
      Roles     = [for stage in ["prod", "staging"] : "arn:aws:iam::123456789012:role/events-api/${stage}/events-api-${stage}-*"]
      Apis = concat(["arn:aws:apigateway:eu-central-1::/apis"], flatten([for id in ["prodapi123", "stagingapi123"] : [
        "arn:aws:apigateway:eu-central-1::/apis/${id}",
        "arn:aws:apigateway:eu-central-1::/apis/${id}/*",
      ]]))
      UserPools     = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/*"
      Tables        = [for stage in ["prod", "staging"] : "arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-${stage}"]
      Buckets       = [for stage in ["prod", "staging"] : "arn:aws:s3:::events-api-${stage}-images-123456789012"]
      Queues        = [for stage in ["prod", "staging"] : "arn:aws:sqs:eu-central-1:123456789012:events-api-${stage}-*"]
      Alarms        = [for stage in ["prod", "staging"] : "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:events-api-${stage}-*"]
      Dashboards    = [for stage in ["prod", "staging"] : "arn:aws:cloudwatch::123456789012:dashboard/events-api-${stage}"]
      MetricFilters = [for stage in ["prod", "staging"] : "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-${stage}-*"]
      Topics        = [for stage in ["prod", "staging"] : "arn:aws:sns:eu-central-1:123456789012:events-api-${stage}-*"]
      Lists         = "*"
      LogGroups     = "*"
      LogGroupTags = flatten([for stage in ["prod", "staging"] : [
        "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-${stage}-*",
        "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vendedlogs/events-api-${stage}/*",
      ]])
      States = "arn:aws:s3:::events-api-state-123456789012"
      State  = [for stage in ["prod", "staging"] : "arn:aws:s3:::events-api-state-123456789012/${stage}/terraform.tfstate"]
    }
    error_message = "The plan role must read the stages only: ${aws_iam_policy.plan["reads"].policy}"
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_policy.plan["reads"].policy).Statement : statement.Sid => statement.Condition if can(statement.Condition) } == {
      UserPools = { StringEquals = { "aws:ResourceTag/project" = "events-api", "aws:ResourceTag/stage" = ["prod", "staging"] } }
    }
    error_message = "A user pool must be identified by its tags: ${aws_iam_policy.plan["reads"].policy}"
  }

  assert {
    condition = jsondecode(aws_iam_policy.plan["limits"].policy).Statement == [
      {
        Sid    = "NoItemsNoCalls"
        Effect = "Deny"
        Action = [
          "dynamodb:*Item", "dynamodb:ExportTableToPointInTime", "dynamodb:GetRecords", "dynamodb:PartiQL*", "dynamodb:Query", "dynamodb:Scan",
          "sqs:ReceiveMessage", "sqs:SendMessage",
          "cognito-idp:Admin*", "cognito-idp:ListUsers*", "cognito-idp:*UserImportJob*",
          "lambda:InvokeFunction", "sts:AssumeRole",
        ]
        Resource = "*"
      },
      {
        Sid         = "NoOtherObjects"
        Effect      = "Deny"
        Action      = ["s3:DeleteObject*", "s3:GetObject*", "s3:PutObject*"]
        NotResource = [for stage in ["prod", "staging"] : "arn:aws:s3:::events-api-state-123456789012/${stage}/terraform.tfstate"]
      },
    ]
    error_message = "The limits: ${aws_iam_policy.plan["limits"].policy}"
  }

  assert {
    condition     = { for name, attachment in aws_iam_role_policy_attachment.plan : name => attachment.role } == { for name in ["limits", "operations", "reads"] : name => "events-api-plan" }
    error_message = "The plan role must have its three policies."
  }
}

run "bounds_the_functions_of_each_stage_to_its_own_data" {
  command = plan
  variables {
    region = "eu-central-1"
    stages = ["prod"]
  }

  assert {
    condition = jsondecode(aws_iam_policy.boundary.policy).Statement == [
      {
        Sid    = "Prod"
        Effect = "Allow"
        Action = [
          "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
          "logs:CreateLogStream", "logs:PutLogEvents",
          "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject",
        ]
        Resource = [
          "arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-prod",
          "arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-prod/index/*",
          "arn:aws:s3:::events-api-prod-images-123456789012",
          "arn:aws:s3:::events-api-prod-images-123456789012/*",
          "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-*:*",
        ]
        Condition = { ArnLike = { "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-central-1:123456789012:function:events-api-prod-*" } }
      },
      {
        Sid       = "ProdFailures"
        Effect    = "Allow"
        Action    = ["sqs:SendMessage"]
        Resource  = ["arn:aws:sqs:eu-central-1:123456789012:events-api-prod-*"]
        Condition = { ArnLike = { "aws:PrincipalArn" = "arn:aws:iam::123456789012:role/events-api/prod/events-api-prod-*" } }
      },
      {
        Sid       = "Labels"
        Effect    = "Allow"
        Action    = ["rekognition:DetectLabels"]
        Resource  = "*"
        Condition = { ArnLike = { "lambda:SourceFunctionArn" = ["arn:aws:lambda:eu-central-1:123456789012:function:events-api-prod-*"] } }
      },
      {
        Sid      = "Traces"
        Effect   = "Allow"
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Resource = "*"
      },
    ]
    error_message = "The boundary: ${aws_iam_policy.boundary.policy}"
  }

  assert {
    condition     = "${aws_iam_policy.boundary.path}${aws_iam_policy.boundary.name}" == "/events-api-boundary"
    error_message = "infra/ expects the boundary under this name."
  }
}

run "allows_no_action_by_a_wildcard_and_fits_into_iams_6144_characters" {
  command = plan
  variables {
    project = "a-project-of-22-letter"
    region  = "ap-southeast-1"
    stages  = ["stageone1234", "stagetwo1234", "stagethree12", "stagefour123"]
  }

  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_policy.deploy), values(aws_iam_policy.plan), [aws_iam_policy.boundary]) : [
        for statement in jsondecode(policy.policy).Statement : statement.Effect == "Deny" || length(regexall("[*?]", jsonencode(statement.Action))) == 0
      ]
    ]))
    error_message = "Every allowed action must be named in full."
  }

  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_policy.deploy), values(aws_iam_policy.plan), [aws_iam_policy.boundary]) : length(policy.policy) <= 6144])
    error_message = "The policies have ${jsonencode([for policy in concat(values(aws_iam_policy.deploy), values(aws_iam_policy.plan), [aws_iam_policy.boundary]) : length(policy.policy)])} characters."
  }
}
