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

variables {
  stage     = "prod"
  dist_path = "tests/fixtures/zips"
}

run "refuses_to_plan_without_any_function" {
  command = plan
  variables {
    functions_path = "tests/fixtures/refused/empty"
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition     = length(local.functions) == 0 && length(flatten(values(local.complaints))) == 0
    error_message = "The one complaint must be that there is no function."
  }
}

run "refuses_to_plan_without_the_function_that_the_bucket_calls" {
  command = plan
  variables {
    functions_path = "tests/fixtures/refused/no-label-image"
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition     = length(local.functions) == 1 && length(flatten(values(local.complaints))) == 0
    error_message = "The one complaint must be that there is no label-image."
  }
}

run "refuses_a_folder_that_is_not_named_in_lower_case_words" {
  command = plan
  variables {
    functions_path = "tests/fixtures/refused/names"
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition = flatten(values(local.complaints)) == [
      "functions/GetEvent: a function's name is lower-case words with - between them, like create-event.",
    ]
    error_message = "Got other sentences: ${jsonencode(flatten(values(local.complaints)))}"
  }
}

run "refuses_a_folder_without_a_declaration" {
  command = plan
  variables {
    functions_path = "tests/fixtures/refused/no-declaration"
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition = flatten(values(local.complaints)) == [
      "functions/list-events has no function.json.",
    ]
    error_message = "Got other sentences: ${jsonencode(flatten(values(local.complaints)))}"
  }
}

run "refuses_a_declaration_that_is_no_json_object" {
  command = plan
  variables {
    functions_path = "tests/fixtures/refused/no-object"
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition = flatten(values(local.complaints)) == [
      "functions/list/function.json must be a JSON object.",
      "functions/unfinished/function.json must be a JSON object.",
    ]
    error_message = "Got other sentences: ${jsonencode(flatten(values(local.complaints)))}"
  }
}

run "refuses_an_unknown_key" {
  command = plan
  variables {
    functions_path = "tests/fixtures/refused/unknown-keys"
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition = flatten(values(local.complaints)) == [
      "functions/get-event/function.json: unknown key memory, route: the keys are routes, actions, scopes, memory_mb, timeout_s.",
    ]
    error_message = "Got other sentences: ${jsonencode(flatten(values(local.complaints)))}"
  }
}

run "refuses_a_wildcard_and_a_declaration_without_actions" {
  command = plan
  variables {
    functions_path = "tests/fixtures/refused/actions"
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition = flatten(values(local.complaints)) == [
      "functions/any-action/function.json: actions must be a list like [\"dynamodb:GetItem\"], without a wildcard.",
      "functions/any-action-of-a-service/function.json: actions must be a list like [\"dynamodb:GetItem\"], without a wildcard.",
      "functions/begun-action/function.json: actions must be a list like [\"dynamodb:GetItem\"], without a wildcard.",
      "functions/no-actions/function.json: actions must be a list like [\"dynamodb:GetItem\"], without a wildcard.",
      "functions/no-list/function.json: actions must be a list like [\"dynamodb:GetItem\"], without a wildcard.",
    ]
    error_message = "Got other sentences: ${jsonencode(flatten(values(local.complaints)))}"
  }
}

run "refuses_an_unknown_action" {
  command = plan
  variables {
    functions_path = "tests/fixtures/refused/unknown-actions"
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition = flatten(values(local.complaints)) == [
      "functions/all-items/function.json: unknown action dynamodb:Scan: the actions are dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query, dynamodb:UpdateItem, rekognition:DetectLabels, s3:DeleteObject, s3:GetObject, s3:ListBucket, s3:PutObject.",
      "functions/image/function.json: unknown action s3:GetObjectVersion: the actions are dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query, dynamodb:UpdateItem, rekognition:DetectLabels, s3:DeleteObject, s3:GetObject, s3:ListBucket, s3:PutObject.",
      "functions/image/function.json: unknown action rekognition:DetectFaces: the actions are dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query, dynamodb:UpdateItem, rekognition:DetectLabels, s3:DeleteObject, s3:GetObject, s3:ListBucket, s3:PutObject.",
    ]
    error_message = "Got other sentences: ${jsonencode(flatten(values(local.complaints)))}"
  }
}

run "refuses_any_method_a_trailing_slash_and_a_route_for_all_paths" {
  command = plan
  variables {
    functions_path = "tests/fixtures/refused/routes"
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition = flatten(values(local.complaints)) == [
      "functions/any-method/function.json: routes must be a list like [\"GET /events/{id}\"], with a method by name and no / at the end.",
      "functions/default-route/function.json: routes must be a list like [\"GET /events/{id}\"], with a method by name and no / at the end.",
      "functions/greedy-route/function.json: routes must be a list like [\"GET /events/{id}\"], with a method by name and no / at the end.",
      "functions/no-list/function.json: routes must be a list like [\"GET /events/{id}\"], with a method by name and no / at the end.",
      "functions/trailing-slash/function.json: routes must be a list like [\"GET /events/{id}\"], with a method by name and no / at the end.",
    ]
    error_message = "Got other sentences: ${jsonencode(flatten(values(local.complaints)))}"
  }
}

run "refuses_two_functions_on_one_route_and_a_route_named_twice" {
  command = plan
  variables {
    functions_path = "tests/fixtures/refused/repeated-routes"
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition = flatten(values(local.complaints)) == [
      "The route GET /events stands more than once: in functions/list-events.",
      "The route GET /events/{} stands more than once: in functions/get-event and in functions/read-event.",
    ]
    error_message = "Got other sentences: ${jsonencode(flatten(values(local.complaints)))}"
  }
}

run "refuses_scopes_that_are_no_list_of_texts" {
  command = plan
  variables {
    functions_path = "tests/fixtures/refused/scopes"
    auth           = { issuer = "https://login.example.com/", audience = ["events"] }
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition = flatten(values(local.complaints)) == [
      "functions/blank/function.json: scopes must be a list of texts like [\"events/write\"].",
      "functions/no-list/function.json: scopes must be a list of texts like [\"events/write\"].",
      "functions/quoted/function.json: scopes must be a list of texts like [\"events/write\"].",
    ]
    error_message = "Got other sentences: ${jsonencode(flatten(values(local.complaints)))}"
  }
}

run "refuses_scopes_that_would_protect_nothing" {
  command = plan
  variables {
    functions_path = "tests/fixtures/scopes"
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition = flatten(values(local.complaints)) == [
      "functions/create-event/function.json: scopes have no effect while auth is off: turn it on, or leave scopes out.",
      "functions/update-event/function.json: scopes have no effect while auth is off: turn it on, or leave scopes out.",
    ]
    error_message = "Got other sentences: ${jsonencode(flatten(values(local.complaints)))}"
  }
}

run "refuses_scopes_that_would_lock_everybody_out" {
  command = plan
  variables {
    functions_path = "tests/fixtures/scopes"
    auth           = { create_user_pool = true }
  }

  expect_failures = [terraform_data.functions]
  assert {
    condition = flatten(values(local.complaints)) == [
      "functions/create-event/function.json: nobody would have these scopes: all that tokens of auth.create_user_pool have is aws.cognito.signin.user.admin.",
    ]
    error_message = "Got other sentences: ${jsonencode(flatten(values(local.complaints)))}"
  }
}
