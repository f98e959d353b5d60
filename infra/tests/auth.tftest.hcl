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
  target          = aws_apigatewayv2_stage.this
  override_during = plan
  values          = { invoke_url = "https://abcdefghij.execute-api.eu-central-1.amazonaws.com/prod" }
}

override_resource {
  target          = aws_apigatewayv2_authorizer.this[0]
  override_during = plan
  values          = { id = "tokens" }
}

override_resource {
  target          = aws_cognito_user_pool.this[0]
  override_during = plan
  values          = { id = "eu-central-1_aBcDeFgHi" }
}

override_resource {
  target          = aws_cognito_user_pool_client.this[0]
  override_during = plan
  values          = { id = "1example23456789" }
}

variables {
  stage     = "prod"
  dist_path = "tests/fixtures/all"
}

run "leaves_every_route_open_by_default_and_tells_the_functions_so" {
  command = plan

  assert {
    condition     = jsonencode([for route in aws_apigatewayv2_route.this : [route.authorization_type, route.authorizer_id]]) == jsonencode([for route in local.routes : ["NONE", null]])
    error_message = "Got ${jsonencode([for route in aws_apigatewayv2_route.this : [route.authorization_type, route.authorizer_id]])}"
  }

  assert {
    condition     = alltrue([for function in module.function : function.environment.AUTH == "off"])
    error_message = "Got ${jsonencode([for function in module.function : function.environment])}"
  }

  assert {
    condition     = alltrue([for value in [output.issuer, output.audience, output.user_pool_id, output.client_id] : value == null])
    error_message = "Got ${jsonencode([output.issuer, output.audience, output.user_pool_id, output.client_id])}"
  }

  assert {
    condition     = length(concat(aws_apigatewayv2_authorizer.this, aws_cognito_user_pool.this, aws_cognito_user_pool_client.this)) == 0
    error_message = "Without auth there must be neither authorizer nor user pool."
  }
}

run "accepts_tokens_of_any_issuer_on_every_route_and_tells_the_functions_so" {
  command = plan
  variables {
    dist_path = "tests/fixtures/scopes"
    auth      = { issuer = "https://login.example.com/", audience = ["https://api.example.com", "events"] }
  }

  assert {
    condition = jsonencode({
      for route, settings in aws_apigatewayv2_route.this : route => [settings.authorization_type, settings.authorizer_id, settings.authorization_scopes]
      }) == jsonencode({
      "GET /events/{id}"   = ["JWT", "tokens", null]
      "PATCH /events/{id}" = ["JWT", "tokens", ["aws.cognito.signin.user.admin", "events/write"]]
      "POST /events"       = ["JWT", "tokens", ["events/all", "events/write"]]
      "PUT /events/{id}"   = ["JWT", "tokens", ["aws.cognito.signin.user.admin", "events/write"]]
    })
    error_message = "Got ${jsonencode([for route in aws_apigatewayv2_route.this : [route.route_key, route.authorization_type, route.authorizer_id, route.authorization_scopes]])}"
  }

  assert {
    condition = [
      for authorizer in aws_apigatewayv2_authorizer.this :
      [authorizer.name, authorizer.authorizer_type, authorizer.identity_sources, authorizer.jwt_configuration[0].issuer, authorizer.jwt_configuration[0].audience]
    ] == [["events-api-prod", "JWT", toset(["$request.header.Authorization"]), "https://login.example.com/", toset(["https://api.example.com", "events"])]]
    error_message = "Got ${jsonencode(aws_apigatewayv2_authorizer.this)}"
  }

  assert {
    condition     = alltrue([for function in module.function : function.environment.AUTH == "jwt"])
    error_message = "Got ${jsonencode([for function in module.function : function.environment])}"
  }

  assert {
    condition     = jsonencode([output.issuer, output.audience, output.user_pool_id, output.client_id]) == jsonencode(["https://login.example.com/", ["https://api.example.com", "events"], null, null])
    error_message = "Got ${jsonencode([output.issuer, output.audience, output.user_pool_id, output.client_id])}"
  }

  assert {
    condition     = length(concat(aws_cognito_user_pool.this, aws_cognito_user_pool_client.this)) == 0
    error_message = "With another issuer there must be no user pool."
  }
}

