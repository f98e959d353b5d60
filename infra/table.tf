locals {
  table       = jsondecode(file(var.table_path))
  on_demand   = var.billing == "on_demand"
  provisioned = var.billing == "provisioned"

  # DynamoDB's free tier is one for the whole account: each stage has its share, and in it the table and each index.
  free_capacity_units = 25
  stages              = fileset("environments", "*.tfvars")
  capacity_units      = floor(local.free_capacity_units / (length(local.stages) * (1 + length(local.table.indexes))))
}

# There is no server_side_encryption block: without one DynamoDB encrypts with a key of its own, for nothing;
# with one it uses a key in KMS, where every call is paid for.
resource "aws_dynamodb_table" "this" {
  name                        = local.name
  billing_mode                = local.on_demand ? "PAY_PER_REQUEST" : "PROVISIONED"
  read_capacity               = local.provisioned ? local.capacity_units : null
  write_capacity              = local.provisioned ? local.capacity_units : null
  hash_key                    = local.table.hash_key
  range_key                   = try(local.table.range_key, null)
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = local.table.attributes

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  dynamic "on_demand_throughput" {
    for_each = local.on_demand ? [true] : []

    content {
      max_read_request_units  = var.max_read_request_units
      max_write_request_units = var.max_write_request_units
    }
  }

  dynamic "global_secondary_index" {
    for_each = { for index in local.table.indexes : index.name => index }

    content {
      name               = global_secondary_index.key
      hash_key           = global_secondary_index.value.hash_key
      range_key          = try(global_secondary_index.value.range_key, null)
      projection_type    = "INCLUDE"
      non_key_attributes = global_secondary_index.value.projected
      read_capacity      = local.provisioned ? local.capacity_units : null
      write_capacity     = local.provisioned ? local.capacity_units : null

      dynamic "on_demand_throughput" {
        for_each = local.on_demand ? [true] : []

        content {
          max_read_request_units  = var.max_read_request_units
          max_write_request_units = var.max_write_request_units
        }
      }
    }
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }
}
