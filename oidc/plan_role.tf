# Plans for pull requests, whose code it runs, for the weekly drift check and for the approval of prod. A pull request may
# edit the workflow, so only this role's permissions protect the rest. It cannot lock the state: plan with -lock=false.
resource "aws_iam_role" "plan" {
  name                 = "${var.project}-plan"
  description          = "Plans the stages for pull requests of ${var.repository}, and on its main branch for the drift check and for approval."
  max_session_duration = 3600
  assume_role_policy   = jsonencode(local.trust["plan"])

  depends_on = [aws_iam_openid_connect_provider.this, data.aws_iam_openid_connect_provider.this]

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.trust["plan"])) <= 2048
      error_message = "The trust policy of ${var.project}-plan has over 2,048 characters, IAM's limit: the repository's owner and name are too long together."
    }
  }
}

resource "aws_iam_policy" "plan" {
  for_each = { reads = local.plan_reads, operations = local.plan_operations, limits = local.plan_limits }

  name        = "${var.project}-plan-${each.key}"
  description = "A part of what ${var.project}-plan may do."
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value })

  lifecycle {
    precondition {
      condition     = length(jsonencode({ Version = "2012-10-17", Statement = each.value })) <= 6144
      error_message = "The policy ${var.project}-plan-${each.key} has over 6,144 characters, IAM's limit: there are too many stages."
    }
  }
}

resource "aws_iam_role_policy_attachment" "plan" {
  for_each = aws_iam_policy.plan

  role       = aws_iam_role.plan.name
  policy_arn = each.value.arn
}
