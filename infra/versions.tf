terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # Of version 6, 6.13 to 6.28 plan to change each index for ever and 6.29.0 panics; those before are untested.
      version = ">= 5.100, != 6.0.0, != 6.1.0, != 6.2.0, != 6.3.0, != 6.4.0, != 6.5.0, != 6.6.0, != 6.7.0, != 6.8.0, != 6.9.0, != 6.10.0, != 6.11.0, != 6.12.0, != 6.13.0, != 6.14.0, != 6.14.1, != 6.15.0, != 6.16.0, != 6.17.0, != 6.18.0, != 6.19.0, != 6.20.0, != 6.21.0, != 6.22.0, != 6.22.1, != 6.23.0, != 6.24.0, != 6.25.0, != 6.26.0, != 6.27.0, != 6.28.0, != 6.29.0, < 7.0"
    }
  }

  # Bucket, key and region depend on account and stage: `terraform init -backend-config=...`.
  backend "s3" {
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      project = var.project
      stage   = var.stage
    }
  }
}
