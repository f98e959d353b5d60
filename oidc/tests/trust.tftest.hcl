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

run "trusts_the_jobs_of_this_repository_and_nothing_else" {
  command = plan

  # Trusts only the deploy workflow on main in its stage's environment.
  assert {
    condition = jsondecode(aws_iam_role.deploy["prod"].assume_role_policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "Deploy"
        Effect    = "Allow"
        Action    = "sts:AssumeRoleWithWebIdentity"
        Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
        Condition = {
          StringEquals = {
            "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
            "token.actions.githubusercontent.com:sub" = [
              "repo:Octo-Org/Events.API:environment:prod",
              "repo:Octo-Org@1234567/Events.API@987654321:environment:prod",
            ]
            "token.actions.githubusercontent.com:repository_id"       = "987654321"
            "token.actions.githubusercontent.com:repository_owner_id" = "1234567"
            "token.actions.githubusercontent.com:ref"                 = "refs/heads/main"
            "token.actions.githubusercontent.com:environment"         = "prod"
            "token.actions.githubusercontent.com:job_workflow_ref"    = "Octo-Org/Events.API/.github/workflows/deploy-stage.yml@refs/heads/main"
          }
        }
      }]
    }
    error_message = "The trust of events-api-deploy-prod: ${aws_iam_role.deploy["prod"].assume_role_policy}"
  }

  assert {
    condition     = aws_iam_role.deploy["staging"].assume_role_policy == replace(aws_iam_role.deploy["prod"].assume_role_policy, "prod", "staging")
    error_message = "The stages must differ in their environment only: ${aws_iam_role.deploy["staging"].assume_role_policy}"
  }

  assert {
    condition     = { for stage, role in aws_iam_role.deploy : stage => [role.name, role.path, role.max_session_duration] } == { for stage in ["prod", "staging"] : stage => ["events-api-deploy-${stage}", "/", 3600] }
    error_message = "There must be one role per stage, named events-api-deploy-STAGE, for an hour at most."
  }

  # Trusts only pull requests, the drift check and the plan for approval.
  assert {
    condition = { for statement in jsondecode(aws_iam_role.plan.assume_role_policy).Statement : statement.Sid => statement.Condition } == {
      PullRequest = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = [
            "repo:Octo-Org/Events.API:pull_request",
            "repo:Octo-Org@1234567/Events.API@987654321:pull_request",
          ]
          "token.actions.githubusercontent.com:repository_id"       = "987654321"
          "token.actions.githubusercontent.com:repository_owner_id" = "1234567"
        }
        StringLike = {
          "token.actions.githubusercontent.com:ref"              = "refs/pull/*/merge"
          "token.actions.githubusercontent.com:job_workflow_ref" = "Octo-Org/Events.API/.github/workflows/plan.yml@refs/pull/*/merge"
        }
      }
      Main = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = [
            "repo:Octo-Org/Events.API:ref:refs/heads/main",
            "repo:Octo-Org@1234567/Events.API@987654321:ref:refs/heads/main",
          ]
          "token.actions.githubusercontent.com:repository_id"       = "987654321"
          "token.actions.githubusercontent.com:repository_owner_id" = "1234567"
          "token.actions.githubusercontent.com:ref"                 = "refs/heads/main"
          "token.actions.githubusercontent.com:job_workflow_ref" = [
            "Octo-Org/Events.API/.github/workflows/drift.yml@refs/heads/main",
            "Octo-Org/Events.API/.github/workflows/deploy.yml@refs/heads/main",
          ]
        }
      }
    }
    error_message = "The trust of events-api-plan: ${aws_iam_role.plan.assume_role_policy}"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role.plan.assume_role_policy).Statement : merge(statement, { Sid = "", Condition = {} }) == {
        Sid       = ""
        Effect    = "Allow"
        Action    = "sts:AssumeRoleWithWebIdentity"
        Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
        Condition = {}
      }
    ])
    error_message = "Both statements must be for GitHub's provider: ${aws_iam_role.plan.assume_role_policy}"
  }

  assert {
    condition     = aws_iam_role.plan.name == "events-api-plan"
    error_message = "The role must be named events-api-plan."
  }

  # Shows the claims that it trusts.
  assert {
    condition = output.trust == {
      deploy-prod    = { Deploy = jsondecode(aws_iam_role.deploy["prod"].assume_role_policy).Statement[0].Condition }
      deploy-staging = { Deploy = jsondecode(aws_iam_role.deploy["staging"].assume_role_policy).Statement[0].Condition }
      plan           = { for statement in jsondecode(aws_iam_role.plan.assume_role_policy).Statement : statement.Sid => statement.Condition }
    }
    error_message = "The output must be the conditions of the policies: ${jsonencode(output.trust)}"
  }

  # .github/scripts/ tests the reader of this output with it.
  assert {
    condition     = jsonencode(output.trust) == jsonencode(jsondecode(file("tests/trust.json")))
    error_message = "tests/trust.json must be what `terraform output -json trust` prints: ${jsonencode(output.trust)}"
  }

  # Never matches an absent claim or any repository.
  assert {
    condition     = length(regexall("ForAllValues|ForAnyValue|IfExists|Null|NotEquals|NotLike", jsonencode(local.trust))) == 0
    error_message = "A trust policy must use plain comparisons: ${jsonencode(local.trust)}"
  }

  assert {
    condition     = toset(regexall("[^\"]*[*?][^\"]*", jsonencode(local.trust))) == toset(["refs/pull/*/merge", "Octo-Org/Events.API/.github/workflows/plan.yml@refs/pull/*/merge"])
    error_message = "The one wildcard must be the number of a pull request: ${jsonencode(local.trust)}"
  }

  # Creates the provider with the audience sts.
  assert {
    condition     = [for provider in aws_iam_openid_connect_provider.this : [provider.url, provider.client_id_list]] == [["https://token.actions.githubusercontent.com", toset(["sts.amazonaws.com"])]]
    error_message = "There must be GitHub's provider with the audience sts.amazonaws.com."
  }
}