run "accepts_tokens_of_an_existing_user_pool_in_any_region" {
  command = plan
  variables {
    auth = { user_pool_id = "eu-west-1_aBcDeFgHi", client_id = "1example23456789" }
  }

  assert {
    condition = [
      for authorizer in aws_apigatewayv2_authorizer.this : [authorizer.jwt_configuration[0].issuer, authorizer.jwt_configuration[0].audience]
    ] == [["https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_aBcDeFgHi", toset(["1example23456789"])]]
    error_message = "Got ${jsonencode(aws_apigatewayv2_authorizer.this)}"
  }

  assert {
    condition = jsonencode([output.issuer, output.audience, output.user_pool_id, output.client_id]) == jsonencode([
      "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_aBcDeFgHi", ["1example23456789"], "eu-west-1_aBcDeFgHi", "1example23456789",
    ])
    error_message = "Got ${jsonencode([output.issuer, output.audience, output.user_pool_id, output.client_id])}"
  }

  assert {
    condition     = length(concat(aws_cognito_user_pool.this, aws_cognito_user_pool_client.this)) == 0
    error_message = "With an existing user pool there must be no second one."
  }
}

run "creates_a_user_pool_for_invited_users_and_accepts_its_tokens" {
  command = plan
  variables {
    auth = { create_user_pool = true }
  }

  # Creates a user pool for invited users.
  assert {
    condition = jsonencode([for pool in aws_cognito_user_pool.this : {
      name                     = pool.name
      user_pool_tier           = pool.user_pool_tier
      deletion_protection      = pool.deletion_protection
      username_attributes      = pool.username_attributes
      auto_verified_attributes = pool.auto_verified_attributes
      case_sensitive           = pool.username_configuration[0].case_sensitive
      is_by_invitation_only    = pool.admin_create_user_config[0].allow_admin_create_user_only
      mfa_configuration        = pool.mfa_configuration
      software_tokens          = pool.software_token_mfa_configuration[0].enabled
      recovery                 = [for way in pool.account_recovery_setting[0].recovery_mechanism : way.name]
      password_length          = pool.password_policy[0].minimum_length
      threat_protection        = pool.user_pool_add_ons
      }]) == jsonencode([{
      name                     = "events-api-prod"
      user_pool_tier           = "LITE"
      deletion_protection      = "INACTIVE"
      username_attributes      = ["email"]
      auto_verified_attributes = ["email"]
      case_sensitive           = false
      is_by_invitation_only    = true
      mfa_configuration        = "OPTIONAL"
      software_tokens          = true
      recovery                 = ["verified_email"]
      password_length          = 12
      threat_protection        = []
    }])
    error_message = "Got ${jsonencode(aws_cognito_user_pool.this)}"
  }

  assert {
    condition = jsonencode([for client in aws_cognito_user_pool_client.this : {
      name                          = client.name
      user_pool_id                  = client.user_pool_id
      generate_secret               = client.generate_secret
      explicit_auth_flows           = client.explicit_auth_flows
      prevent_user_existence_errors = client.prevent_user_existence_errors
      enable_token_revocation       = client.enable_token_revocation
      validity                      = [client.access_token_validity, client.id_token_validity, client.refresh_token_validity]
      units                         = [client.token_validity_units[0].access_token, client.token_validity_units[0].id_token, client.token_validity_units[0].refresh_token]
      }]) == jsonencode([{
      name                          = "events-api-prod"
      user_pool_id                  = "eu-central-1_aBcDeFgHi"
      generate_secret               = false
      explicit_auth_flows           = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
      prevent_user_existence_errors = "ENABLED"
      enable_token_revocation       = true
      validity                      = [1, 1, 30]
      units                         = ["hours", "hours", "days"]
    }])
    error_message = "The app client must be exactly as listed here."
  }

  # Accepts the tokens of the user pool that it creates.
  assert {
    condition = [
      for authorizer in aws_apigatewayv2_authorizer.this : [authorizer.jwt_configuration[0].issuer, authorizer.jwt_configuration[0].audience]
    ] == [["https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_aBcDeFgHi", toset(["1example23456789"])]]
    error_message = "Got ${jsonencode(aws_apigatewayv2_authorizer.this)}"
  }

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.this : route.authorization_type == "JWT" && route.authorizer_id == "tokens"])
    error_message = "Got ${jsonencode([for route in aws_apigatewayv2_route.this : [route.authorization_type, route.authorizer_id]])}"
  }

  assert {
    condition     = [output.user_pool_id, output.client_id] == ["eu-central-1_aBcDeFgHi", "1example23456789"]
    error_message = "Got ${jsonencode([output.user_pool_id, output.client_id])}"
  }

  # Prints how to call it with a token.
  assert {
    condition     = output.curl == "curl -X POST 'https://abcdefghij.execute-api.eu-central-1.amazonaws.com/prod/events' --header \"Authorization: Bearer $token\" --header 'Content-Type: application/json' --data-raw '{\"type\": \"test_event\", \"payload\": {\"key\": \"value\"}}'"
    error_message = "Got ${output.curl}"
  }
}

