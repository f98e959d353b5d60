# What a function.json may ask for, and on what. It has no resource field: a change under functions/ can reach
# this table and nothing else. S3 and Rekognition come in here with the bucket for images.
locals {
  allowed_actions = {
    "dynamodb:DeleteItem" = "table"
    "dynamodb:GetItem"    = "table"
    "dynamodb:PutItem"    = "table"
    "dynamodb:Query"      = "indexes"
    "dynamodb:UpdateItem" = "table"
  }

  resources = {
    table   = [aws_dynamodb_table.this.arn]
    indexes = ["${aws_dynamodb_table.this.arn}/index/*"]
  }
}
