variable "dist_path" {
  description = "The folder with the list of functions and the zip of each, relative to infra/; `npm run build` creates it."
  type        = string
  default     = "../dist"
  nullable    = false

  validation {
    condition     = fileexists("${var.dist_path}/functions.json")
    error_message = "${var.dist_path}/functions.json is missing: run npm run build first."
  }
}

variable "canary" {
  description = "How a release begins: new versions get this percentage of the calls for this many minutes; with 0 minutes they get all calls at once."
  type        = object({ percent = optional(number, 10), minutes = optional(number, 5) })
  default     = {}
  nullable    = false

  validation {
    condition     = var.canary.percent >= 10 && var.canary.percent <= 100 && var.canary.minutes >= 0 && var.canary.minutes <= 15
    error_message = "canary must be 10 to 100 percent of the calls for 0 to 15 minutes: with fewer, failures could not turn the alarm red, which needs more than 5 percent; the release job times out after 20."
  }
}

variable "lambda_runtime" {
  description = "The Lambda runtime of the functions. nodejs22.x can no longer be created from June 2027, and nodejs24.x needs AWS provider 6.19 or later (infra/README.md, \"Moving to nodejs24.x and provider 6\")."
  type        = string
  default     = "nodejs22.x"
  nullable    = false

  validation {
    condition     = can(regex("^nodejs(2[2468]|[3-9][02468])\\.x$", var.lambda_runtime))
    error_message = "lambda_runtime must be nodejs22.x, nodejs24.x (with AWS provider 6.19 or later) or a later even one: the bundles are built for Node 22, and Lambda has no odd ones."
  }
}

variable "priming" {
  description = "Whether a function sends one harmless command while it loads, so that its first request finds an open connection (infra/README.md, \"Is priming worth it?\")."
  type        = bool
  default     = true
  nullable    = false
}

variable "tracing" {
  description = "Whether X-Ray traces the functions: each call's duration, cold start and failure. Free up to 100,000 traces a month."
  type        = bool
  default     = false
  nullable    = false
}

locals {
  # What the build found in functions/ and validated (infra/build/functions.ts). There is no other list.
  functions = jsondecode(file("${var.dist_path}/functions.json"))

  # The one function without a route. Images reach readers only through it, so the bucket exists if it does.
  has_images  = contains(keys(local.functions), "label-image")
  has_indexes = anytrue([for function in local.functions : contains(function.permissions[*].on, "indexes")])

  # What a function's permissions can be on: a change under functions/ can reach this table, this bucket and Rekognition's
  # labels, and nothing else.
  resources = merge(
    {
      labels = ["*"] # Rekognition has no narrower resource.
      table  = [aws_dynamodb_table.this.arn]
    },
    local.has_indexes ? { indexes = ["${aws_dynamodb_table.this.arn}/index/*"] } : {},
    local.has_images ? {
      bucket  = [aws_s3_bucket.images[0].arn]
      objects = ["${aws_s3_bucket.images[0].arn}/"]
    } : {},
  )

  permissions = {
    for name, function in local.functions : name => [
      for permission in function.permissions : {
        actions   = permission.actions
        resources = permission.on == "objects" ? [for prefix in permission.prefixes : "${local.resources.objects[0]}${prefix}*"] : local.resources[permission.on]
        listed    = permission.on == "bucket" ? [for prefix in permission.prefixes : "${prefix}*"] : []
      } if contains(keys(local.resources), permission.on)
    ]
  }
}

module "function" {
  for_each = local.functions

  source = "./function"

  name                 = "${local.name}-${each.key}"
  zip                  = "${var.dist_path}/${each.key}.zip"
  runtime              = var.lambda_runtime
  memory_mb            = each.value.memory_mb
  timeout_s            = each.value.timeout_s
  role_path            = "/${var.project}/${var.stage}/"
  permissions_boundary = local.permissions_boundary
  permissions          = local.permissions[each.key]
  log_retention_days   = var.log_retention_days
  tracing              = var.tracing

  environment = merge(
    {
      TABLE_NAME   = aws_dynamodb_table.this.name
      INDEX_SHARDS = tostring(var.index_shards)
      AUTH         = local.has_auth ? "jwt" : "off"
      PRIMING      = var.priming ? "on" : "off"
    },
    local.has_images ? {
      BUCKET_NAME = aws_s3_bucket.images[0].bucket
      LABELS      = var.label_images ? "on" : "off"
    } : {},
  )
}
