# Not an object type: it would drop a misspelt key in silence.
variable "auth" {
  description = "Who signs callers in. null: nobody. { issuer, audience }: any OpenID Connect provider. { user_pool_id, client_id }: a Cognito user pool that exists. { create_user_pool = true }: one that this stack makes."
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
}
