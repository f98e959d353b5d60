output "deploy_role_arns" {
  description = "By stage, the role that deploys it."
  value       = { for stage, role in aws_iam_role.deploy : stage => role.arn }
}

output "plan_role_arn" {
  description = "The role that plans for pull requests and for the drift check."
  value       = aws_iam_role.plan.arn
}

output "boundary_arn" {
  description = "The permissions boundary of every function's role."
  value       = aws_iam_policy.boundary.arn
}

output "oidc_provider_arn" {
  description = "The account's provider for GitHub."
  value       = local.provider_arn
}

output "trust" {
  description = "By role and statement, the claims that GitHub's token must have, to compare with a refused token."
  value       = merge({ plan = local.plan_claims }, { for stage, claims in local.deploy_claims : "deploy-${stage}" => claims })
}

output "state_bucket" {
  description = "The bucket that holds every state."
  value       = aws_s3_bucket.state.bucket
}

output "backend" {
  description = "The file backend.tf, which keeps this folder's own state in the bucket."
  value       = <<-EOT
    terraform {
      backend "s3" {
        bucket       = "${aws_s3_bucket.state.bucket}"
        key          = "oidc/terraform.tfstate"
        region       = "${var.region}"
        use_lockfile = true
      }
    }
  EOT
}
