data "aws_caller_identity" "this" {}

# The names are those of infra/. ARNs are spelled out, so that a first plan shows whole policies.
locals {
  account_id     = data.aws_caller_identity.this.account_id
  issuer         = "token.actions.githubusercontent.com"
  provider_arn   = "arn:aws:iam::${local.account_id}:oidc-provider/${local.issuer}"
  boundary_arn   = "arn:aws:iam::${local.account_id}:policy/${var.project}-boundary"
  state_bucket   = "${var.project}-state-${local.account_id}"
  state_arn      = "arn:aws:s3:::${local.state_bucket}"
  user_pools_arn = "arn:aws:cognito-idp:${var.region}:${local.account_id}:userpool/*"

  arns = {
    for stage in var.stages : stage => {
      functions  = "arn:aws:lambda:${var.region}:${local.account_id}:function:${var.project}-${stage}-*"
      roles      = "arn:aws:iam::${local.account_id}:role/${var.project}/${stage}/${var.project}-${stage}-*"
      table      = "arn:aws:dynamodb:${var.region}:${local.account_id}:table/${var.project}-${stage}"
      images     = "arn:aws:s3:::${var.project}-${stage}-images-${local.account_id}"
      queues     = "arn:aws:sqs:${var.region}:${local.account_id}:${var.project}-${stage}-*"
      alarms     = "arn:aws:cloudwatch:${var.region}:${local.account_id}:alarm:${var.project}-${stage}-*"
      topics     = "arn:aws:sns:${var.region}:${local.account_id}:${var.project}-${stage}-*"
      dashboard  = "arn:aws:cloudwatch::${local.account_id}:dashboard/${var.project}-${stage}"
      logs       = "arn:aws:logs:${var.region}:${local.account_id}:log-group:/aws/lambda/${var.project}-${stage}-*"
      access_log = "arn:aws:logs:${var.region}:${local.account_id}:log-group:/aws/vendedlogs/${var.project}-${stage}/*"
      state      = "${local.state_arn}/${stage}/terraform.tfstate"
    }
  }
}
