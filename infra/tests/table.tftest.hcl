provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = data.aws_apigatewayv2_apis.this
  values = { ids = ["abcdefghij"] }
}

override_resource {
  target = aws_apigatewayv2_api.this
  values = { execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij" }
}

variables {
  stage     = "prod"
  dist_path = "tests/fixtures/all"
}

run "creates_the_table_that_table_json_describes" {
  command = plan
  variables {
    max_read_request_units  = 30
    max_write_request_units = 20
    index_shards            = 16
  }

  override_resource {
    target          = aws_dynamodb_table.this
    override_during = plan
    values          = { server_side_encryption = [] }
  }

  # Creates the table that table.json describes.
  assert {
    condition = jsonencode({
      name       = aws_dynamodb_table.this.name
      hash_key   = aws_dynamodb_table.this.hash_key
      range_key  = aws_dynamodb_table.this.range_key
      attributes = { for attribute in aws_dynamodb_table.this.attribute : attribute.name => attribute.type }
      indexes    = sort([for index in aws_dynamodb_table.this.global_secondary_index : index.name])
      }) == jsonencode({
      name       = "events-api-prod"
      hash_key   = jsondecode(file("table.json")).hash_key
      range_key  = try(jsondecode(file("table.json")).range_key, null)
      attributes = jsondecode(file("table.json")).attributes
      indexes    = sort([for index in jsondecode(file("table.json")).indexes : index.name])
    })
    error_message = "Got ${jsonencode(aws_dynamodb_table.this)}"
  }

  # Creates the indexes with their projections.
  assert {
    condition = jsonencode({
      for index in aws_dynamodb_table.this.global_secondary_index :
      index.name => [index.hash_key, index.range_key, index.projection_type, sort(index.non_key_attributes)]
      }) == jsonencode({
      for index in jsondecode(file("table.json")).indexes :
      index.name => [index.hash_key, index.range_key, "INCLUDE", sort(index.projected)]
    })
    error_message = "Got ${jsonencode(aws_dynamodb_table.this.global_secondary_index)}"
  }

  # Bills on demand up to a maximum on the table and on every index.
  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "Got ${aws_dynamodb_table.this.billing_mode}"
  }

  assert {
    condition = [
      for maximum in concat(
        [aws_dynamodb_table.this.on_demand_throughput[0]],
        [for index in aws_dynamodb_table.this.global_secondary_index : index.on_demand_throughput[0]],
      ) : [maximum.max_read_request_units, maximum.max_write_request_units]
    ] == [[30, 20], [30, 20], [30, 20], [30, 20]]
    error_message = "Got ${jsonencode(aws_dynamodb_table.this)}"
  }

  # Tells every function the number of index shards.
  assert {
    condition     = alltrue([for function in module.function : function.environment.INDEX_SHARDS == "16"])
    error_message = "Got ${jsonencode([for function in module.function : function.environment])}"
  }

  # Leaves encryption to the key that AWS owns.
  assert {
    condition     = length(aws_dynamodb_table.this.server_side_encryption) == 0
    error_message = "Got ${jsonencode(aws_dynamodb_table.this.server_side_encryption)}"
  }
}

run "stays_within_the_free_tier_across_all_stages_with_three_indexes" {
  command = plan
  variables {
    billing = "provisioned"
  }

  assert {
    condition = concat(
      [[aws_dynamodb_table.this.read_capacity, aws_dynamodb_table.this.write_capacity]],
      [for index in aws_dynamodb_table.this.global_secondary_index : [index.read_capacity, index.write_capacity]],
    ) == [[3, 3], [3, 3], [3, 3], [3, 3]]
    error_message = "Got ${jsonencode(aws_dynamodb_table.this)}"
  }

  assert {
    condition = alltrue([
      for sum in [
        aws_dynamodb_table.this.read_capacity + sum([for index in aws_dynamodb_table.this.global_secondary_index : index.read_capacity]),
        aws_dynamodb_table.this.write_capacity + sum([for index in aws_dynamodb_table.this.global_secondary_index : index.write_capacity]),
      ] : sum * length(fileset("environments", "*.tfvars")) <= 25
    ])
    error_message = "All stages and indexes together must stay within 25 units."
  }
}

# Two stages with a table and three indexes each need 8.
run "refuses_fewer_units_than_there_are_tables_and_indexes" {
  command = plan
  variables {
    billing             = "provisioned"
    free_capacity_units = 7
  }

  expect_failures = [var.billing]
}
