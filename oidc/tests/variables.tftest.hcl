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

run "refuses_what_is_missing_or_badly_formed" {
  command = plan
  variables {
    project             = "Events"
    region              = "Singapore"
    stages              = []
    repository          = "events-api"
    repository_id       = "R_kgDOABCDEF"
    repository_owner_id = ""
    budget_usd          = 0
    budget_email        = "someone"
  }

  expect_failures = [var.project, var.region, var.stages, var.repository, var.repository_id, var.repository_owner_id, var.budget_usd, var.budget_email]
}

run "refuses_dashes_addresses_and_wildcards" {
  command = plan
  variables {
    project             = "events-"
    stages              = ["prod", "pre-prod"]
    repository          = "https://github.com/octo-org/events-api"
    repository_owner_id = "*"
  }

  expect_failures = [var.project, var.stages, var.repository, var.repository_owner_id]
}

run "refuses_a_stage_whose_state_would_be_this_folders_and_a_repository_with_a_host" {
  command = plan
  variables {
    stages     = ["prod", "oidc"]
    repository = "github.com/octo-org/events-api"
  }

  expect_failures = [var.stages, var.repository]
}

run "refuses_a_wildcard_for_the_repository" {
  command = plan
  variables {
    repository = "octo-org/*"
  }
  expect_failures = [var.repository]
}

run "refuses_a_repository_with_its_ids" {
  command = plan
  variables {
    repository = "octo-org@1234567/events-api@987654321"
  }
  expect_failures = [var.repository]
}

run "refuses_a_repository_that_ends_with_git" {
  command = plan
  variables {
    repository = "octo-org/events-api.git"
  }
  expect_failures = [var.repository]
}

run "refuses_the_region_us_gov_west_1_of_another_partition" {
  command = plan
  variables {
    region = "us-gov-west-1"
  }

  expect_failures = [var.region]
}

run "refuses_the_region_eusc_de_east_1_of_another_partition" {
  command = plan
  variables {
    region = "eusc-de-east-1"
  }

  expect_failures = [var.region]
}

run "refuses_a_project_named_like_a_stage_of_another" {
  command = plan
  variables {
    project = "events-api-staging"
  }

  expect_failures = [aws_iam_policy.boundary]
}

run "takes_a_project_with_a_stage_inside_a_word" {
  command = plan
  variables {
    project = "events-production"
  }

  assert {
    condition     = aws_iam_role.plan.name == "events-production-plan"
    error_message = "Got ${aws_iam_role.plan.name}"
  }
}
