locals {
  apis_arn = "arn:aws:apigateway:${var.region}::/apis"
  api_arns = { for stage in var.stages : stage => "${local.apis_arn}/${aws_apigatewayv2_api.this[stage].id}" }

  deploy_api = {
    for stage in var.stages : stage => [
      # infra/ finds the API by its name, and AWS knows no narrower right for that than to list all.
      {
        Sid      = "Find"
        Effect   = "Allow"
        Action   = "apigateway:GET"
        Resource = local.apis_arn
      },
      # By another name it would be found in the place of another stage's. What is below it has none to compare.
      {
        Sid       = "Api"
        Effect    = "Allow"
        Action    = ["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST"]
        Resource  = [local.api_arns[stage], "${local.api_arns[stage]}/*"]
        Condition = { StringEqualsIfExists = { "apigateway:Request/ApiName" = "${var.project}-${stage}" } }
      },
      # The ARN of what is tagged is a part of the resource's, and AWS does not say how it is encoded.
      {
        Sid      = "Tag"
        Effect   = "Allow"
        Action   = ["apigateway:DELETE", "apigateway:POST", "apigateway:PUT"]
        Resource = "arn:aws:apigateway:${var.region}::/tags/*apis*${aws_apigatewayv2_api.this[stage].id}*"
      },
      # A stage that is made with tags needs this one, though the Service Authorization Reference does not have it.
      {
        Sid      = "TagStages"
        Effect   = "Allow"
        Action   = ["apigateway:TagResource", "apigateway:UntagResource"]
        Resource = ["${local.api_arns[stage]}/stages", "${local.api_arns[stage]}/stages/*"]
      },
      {
        Sid    = "Logs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogGroup",
          "logs:DeleteLogGroup",
          "logs:ListTagsForResource",
          "logs:PutRetentionPolicy",
          "logs:TagResource",
          "logs:UntagResource",
        ]
        Resource = [local.arns[stage].logs, local.arns[stage].access_log]
      },
      # For the access log API Gateway sets a delivery up in the name of who deploys. These know no resource.
      {
        Sid    = "AccessLog"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
        ]
        Resource = "*"
      },
    ]
  }
}
