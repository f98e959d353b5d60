# Who may assume the roles. Every value is exact except a pull request's number. A claim that a token lacks never matches;
# with ForAllValues or ...IfExists it would.
locals {
  repository_owner = split("/", var.repository)[0]
  repository_name  = split("/", var.repository)[1]
  workflows        = "${var.repository}/.github/workflows"

  # A subject contains the ids for repositories created after 15 July 2026, and not for older ones.
  subjects = [
    "repo:${var.repository}",
    "repo:${local.repository_owner}@${var.repository_owner_id}/${local.repository_name}@${var.repository_id}",
  ]

  repository_claims = {
    "${local.issuer}:aud"                 = "sts.amazonaws.com"
    "${local.issuer}:repository_id"       = var.repository_id
    "${local.issuer}:repository_owner_id" = var.repository_owner_id
  }

  # A subject with an environment says nothing about the branch, hence ref.
  deploy_claims = {
    for stage in var.stages : stage => {
      Deploy = {
        StringEquals = merge(local.repository_claims, {
          "${local.issuer}:sub"              = [for subject in local.subjects : "${subject}:environment:${stage}"]
          "${local.issuer}:ref"              = "refs/heads/main"
          "${local.issuer}:environment"      = stage
          "${local.issuer}:job_workflow_ref" = "${local.workflows}/deploy-stage.yml@refs/heads/main"
        })
      }
    }
  }

  plan_claims = {
    PullRequest = {
      StringEquals = merge(local.repository_claims, {
        "${local.issuer}:sub" = [for subject in local.subjects : "${subject}:pull_request"]
      })
      StringLike = {
        "${local.issuer}:ref"              = "refs/pull/*/merge"
        "${local.issuer}:job_workflow_ref" = "${local.workflows}/plan.yml@refs/pull/*/merge"
      }
    }
    Main = {
      StringEquals = merge(local.repository_claims, {
        "${local.issuer}:sub"              = [for subject in local.subjects : "${subject}:ref:refs/heads/main"]
        "${local.issuer}:ref"              = "refs/heads/main"
        "${local.issuer}:job_workflow_ref" = ["${local.workflows}/drift.yml@refs/heads/main", "${local.workflows}/deploy.yml@refs/heads/main"]
      })
    }
  }

  trust = {
    for role, claims in merge({ plan = local.plan_claims }, { for stage, claims in local.deploy_claims : "deploy-${stage}" => claims }) : role => {
      Version = "2012-10-17"
      Statement = [
        for name, condition in claims : {
          Sid       = name
          Effect    = "Allow"
          Action    = "sts:AssumeRoleWithWebIdentity"
          Principal = { Federated = local.provider_arn }
          Condition = condition
        }
      ]
    }
  }
}
