# Every function waits for this, so that a plan ends with a sentence and not with what follows from it.
resource "terraform_data" "functions" {
  lifecycle {
    precondition {
      condition     = length(local.function_folders) > 0
      error_message = "${var.functions_path} holds no function: a function is a folder with a function.json, and this plan would delete the whole API."
    }
    # Only where nothing else is wrong: most likely that is what it is missing for.
    precondition {
      condition     = contains(keys(local.functions), "label-image") || length(local.functions) == 0 || length(flatten(values(local.complaints))) > 0
      error_message = "functions/label-image is missing, which the bucket calls for each uploaded image: without it nobody would ever see an image."
    }
    precondition {
      condition     = length(local.complaints.names) == 0
      error_message = join("\n", local.complaints.names)
    }
    precondition {
      condition     = length(local.complaints.no_declaration) == 0
      error_message = join("\n", local.complaints.no_declaration)
    }
    precondition {
      condition     = length(local.complaints.no_object) == 0
      error_message = join("\n", local.complaints.no_object)
    }
    precondition {
      condition     = length(local.complaints.unknown_keys) == 0
      error_message = join("\n", local.complaints.unknown_keys)
    }
    precondition {
      condition     = length(local.complaints.actions) == 0
      error_message = join("\n", local.complaints.actions)
    }
    precondition {
      condition     = length(local.complaints.unknown_actions) == 0
      error_message = join("\n", local.complaints.unknown_actions)
    }
    precondition {
      condition     = length(local.complaints.routes) == 0
      error_message = join("\n", local.complaints.routes)
    }
    precondition {
      condition     = length(local.complaints.repeated_routes) == 0
      error_message = join("\n", local.complaints.repeated_routes)
    }
    precondition {
      condition     = length(local.complaints.scopes) == 0
      error_message = join("\n", local.complaints.scopes)
    }
    precondition {
      condition     = length(local.complaints.scopes_without_auth) == 0
      error_message = join("\n", local.complaints.scopes_without_auth)
    }
    precondition {
      condition     = length(local.complaints.scopes_of_nobody) == 0
      error_message = join("\n", local.complaints.scopes_of_nobody)
    }
  }
}
