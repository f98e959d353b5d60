# Not an object type: it would drop a misspelt key in silence.
variable "auth" {
  description = "Who signs callers in. null: nobody. { issuer, audience }: any OpenID Connect provider; API Gateway asks it for its configuration while the authorizer is made, and an apply fails where that cannot be reached. { user_pool_id, client_id }: a Cognito user pool that exists. { create_user_pool = true }: one that this stack makes."
  type        = any
  default     = null

  validation {
    condition     = var.auth == null || contains(["audience,issuer", "client_id,user_pool_id", "create_user_pool"], try(join(",", keys(var.auth)), "none"))
    error_message = "auth must be null, or have exactly the keys issuer and audience, or user_pool_id and client_id, or create_user_pool."
  }

  # API Gateway compares it with the token's iss character by character.
  validation {
    condition     = !can(var.auth.issuer) || (can(regex("^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[^?#\\s]*)?$", var.auth.issuer)) && !can(regex("/\\.well-known(/|$)", var.auth.issuer)))
    error_message = "auth.issuer must be the https:// URL in the iss of its tokens, to the letter: with a / at the end if iss has one, and without /.well-known, ? and #."
  }

  validation {
    condition     = !can(var.auth.audience) || try(length(var.auth.audience) <= 50 && length([for value in tolist(var.auth.audience) : regex("^\\S+$", value)]) > 0, false)
    error_message = "auth.audience must be a list of 1 to 50 texts without blanks, like [\"https://api.example.com\"], of which a token must have one as its aud, or as its client_id where it has no aud."
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

  # Ignored they would leave open what their author believes to be closed.
  validation {
    condition     = var.auth != null || length(local.scoped_functions) == 0
    error_message = "functions/${join(", functions/", keys(local.scoped_functions))}: scopes in function.json have no effect while auth is off: turn it on, or leave scopes out."
  }

  # Others come from a resource server and an OAuth 2.0 login, which this stack does not make.
  validation {
    condition     = !can(var.auth.create_user_pool) || length(local.functions_of_nobody) == 0
    error_message = "functions/${join(", functions/", local.functions_of_nobody)}: nobody would have the scopes in function.json: all that tokens of auth.create_user_pool have is aws.cognito.signin.user.admin."
  }
}

# Sign-in is on for every route or for none.
locals {
  scoped_functions    = { for name, function in local.functions : name => function.scopes if length(function.scopes) > 0 }
  functions_of_nobody = [for name, scopes in local.scoped_functions : name if !contains(scopes, "aws.cognito.signin.user.admin")]

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
    error_message = "auth is off: whoever knows the URL can read, change and delete every event of this stage, though its table is protected from deletion. See infra/README.md, \"Sign in\"."
  }
}