run "fits_a_long_repository_name_into_iams_2048_characters" {
  command = plan
  variables {
    repository          = "an-organisation-with-quite-a-long-name/a-repository-with-a-name-that-goes-on-and"
    repository_id       = "1234567890"
    repository_owner_id = "1234567890"
  }

  assert {
    condition     = alltrue([for role in concat(values(aws_iam_role.deploy), [aws_iam_role.plan]) : length(role.assume_role_policy) <= 2048])
    error_message = "The trust policies have ${jsonencode([for role in concat(values(aws_iam_role.deploy), [aws_iam_role.plan]) : length(role.assume_role_policy)])} characters."
  }
}

run "refuses_names_that_are_too_long_for_a_trust_policy" {
  command = plan
  variables {
    repository = "an-organisation-with-quite-a-long-name/a-repository-with-a-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on"
  }
  expect_failures = [aws_iam_role.plan]
}

run "uses_the_accounts_existing_provider" {
  command = plan
  variables {
    create_oidc_provider = false
  }

  override_data {
    target = data.aws_iam_openid_connect_provider.this
    values = { client_id_list = ["sts.amazonaws.com"] }
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0
    error_message = "With create_oidc_provider = false, no provider may be created."
  }

  assert {
    condition     = jsondecode(aws_iam_role.deploy["prod"].assume_role_policy).Statement[0].Principal.Federated == output.oidc_provider_arn
    error_message = "The roles must trust the existing provider."
  }
}

run "refuses_a_provider_for_another_audience" {
  command = plan
  variables {
    create_oidc_provider = false
  }

  override_data {
    target = data.aws_iam_openid_connect_provider.this
    values = { client_id_list = ["https://github.com/octo-org"] }
  }

  expect_failures = [data.aws_iam_openid_connect_provider.this]
}
