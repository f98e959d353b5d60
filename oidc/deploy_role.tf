# One role per stage. It can do to its stage what that stage's code can; README.md says what it can do elsewhere.
resource "aws_iam_role" "deploy" {
  for_each = var.stages

  name                 = "${var.project}-deploy-${each.key}"
  description          = "Deploys the stage ${each.key} from the main branch of ${var.repository}."
  max_session_duration = 3600
  assume_role_policy   = jsonencode(local.trust["deploy-${each.key}"])

  depends_on = [aws_iam_openid_connect_provider.this, data.aws_iam_openid_connect_provider.this]

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.trust["deploy-${each.key}"])) <= 2048
      error_message = "The trust policy has over 2,048 characters, IAM's limit: the repository's name is too long."
    }
  }
}

locals {
  # Each policy has its own file: deploy_*.tf.
  deploy_policies = merge([
    for stage in var.stages : {
      "${stage}-functions"  = { stage = stage, statements = local.deploy_functions[stage] }
      "${stage}-api"        = { stage = stage, statements = local.deploy_api[stage] }
      "${stage}-auth"       = { stage = stage, statements = local.deploy_auth[stage] }
      "${stage}-data"       = { stage = stage, statements = local.deploy_data[stage] }
      "${stage}-images"     = { stage = stage, statements = local.deploy_images[stage] }
      "${stage}-operations" = { stage = stage, statements = local.deploy_operations[stage] }
      "${stage}-limits"     = { stage = stage, statements = local.deploy_limits[stage] }
    }
  ]...)
}

resource "aws_iam_policy" "deploy" {
  for_each = local.deploy_policies

  name        = "${var.project}-deploy-${each.key}"
  description = "A part of what ${var.project}-deploy-${each.value.stage} may do."
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value.statements })

  lifecycle {
    precondition {
      condition     = length(jsonencode({ Version = "2012-10-17", Statement = each.value.statements })) <= 6144
      error_message = "The policy ${each.key} has over 6,144 characters, IAM's limit: split it."
    }
  }
}

resource "aws_iam_role_policy_attachment" "deploy" {
  for_each = local.deploy_policies

  role       = aws_iam_role.deploy[each.value.stage].name
  policy_arn = aws_iam_policy.deploy[each.key].arn
}
