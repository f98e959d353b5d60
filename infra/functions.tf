# A function is a folder with a function.json; a folder that begins with _ is none. There is no other list.
locals {
  function_files   = toset([for file in fileset(var.functions_path, "*/*") : file if !startswith(file, "_")])
  function_folders = toset([for file in local.function_files : dirname(file)])

  # null is what is not JSON; it is refused with a sentence, in functions_checks.tf.
  declarations = {
    for name in local.function_folders : name => try(jsondecode(file("${var.functions_path}/${name}/function.json")), null)
    if contains(local.function_files, "${name}/function.json")
  }

  # What is malformed counts as absent, so that nothing else fails before the sentence.
  functions = {
    for name, declaration in local.declarations : name => {
      routes    = try([for route in declaration.routes : tostring(route)], [])
      actions   = try([for action in declaration.actions : tostring(action)], [])
      scopes    = try([for scope in declaration.scopes : tostring(scope)], [])
      memory_mb = try(declaration.memory_mb, 256)
      timeout_s = try(declaration.timeout_s, 10)
    }
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
  log_retention_days   = var.log_retention_days
  tracing              = var.tracing

  environment = {
    TABLE_NAME   = aws_dynamodb_table.this.name
    INDEX_SHARDS = tostring(var.index_shards)
    BUCKET_NAME  = aws_s3_bucket.images.bucket
    AUTH         = local.has_auth ? "jwt" : "off"
    LABELS       = var.label_images ? "on" : "off"
  }

  permissions = [
    for kind, resources in local.resources : {
      actions   = [for action in each.value.actions : action if lookup(local.allowed_actions, action, "") == kind]
      resources = resources
    }
    if anytrue([for action in each.value.actions : lookup(local.allowed_actions, action, "") == kind])
  ]

  depends_on = [terraform_data.functions]
}
