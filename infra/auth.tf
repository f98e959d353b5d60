# Sign-in is on for every route or for none.
locals {
  has_auth        = var.auth != null
  makes_user_pool = can(var.auth.create_user_pool)

  user_pool_id = local.makes_user_pool ? aws_cognito_user_pool.this[0].id : try(var.auth.user_pool_id, null)
  client_id    = local.makes_user_pool ? aws_cognito_user_pool_client.this[0].id : try(var.auth.client_id, null)

  # A pool's id begins with its region. Its access tokens have a client_id and no aud, which API Gateway takes too.
  issuer   = local.user_pool_id == null ? try(var.auth.issuer, null) : "https://cognito-idp.${split("_", local.user_pool_id)[0]}.amazonaws.com/${local.user_pool_id}"
  audience = local.client_id == null ? try(tolist(var.auth.audience), null) : tolist([local.client_id])
}

resource "aws_apigatewayv2_authorizer" "this" {
  count = local.has_auth ? 1 : 0

  api_id           = aws_apigatewayv2_api.this.id
  name             = local.name
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = local.issuer
    audience = local.audience
  }

  # Else it would be destroyed before the routes let go of it, which API Gateway refuses.
  lifecycle {
    create_before_destroy = true
  }
}

# A stage that protects its table holds what somebody would miss, whatever the stage is called.
check "auth" {
  assert {
    condition     = local.has_auth || !var.deletion_protection
    error_message = "auth is off: whoever knows the URL can read, change and delete every event of this stage, though its table is protected from deletion. See the README, \"Sign in\"."
  }
}
