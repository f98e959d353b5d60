variable "block_public_buckets" {
  description = "Whether to block public access to every bucket of the account, other projects' too. Set true if none is meant to be public."
  type        = bool
  default     = false
  nullable    = false
}

# Covers every bucket of the account; no deploy role can undo it.
resource "aws_s3_account_public_access_block" "this" {
  count = var.block_public_buckets ? 1 : 0

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