# A failing check would fail this run.
run "protects_the_user_pool_with_the_table_and_then_gives_no_warning" {
  command = plan
  variables {
    auth                = { create_user_pool = true }
    deletion_protection = true
  }

  assert {
    condition     = [for pool in aws_cognito_user_pool.this : pool.deletion_protection] == ["ACTIVE"]
    error_message = "Got ${jsonencode(aws_cognito_user_pool.this)}"
  }
}

run "warns_when_auth_is_off_and_the_table_is_protected_in_any_stage" {
  command = plan
  variables {
    stage               = "live"
    deletion_protection = true
  }

  expect_failures = [check.auth]
}

run "refuses_a_misspelt_key" {
  command = plan
  variables {
    auth = { create_userpool = true }
  }
  expect_failures = [var.auth]
}

run "refuses_an_extra_key" {
  command = plan
  variables {
    auth = { issuer = "https://login.example.com", audience = ["events"], scopes = ["events/write"] }
  }
  expect_failures = [var.auth]
}

run "refuses_an_existing_user_pool_and_one_to_create" {
  command = plan
  variables {
    auth = { user_pool_id = "eu-central-1_aBcDeFgHi", client_id = "1example23456789", create_user_pool = true }
  }
  expect_failures = [var.auth]
}

run "refuses_an_issuer_without_an_audience" {
  command = plan
  variables {
    auth = { issuer = "https://login.example.com" }
  }
  expect_failures = [var.auth]
}

run "refuses_an_object_without_keys" {
  command = plan
  variables {
    auth = {}
  }
  expect_failures = [var.auth]
}

run "refuses_a_value_that_is_not_an_object" {
  command = plan
  variables {
    auth = "on"
  }
  expect_failures = [var.auth]
}

run "refuses_an_issuer_without_tls" {
  command = plan
  variables {
    auth = { issuer = "http://login.example.com", audience = ["events"] }
  }
  expect_failures = [var.auth]
}

run "refuses_the_address_of_the_issuers_metadata" {
  command = plan
  variables {
    auth = { issuer = "https://login.example.com/.well-known/openid-configuration", audience = ["events"] }
  }
  expect_failures = [var.auth]
}

run "refuses_an_issuer_with_a_query" {
  command = plan
  variables {
    auth = { issuer = "https://login.example.com/?tenant=1", audience = ["events"] }
  }
  expect_failures = [var.auth]
}

run "refuses_an_issuer_that_is_null" {
  command = plan
  variables {
    auth = { issuer = null, audience = ["events"] }
  }
  expect_failures = [var.auth]
}

run "refuses_an_empty_audience" {
  command = plan
  variables {
    auth = { issuer = "https://login.example.com", audience = [] }
  }
  expect_failures = [var.auth]
}

run "refuses_an_audience_that_is_not_a_list" {
  command = plan
  variables {
    auth = { issuer = "https://login.example.com", audience = "events" }
  }
  expect_failures = [var.auth]
}

run "refuses_an_empty_string_in_the_audience" {
  command = plan
  variables {
    auth = { issuer = "https://login.example.com", audience = ["events", ""] }
  }
  expect_failures = [var.auth]
}

run "refuses_a_longer_audience_than_api_gateway_accepts" {
  command = plan
  variables {
    auth = { issuer = "https://login.example.com", audience = [for number in range(51) : "events-${number}"] }
  }
  expect_failures = [var.auth]
}

run "refuses_a_user_pool_without_its_region" {
  command = plan
  variables {
    auth = { user_pool_id = "aBcDeFgHi", client_id = "1example23456789" }
  }
  expect_failures = [var.auth]
}

run "refuses_the_arn_of_a_user_pool" {
  command = plan
  variables {
    auth = { user_pool_id = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_aBcDeFgHi", client_id = "1example23456789" }
  }
  expect_failures = [var.auth]
}

run "refuses_an_empty_client_id" {
  command = plan
  variables {
    auth = { user_pool_id = "eu-central-1_aBcDeFgHi", client_id = "" }
  }
  expect_failures = [var.auth]
}

run "refuses_create_user_pool_false" {
  command = plan
  variables {
    auth = { create_user_pool = false }
  }
  expect_failures = [var.auth]
}

run "refuses_scopes_that_would_protect_nothing" {
  command = plan
  variables {
    dist_path = "tests/fixtures/scopes"
  }

  expect_failures = [var.auth]
  assert {
    condition     = keys(local.scoped_functions) == ["create-event", "update-event"]
    error_message = "Got ${jsonencode(local.scoped_functions)}"
  }
}

run "refuses_scopes_that_no_token_can_have" {
  command = plan
  variables {
    dist_path = "tests/fixtures/scopes"
    auth      = { create_user_pool = true }
  }

  expect_failures = [var.auth]
  assert {
    condition     = local.unreachable_functions == ["create-event"]
    error_message = "Got ${jsonencode(local.unreachable_functions)}"
  }
}
