# Not an object type, which would silently drop a misspelt key.
variable "auth" {
  description = "How callers sign in. null: they do not. { issuer, audience }: any OpenID Connect provider; API Gateway asks it for its configuration while it creates the authorizer, and an apply fails if it cannot reach it. { user_pool_id, client_id }: an existing Cognito user pool. { create_user_pool = true }: one that this stack creates."
  type        = any
  default     = null

  validation {
    condition     = var.auth == null || contains(["audience,issuer", "client_id,user_pool_id", "create_user_pool"], try(join(",", keys(var.auth)), "none"))
    error_message = "auth must be null, or have exactly the keys issuer and audience, or user_pool_id and client_id, or create_user_pool."
  }

  # API Gateway compares it with the token's iss character by character.
  validation {
    condition     = !can(var.auth.issuer) || (can(regex("^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[^?#\\s]*)?$", var.auth.issuer)) && !can(regex("/\\.well-known(/|$)", var.auth.issuer)))
    error_message = "auth.issuer must be exactly the https:// URL in its tokens' iss: with a trailing / if iss has one, and without /.well-known, ? and #."
  }

  validation {
    condition     = !can(var.auth.audience) || try(length(var.auth.audience) <= 50 && length([for value in tolist(var.auth.audience) : regex("^\\S+$", value)]) > 0, false)
    error_message = "auth.audience must be a list of 1 to 50 strings without spaces, like [\"https://api.example.com\"]. A token's aud, or its client_id if it has no aud, must be one of them."
  }

  validation {
    condition     = !can(var.auth.user_pool_id) || can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]_[A-Za-z0-9]{1,40}$", var.auth.user_pool_id))
    error_message = "auth.user_pool_id must be the id of a Cognito user pool, which begins with its region, like ap-southeast-1_aBcDeFgHi."
  }

  validation {
    condition     = !can(var.auth.client_id) || can(regex("^[A-Za-z0-9_+]{1,128}$", var.auth.client_id))
    error_message = "auth.client_id must be the id of one of the pool's app clients, like 1example23456789."
  }

  validation {
    condition     = try(var.auth.create_user_pool, true) == true
    error_message = "auth.create_user_pool can only be true; for no sign-in leave auth out."
  }

  # Ignoring them would leave a route open that its author believes closed.
  validation {
    condition     = var.auth != null || length(local.scoped_functions) == 0
    error_message = "functions/${join(", functions/", keys(local.scoped_functions))}: scopes in function.json have no effect while auth is off: set auth, or remove scopes."
  }

  # Other scopes need a resource server and an OAuth 2.0 login, which this stack does not create.
  validation {
    condition     = !can(var.auth.create_user_pool) || length(local.unreachable_functions) == 0
    error_message = "functions/${join(", functions/", local.unreachable_functions)}: no token would have the scopes in function.json: those of auth.create_user_pool have only aws.cognito.signin.user.admin."
  }
}

# Sign-in is on for every route or for none.
locals {
  scoped_functions      = { for name, function in local.functions : name => function.scopes if length(function.scopes) > 0 }
  unreachable_functions = [for name, scopes in local.scoped_functions : name if !contains(scopes, "aws.cognito.signin.user.admin")]

  has_auth        = var.auth != null
  makes_user_pool = can(var.auth.create_user_pool)

  user_pool_id = local.makes_user_pool ? aws_cognito_user_pool.this[0].id : try(var.auth.user_pool_id, null)
  client_id    = local.makes_user_pool ? aws_cognito_user_pool_client.this[0].id : try(var.auth.client_id, null)

  # A pool's id begins with its region. Its access tokens have a client_id and no aud, which API Gateway accepts too.
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

  # Otherwise it would be destroyed while routes still use it, which API Gateway refuses.
  lifecycle {
    create_before_destroy = true
  }
}

# A stage that protects its table holds data worth protecting, whatever its name.
check "auth" {
  assert {
    condition     = local.has_auth || !var.deletion_protection
    error_message = "auth is off: anyone who knows the URL can read, change and delete every event of this stage, though its table is protected from deletion. See infra/README.md, \"Sign in\"."
  }
}
