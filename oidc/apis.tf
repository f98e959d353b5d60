# An API's id is made up by AWS. What is below an API has no name in its condition keys, and whether it has its API's tags AWS
# does not say. So each stage's API, an id and a name, is made here, and a deploy role is given the id. infra/ takes it over.
resource "aws_apigatewayv2_api" "this" {
  for_each = var.stages

  name          = "${var.project}-${each.key}"
  protocol_type = "HTTP"
  tags          = { stage = each.key }

  lifecycle {
    ignore_changes = all
  }
}
