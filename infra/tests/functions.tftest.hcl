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
  stage          = "prod"
  functions_path = "tests/fixtures/functions"
  dist_path      = "tests/fixtures/zips"
}

run "finds_the_functions_by_their_folders_and_fills_in_what_they_leave_out" {
  command = plan

  assert {
    condition = local.functions == {
      create-event = { routes = ["POST /events"], actions = ["dynamodb:PutItem"], scopes = [], memory_mb = 256, timeout_s = 10 }
      get-event    = { routes = ["GET /events/{id}"], actions = ["dynamodb:GetItem"], scopes = [], memory_mb = 256, timeout_s = 10 }
      label-image = {
        routes    = []
        actions   = ["dynamodb:UpdateItem", "rekognition:DetectLabels", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
        scopes    = []
        memory_mb = 256
        timeout_s = 10
      }
      list-events  = { routes = ["GET /events"], actions = ["dynamodb:GetItem", "dynamodb:Query"], scopes = [], memory_mb = 256, timeout_s = 10 }
      sweep-events = { routes = [], actions = [], scopes = [], memory_mb = 256, timeout_s = 10 }
      update-event = { routes = ["PUT /events/{id}", "PATCH /events/{id}"], actions = ["dynamodb:UpdateItem"], scopes = [], memory_mb = 512, timeout_s = 20 }
    }
    error_message = "Got ${jsonencode(local.functions)}"
  }

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
}

run "lets_create_event_put_one_item_and_write_its_own_log" {
  command = plan

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
}

run "lets_get_event_get_one_item_and_write_its_own_log" {
  command = plan

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
}

run "grants_a_query_on_the_indexes_only_and_everything_else_on_the_table_only" {
  command = plan

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
}

run "lets_a_function_without_actions_write_its_own_log_and_nothing_else" {
  command = plan

  assert {
    condition = module.function["sweep-events"].role.policy.Statement == [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/events-api-prod-sweep-events:*"]
    }]
    error_message = "Got ${jsonencode(module.function["sweep-events"].role)}"
  }
}

# The module is left out, so that no zip is needed: this is what stands in functions/ now.
run "takes_every_function_and_every_route_of_this_repository" {
  command = plan
  variables {
    functions_path = "../functions"
    dist_path      = "nowhere"
  }

  override_module {
    target = module.function
    outputs = {
      name             = "events-api-prod-any"
      alias_name       = "live"
      alias_arn        = "arn:aws:lambda:eu-central-1:123456789012:function:events-api-prod-any:live"
      alias_invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/any"
      role_name        = "events-api-prod-any"
    }
  }

  assert {
    condition     = toset(keys(module.function)) == toset([for file in fileset("../functions", "[^_]*/handler.ts") : dirname(file)])
    error_message = "Got ${jsonencode(keys(module.function))}"
  }

  assert {
    condition = toset(keys(aws_apigatewayv2_route.this)) == toset(flatten([
      for file in fileset("../functions", "[^_]*/function.json") : try(jsondecode(file("../functions/${file}")).routes, [])
    ]))
    error_message = "Got ${jsonencode(keys(aws_apigatewayv2_route.this))}"
  }
}
