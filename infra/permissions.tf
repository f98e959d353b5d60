# What a function.json may ask for, and on what. It has no resource field: a change under functions/ can reach this
# table, this bucket and the labels of Rekognition, and nothing else.
locals {
  allowed_actions = {
    "dynamodb:DeleteItem"      = "table"
    "dynamodb:GetItem"         = "table"
    "dynamodb:PutItem"         = "table"
    "dynamodb:Query"           = "indexes"
    "dynamodb:UpdateItem"      = "table"
    "rekognition:DetectLabels" = "labels"
    "s3:DeleteObject"          = "objects"
    "s3:GetObject"             = "objects"
    "s3:ListBucket"            = "bucket"
    "s3:PutObject"             = "objects"
  }

  resources = {
    bucket  = [aws_s3_bucket.images.arn]
    indexes = ["${aws_dynamodb_table.this.arn}/index/*"]
    labels  = ["*"] # Rekognition knows no narrower resource for it.
    objects = ["${aws_s3_bucket.images.arn}/*"]
    table   = [aws_dynamodb_table.this.arn]
  }
}
