# Uploads arrive under incoming/ and stay there for a day, so that S3 refuses a second use of their URLs. label-image copies
# what it accepts to images/, which triggers nothing. A delete keeps a note under deletions/ until its last removal is
# done; if it crashes first, the note expires and label-image does the rest.
#
# No versioning: a deleted image must be gone, not live on as an old version.
resource "aws_s3_bucket" "images" {
  count = local.has_images ? 1 : 0

  bucket        = "${local.name}-images-${data.aws_caller_identity.this.account_id}"
  force_destroy = !var.deletion_protection
}

# Every new bucket blocks public access, and no deploy role may change that; each deployment checks that it still does. An
# older stage keeps its block, but Terraform no longer manages it.
removed {
  from = aws_s3_bucket_public_access_block.images

  lifecycle {
    destroy = false
  }
}

resource "aws_s3_bucket_ownership_controls" "images" {
  count = local.has_images ? 1 : 0

  bucket = aws_s3_bucket.images[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "images" {
  count = local.has_images ? 1 : 0

  bucket = aws_s3_bucket.images[0].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "images" {
  count = local.has_images ? 1 : 0

  bucket = aws_s3_bucket.images[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.images[0].arn, "${aws_s3_bucket.images[0].arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_s3_bucket_cors_configuration" "images" {
  count = local.has_images && length(var.cors_origins) > 0 ? 1 : 0

  bucket = aws_s3_bucket.images[0].id

  # A rule without origins is for var.cors_origins. The one for downloads is for all: after the API's redirect a browser
  # sends null as the origin. The signed URL is what grants access.
  dynamic "cors_rule" {
    for_each = local.cors.bucket

    content {
      allowed_origins = try(cors_rule.value.allowed_origins, var.cors_origins)
      allowed_methods = cors_rule.value.allowed_methods
      allowed_headers = cors_rule.value.allowed_headers
      max_age_seconds = cors_rule.value.max_age_seconds
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "images" {
  count = local.has_images ? 1 : 0

  bucket = aws_s3_bucket.images[0].id

  dynamic "rule" {
    for_each = toset(["deletions", "incoming"])

    content {
      id     = rule.value
      status = "Enabled"

      filter {
        prefix = "${rule.value}/"
      }

      expiration {
        days = 1
      }
    }
  }

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}
