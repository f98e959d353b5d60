locals {
  apis_arn = "arn:aws:apigateway:${var.region}::/apis"
  api_arns = { for stage in var.stages : stage => "${local.apis_arn}/${aws_apigatewayv2_api.this[stage].id}" }

  deploy_api = {
    for stage in var.stages : stage => [
      # infra/ finds the API by its name; AWS has no narrower permission for that than listing all.
      {
        Sid      = "Find"
        Effect   = "Allow"
        Action   = "apigateway:GET"
        Resource = local.apis_arn
      },
      # Renamed, it could pass for another stage's. What is below it has no name to compare.
      {
        Sid       = "Api"
        Effect    = "Allow"
        Action    = ["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST"]
        Resource  = [local.api_arns[stage], "${local.api_arns[stage]}/*"]
        Condition = { StringEqualsIfExists = { "apigateway:Request/ApiName" = "${var.project}-${stage}" } }
      },
      # The tagged resource's ARN is part of this one; AWS does not document how it is encoded.
      {
        Sid      = "Tag"
        Effect   = "Allow"
        Action   = ["apigateway:DELETE", "apigateway:POST", "apigateway:PUT"]
        Resource = "arn:aws:apigateway:${var.region}::/tags/*apis*${aws_apigatewayv2_api.this[stage].id}*"
      },
      # Creating a stage with tags needs these, though the Service Authorization Reference does not list them.
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
      # API Gateway sets up the access log's delivery with the deploying role's permissions. These actions have no resource.
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
