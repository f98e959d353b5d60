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

override_data {
  target = data.aws_apigatewayv2_apis.this
  values = { ids = ["abcdefghij"] }
}

override_resource {
  target = aws_apigatewayv2_api.this
  values = { execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij" }
}

override_resource {
  target          = aws_dynamodb_table.this
  override_during = plan
  values          = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-prod" }
}

override_resource {
  target          = module.function["create-event"].aws_cloudwatch_log_group.this
  override_during = plan
  values          = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-create-event" }
}

override_resource {
  target          = module.function["get-event"].aws_cloudwatch_log_group.this
  override_during = plan
  values          = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-get-event" }
}

override_resource {
  target          = module.function["list-events"].aws_cloudwatch_log_group.this
  override_during = plan
  values          = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-list-events" }
}

override_resource {
  target          = module.function["sweep-events"].aws_cloudwatch_log_group.this
  override_during = plan
  values          = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-sweep-events" }
}

variables {
  stage     = "prod"
  dist_path = "tests/fixtures/all"
}

run "creates_each_listed_function_with_the_permissions_that_it_declares" {
  command = plan

  assert {
    condition = output.function_names == [
      "events-api-prod-create-event",
      "events-api-prod-get-event",
      "events-api-prod-label-image",
      "events-api-prod-list-events",
      "events-api-prod-sweep-events",
      "events-api-prod-update-event",
    ]
    error_message = "Got ${jsonencode(output.function_names)}"
  }

  assert {
    condition = output.routes == {
      "POST /events"       = "events-api-prod-create-event"
      "GET /events/{id}"   = "events-api-prod-get-event"
      "GET /events"        = "events-api-prod-list-events"
      "PUT /events/{id}"   = "events-api-prod-update-event"
      "PATCH /events/{id}" = "events-api-prod-update-event"
    }
    error_message = "Got ${jsonencode(output.routes)}"
  }

  assert {
    condition     = [for name in output.function_names : name if !startswith(name, "${output.name}-")] == []
    error_message = "${output.name} must be the prefix of every function's name, as of every alarm's."
  }

  # Lets create event put one item and write its own log.
  assert {
    condition = module.function["create-event"].role == {
      path                 = "/events-api/prod/"
      permissions_boundary = "arn:aws:iam::123456789012:policy/events-api-boundary"
      policy = {
        Version = "2012-10-17"
        Statement = [
          {
            Effect   = "Allow"
            Action   = ["dynamodb:PutItem"]
            Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-prod"]
          },
          {
            Effect   = "Allow"
            Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
            Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-create-event:*"]
          },
        ]
      }
    }
    error_message = "Got ${jsonencode(module.function["create-event"].role)}"
  }

  # Lets get event get one item and write its own log.
  assert {
    condition = module.function["get-event"].role == {
      path                 = "/events-api/prod/"
      permissions_boundary = "arn:aws:iam::123456789012:policy/events-api-boundary"
      policy = {
        Version = "2012-10-17"
        Statement = [
          {
            Effect   = "Allow"
            Action   = ["dynamodb:GetItem"]
            Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-prod"]
          },
          {
            Effect   = "Allow"
            Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
            Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-get-event:*"]
          },
        ]
      }
    }
    error_message = "Got ${jsonencode(module.function["get-event"].role)}"
  }

  # Grants Query on the indexes only and everything else on the table only.
  assert {
    condition = module.function["list-events"].role.policy.Statement == [
      {
        Effect   = "Allow"
        Action   = ["dynamodb:Query"]
        Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-prod/index/*"]
      },
      {
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem"]
        Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-prod"]
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-list-events:*"]
      },
    ]
    error_message = "Got ${jsonencode(module.function["list-events"].role)}"
  }

  # Lets a function without actions write its own log and nothing else.
  assert {
    condition = module.function["sweep-events"].role.policy.Statement == [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-sweep-events:*"]
    }]
    error_message = "Got ${jsonencode(module.function["sweep-events"].role)}"
  }
}

