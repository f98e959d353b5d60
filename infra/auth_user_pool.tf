# All of this is in Cognito's cheapest tier, which is free for up to 10,000 users a month.
resource "aws_cognito_user_pool" "this" {
  count = local.makes_user_pool ? 1 : 0

  name                     = local.name
  user_pool_tier           = "LITE"
  deletion_protection      = var.deletion_protection ? "ACTIVE" : "INACTIVE"
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]
  mfa_configuration        = "OPTIONAL"

  username_configuration {
    case_sensitive = false
  }

  # Organizers are invited. With false, anyone could sign up and write.
  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  password_policy {
    minimum_length                   = 12
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = true
    require_uppercase                = true
    temporary_password_validity_days = 7
  }

  software_token_mfa_configuration {
    enabled = true
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }
}

# For clients that cannot keep a secret, such as web pages. They sign in by SRP, which never sends the password. The AWS
# CLI sends it, with credentials of this account; ALLOW_USER_PASSWORD_AUTH would accept it from anyone.
resource "aws_cognito_user_pool_client" "this" {
  count = local.makes_user_pool ? 1 : 0

  name                          = local.name
  user_pool_id                  = aws_cognito_user_pool.this[0].id
  generate_secret               = false
  explicit_auth_flows           = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
  prevent_user_existence_errors = "ENABLED"
  enable_token_revocation       = true
  access_token_validity         = 1
  id_token_validity             = 1
  refresh_token_validity        = 30

  token_validity_units {
    access_token  = "hours"
    id_token      = "hours"
    refresh_token = "days"
  }
}
