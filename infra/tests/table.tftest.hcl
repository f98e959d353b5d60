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

variables {
  stage          = "prod"
  functions_path = "tests/fixtures/functions"
  dist_path      = "tests/fixtures/zips"
}

run "makes_the_table_that_table_json_describes" {
  command = plan

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
}

run "makes_the_indexes_with_what_they_project" {
  command = plan
  variables {
    table_path = "tests/fixtures/three-indexes.json"
  }

  assert {
    condition = {
      for index in aws_dynamodb_table.this.global_secondary_index :
      index.name => [index.hash_key, index.range_key, index.projection_type, sort(index.non_key_attributes)]
      } == {
      by-type      = ["type", "createdAt", "INCLUDE", tolist(["title"])]
      by-status    = ["status", "createdAt", "INCLUDE", tolist(["title"])]
      by-organizer = ["organizer", "createdAt", "INCLUDE", tolist(["date", "title"])]
    }
    error_message = "Got ${jsonencode(aws_dynamodb_table.this.global_secondary_index)}"
  }
}

run "bills_on_demand_up_to_a_maximum_on_the_table_and_on_every_index" {
  command = plan
  variables {
    table_path              = "tests/fixtures/three-indexes.json"
    max_read_request_units  = 30
    max_write_request_units = 20
  }

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
}

run "stays_within_the_free_tier_over_all_stages_when_provisioned" {
  command = plan
  variables {
    billing    = "provisioned"
    table_path = "tests/fixtures/no-indexes.json"
  }

  assert {
    condition     = [aws_dynamodb_table.this.billing_mode, aws_dynamodb_table.this.read_capacity, aws_dynamodb_table.this.write_capacity] == ["PROVISIONED", 12, 12]
    error_message = "Got ${jsonencode(aws_dynamodb_table.this)}"
  }

  assert {
    condition     = length(aws_dynamodb_table.this.on_demand_throughput) == 0
    error_message = "A provisioned table has no maximum of its own."
  }
}

run "stays_within_the_free_tier_over_all_stages_with_three_indexes" {
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

run "tells_every_function_over_how_many_keys_the_indexes_are_spread" {
  command = plan
  variables {
    index_shards = 16
  }

  assert {
    condition     = alltrue([for function in module.function : function.environment.INDEX_SHARDS == "16"])
    error_message = "Got ${jsonencode([for function in module.function : function.environment])}"
  }
}

run "leaves_encryption_to_the_key_that_aws_owns" {
  command = plan

  override_resource {
    target          = aws_dynamodb_table.this
    override_during = plan
    values          = { server_side_encryption = [] }
  }

  assert {
    condition     = length(aws_dynamodb_table.this.server_side_encryption) == 0
    error_message = "Got ${jsonencode(aws_dynamodb_table.this.server_side_encryption)}"
  }
}
