# An API's id is made up by AWS, and what is below an API carries no name and no tag that AWS documents a value for. So
# each stage's API, an id and a name, is made here, and a deploy role is given the id. infra/ takes it over and says the rest.
resource "aws_apigatewayv2_api" "this" {
  for_each = var.stages

  name          = "${var.project}-${each.key}"
  protocol_type = "HTTP"
  tags          = { stage = each.key }

  lifecycle {
    ignore_changes = all
  }
}
