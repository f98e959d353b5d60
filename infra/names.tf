data "aws_caller_identity" "this" {}

locals {
  name = "${var.project}-${var.stage}"

  # Made by oidc/: the deploy role may create a role with this boundary only.
  permissions_boundary = "arn:aws:iam::${data.aws_caller_identity.this.account_id}:policy/${var.project}-boundary"
}
