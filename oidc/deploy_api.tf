locals {
  apis_arn = "arn:aws:apigateway:${var.region}::/apis"

  deploy_api = {
    for stage in var.stages : stage => [
      {
        Sid       = "Create"
        Effect    = "Allow"
        Action    = "apigateway:POST"
        Resource  = local.apis_arn
        Condition = { StringEquals = { "apigateway:Request/ApiName" = "${var.project}-${stage}" } }
      },
      {
        Sid      = "Read"
        Effect   = "Allow"
        Action   = "apigateway:GET"
        Resource = "${local.apis_arn}/*"
      },
      # An API's id is made up by AWS, so its name must tell it. Routes, integrations, authorizers and
      # stages have no name to compare.
      {
        Sid      = "Change"
        Effect   = "Allow"
        Action   = ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST"]
        Resource = "${local.apis_arn}/*"
        Condition = {
          StringEqualsIfExists = {
            "apigateway:Request/ApiName"  = "${var.project}-${stage}"
            "apigateway:Resource/ApiName" = "${var.project}-${stage}"
          }
        }
      },
      {
        Sid      = "Tag"
        Effect   = "Allow"
        Action   = ["apigateway:DELETE", "apigateway:POST", "apigateway:PUT"]
        Resource = "arn:aws:apigateway:${var.region}::/tags/*"
      },
      # A stage that is made with tags needs this one, though the Service Authorization Reference does not have it.
      {
        Sid      = "TagStages"
        Effect   = "Allow"
        Action   = ["apigateway:TagResource", "apigateway:UntagResource"]
        Resource = ["${local.apis_arn}/*/stages", "${local.apis_arn}/*/stages/*"]
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
