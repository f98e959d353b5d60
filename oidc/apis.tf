# AWS generates an API's id. What is below an API has no name in its condition keys, and AWS does not document whether it
# carries the API's tags. So each stage's API, just an id and a name, is created here and its deploy role limited to that
# id. infra/ imports it.
resource "aws_apigatewayv2_api" "this" {
  for_each = var.stages

  name          = "${var.project}-${each.key}"
  protocol_type = "HTTP"
  tags          = { stage = each.key }

  lifecycle {
    ignore_changes = all
  }
}
