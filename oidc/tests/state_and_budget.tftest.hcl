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
  repository          = "Octo-Org/Events.API"
  repository_id       = "987654321"
  repository_owner_id = "1234567"
}

run "keeps_every_state_in_one_private_bucket" {
  command = plan

  assert {
    condition     = aws_s3_bucket.state.bucket == "events-api-state-123456789012" && !aws_s3_bucket.state.force_destroy
    error_message = "The bucket must be named after project and account, and a destroy must not delete its states."
  }

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "States must have versions."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_server_side_encryption_configuration.state.rule : rule.apply_server_side_encryption_by_default[0].sse_algorithm] == ["AES256"]
    error_message = "States must be encrypted."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls,
      aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls,
      aws_s3_bucket_public_access_block.state.restrict_public_buckets,
      aws_s3_bucket_ownership_controls.state.rule[0].object_ownership == "BucketOwnerEnforced",
    ])
    error_message = "States must never be public or belong to another account."
  }

  # Sends no mail without an address.
  assert {
    condition     = length(aws_budgets_budget.this.notification) == 0
    error_message = "Without an address there must be no notification."
  }
}

run "accepts_requests_for_states_over_tls_only" {
  command = plan

  # The bucket does not exist yet, so its name is known only here.
  override_resource {
    target          = aws_s3_bucket.state
    override_during = plan
    values          = { id = "events-api-state-123456789012" }
  }

  assert {
    condition     = aws_s3_bucket_policy.state.bucket == "events-api-state-123456789012"
    error_message = "The policy must be the state bucket's."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.state.policy).Statement == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::events-api-state-123456789012", "arn:aws:s3:::events-api-state-123456789012/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The policy of the bucket: ${aws_s3_bucket_policy.state.policy}"
  }
}

run "deletes_the_states_at_the_end_of_a_teardown" {
  command = plan
  variables {
    delete_state_on_destroy = true
  }

  assert {
    condition     = aws_s3_bucket.state.force_destroy
    error_message = "With delete_state_on_destroy, the bucket must be deleted with its contents."
  }
}

run "prints_the_backend_of_this_folder" {
  command = plan
  variables {
    region = "eu-central-1"
  }

  assert {
    condition     = output.backend == <<-EOT
      terraform {
        backend "s3" {
          bucket       = "events-api-state-123456789012"
          key          = "oidc/terraform.tfstate"
          region       = "eu-central-1"
          use_lockfile = true
        }
      }
    EOT
    error_message = "The file backend.tf: ${output.backend}"
  }
}

run "mails_when_the_budget_is_nearly_used_or_will_be_exceeded" {
  command = plan
  variables {
    budget_usd   = 12.5
    budget_email = "someone@example.com"
  }

  assert {
    condition     = [aws_budgets_budget.this.budget_type, aws_budgets_budget.this.time_unit, aws_budgets_budget.this.limit_amount, aws_budgets_budget.this.limit_unit] == ["COST", "MONTHLY", "12.5", "USD"]
    error_message = "The budget must be a month's cost in US dollars."
  }

  assert {
    condition = toset([for mail in aws_budgets_budget.this.notification : [mail.notification_type, mail.comparison_operator, "${mail.threshold} ${mail.threshold_type}", join(",", mail.subscriber_email_addresses)]]) == toset([
      ["ACTUAL", "GREATER_THAN", "80 PERCENTAGE", "someone@example.com"],
      ["FORECASTED", "GREATER_THAN", "100 PERCENTAGE", "someone@example.com"],
    ])
    error_message = "There must be a mail at 80 % used and at 100 % forecast."
  }
}

run "leaves_other_buckets_of_the_account_open_by_default" {
  command = plan

  assert {
    condition     = length(aws_s3_account_public_access_block.this) == 0
    error_message = "Other projects may have intentionally public buckets."
  }
}

run "blocks_public_access_to_every_bucket_of_the_account" {
  command = plan
  variables {
    block_public_buckets = true
  }

  assert {
    condition = jsonencode([for block in aws_s3_account_public_access_block.this : [
      block.block_public_acls, block.block_public_policy, block.ignore_public_acls, block.restrict_public_buckets,
    ]]) == jsonencode([[true, true, true, true]])
    error_message = "Got ${jsonencode(aws_s3_account_public_access_block.this)}"
  }
}
