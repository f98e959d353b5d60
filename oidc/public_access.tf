variable "block_public_buckets" {
  description = "Whether no bucket of the account, of other projects neither, may be open to the public. Say true where none is meant to be."
  type        = bool
  default     = false
  nullable    = false
}

# What no deploy role can undo, for every bucket of the account at once.
resource "aws_s3_account_public_access_block" "this" {
  count = var.block_public_buckets ? 1 : 0

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
