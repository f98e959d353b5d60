variable "repository" {
  description = "The GitHub repository that deploys, as owner/name, in exactly the letter case that `gh api repos/OWNER/NAME --jq .full_name` prints."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9._-]{1,100}$", var.repository))
    error_message = "repository must be owner/name as GitHub writes it, like octocat/events-api: no https://, no github.com, no wildcard."
  }

  validation {
    condition     = !can(regex("(/\\.{1,2}|\\.git)$", var.repository))
    error_message = "repository must not end in .git, like octocat/events-api."
  }
}

# A stranger can take a name that was given up, but not a number.
variable "repository_id" {
  description = "The number of the repository: `gh api repos/OWNER/NAME --jq .id`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[1-9][0-9]{0,18}$", var.repository_id))
    error_message = "repository_id must be the number that `gh api repos/OWNER/NAME --jq .id` prints."
  }
}

variable "repository_owner_id" {
  description = "The number of the repository's owner: `gh api repos/OWNER/NAME --jq .owner.id`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[1-9][0-9]{0,18}$", var.repository_owner_id))
    error_message = "repository_owner_id must be the number that `gh api repos/OWNER/NAME --jq .owner.id` prints."
  }
}

variable "create_oidc_provider" {
  description = "Whether to create GitHub's OIDC provider. An account can have only one: false uses the existing one and never deletes it."
  type        = bool
  default     = true
  nullable    = false
}
