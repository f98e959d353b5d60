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

run "refuses_a_project_in_upper_case" {
  command = plan
  variables {
    project = "Events"
  }
  expect_failures = [var.project]
}

run "refuses_a_project_that_ends_with_a_dash" {
  command = plan
  variables {
    project = "events-"
  }
  expect_failures = [var.project]
}

run "refuses_a_region_that_is_none" {
  command = plan
  variables {
    region = "Singapore"
  }
  expect_failures = [var.region]
}

run "refuses_no_stage" {
  command = plan
  variables {
    stages = []
  }
  expect_failures = [var.stages]
}

run "refuses_a_stage_with_a_dash" {
  command = plan
  variables {
    stages = ["prod", "pre-prod"]
  }
  expect_failures = [var.stages]
}

run "refuses_a_stage_whose_state_would_be_this_folders" {
  command = plan
  variables {
    stages = ["prod", "oidc"]
  }
  expect_failures = [var.stages]
}

run "refuses_a_repository_without_an_owner" {
  command = plan
  variables {
    repository = "events-api"
  }
  expect_failures = [var.repository]
}

run "refuses_a_repository_by_its_address" {
  command = plan
  variables {
    repository = "https://github.com/octo-org/events-api"
  }
  expect_failures = [var.repository]
}

run "refuses_a_repository_with_a_host" {
  command = plan
  variables {
    repository = "github.com/octo-org/events-api"
  }
  expect_failures = [var.repository]
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

run "refuses_a_repository_id_that_is_no_number" {
  command = plan
  variables {
    repository_id = "R_kgDOABCDEF"
  }
  expect_failures = [var.repository_id]
}

run "refuses_an_empty_owner_id" {
  command = plan
  variables {
    repository_owner_id = ""
  }
  expect_failures = [var.repository_owner_id]
}

run "refuses_a_wildcard_for_the_owner_id" {
  command = plan
  variables {
    repository_owner_id = "*"
  }
  expect_failures = [var.repository_owner_id]
}

run "refuses_a_budget_of_nothing" {
  command = plan
  variables {
    budget_usd = 0
  }
  expect_failures = [var.budget_usd]
}

run "refuses_an_address_that_is_none" {
  command = plan
  variables {
    budget_email = "someone"
  }
  expect_failures = [var.budget_email]
}
