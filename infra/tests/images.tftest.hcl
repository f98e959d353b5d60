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
  target          = aws_s3_bucket.images[0]
  override_during = plan
  values = {
    id  = "events-api-prod-images-123456789012"
    arn = "arn:aws:s3:::events-api-prod-images-123456789012"
  }
}

variables {
  stage     = "prod"
  dist_path = "tests/fixtures/all"
}

run "keeps_the_bucket_private_and_tidy" {
  command = plan

  # Keeps the bucket private, encrypted and TLS-only.
  assert {
    condition     = aws_s3_bucket.images[0].bucket == "events-api-prod-images-123456789012"
    error_message = "The bucket must have the name in oidc/'s boundary and deploy role: got ${aws_s3_bucket.images[0].bucket}"
  }

  assert {
    condition = [aws_s3_bucket_ownership_controls.images[0].bucket, aws_s3_bucket_ownership_controls.images[0].rule[0].object_ownership] == [
      "events-api-prod-images-123456789012", "BucketOwnerEnforced",
    ]
    error_message = "Got ${jsonencode(aws_s3_bucket_ownership_controls.images[0])}"
  }

  assert {
    condition = [for rule in aws_s3_bucket_server_side_encryption_configuration.images[0].rule : rule.apply_server_side_encryption_by_default[0].sse_algorithm] == [
      "AES256",
    ]
    error_message = "Got ${jsonencode(aws_s3_bucket_server_side_encryption_configuration.images[0])}"
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.images[0].policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = ["arn:aws:s3:::events-api-prod-images-123456789012", "arn:aws:s3:::events-api-prod-images-123456789012/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }]
    }
    error_message = "Got ${aws_s3_bucket_policy.images[0].policy}"
  }

  # Expires uploads and notes of deletions after a day.
  assert {
    condition = jsonencode([
      for rule in aws_s3_bucket_lifecycle_configuration.images[0].rule :
      [rule.status, rule.filter[0].prefix, rule.expiration[*].days, rule.abort_incomplete_multipart_upload[*].days_after_initiation]
      ]) == jsonencode([
      ["Enabled", "deletions/", [1], []],
      ["Enabled", "incoming/", [1], []],
      ["Enabled", "", [], [1]],
    ])
    error_message = "Got ${jsonencode(aws_s3_bucket_lifecycle_configuration.images[0].rule)}"
  }

  # Lets no web page access the bucket by default.
  assert {
    condition     = length(aws_s3_bucket_cors_configuration.images) == 0
    error_message = "Got ${jsonencode(aws_s3_bucket_cors_configuration.images)}"
  }

  # Deletes an unprotected bucket with its images.
  assert {
    condition     = aws_s3_bucket.images[0].force_destroy
    error_message = "An unprotected bucket must not stop a destroy."
  }
}

run "applies_the_stages_origins_and_protection" {
  command = plan
  variables {
    cors_origins        = ["https://example.com", "http://localhost:5173"]
    deletion_protection = true
  }

  # The warning that auth is off.
  expect_failures = [check.auth]

  # Lets web pages of these sites upload and follow the redirect.
  assert {
    condition = toset([
      for rule in aws_s3_bucket_cors_configuration.images[0].cors_rule : jsonencode([rule.allowed_methods, rule.allowed_origins, rule.allowed_headers, rule.max_age_seconds])
      ]) == toset([
      jsonencode([["PUT"], ["http://localhost:5173", "https://example.com"], ["content-type", "if-none-match"], 3600]),
      jsonencode([["GET"], ["*"], ["content-type", "if-none-match"], 3600]),
    ])
    error_message = "Got ${jsonencode(aws_s3_bucket_cors_configuration.images[0].cors_rule)}"
  }

  # Keeps a protected stage's bucket and its images.
  assert {
    condition     = !aws_s3_bucket.images[0].force_destroy
    error_message = "A destroy must not empty a protected bucket."
  }
}
