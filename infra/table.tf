variable "billing" {
  description = "How the table is paid for: on_demand, up to a maximum, or provisioned, within the free tier."
  type        = string
  default     = "on_demand"
  nullable    = false

  validation {
    condition     = contains(["on_demand", "provisioned"], var.billing)
    error_message = "billing must be on_demand or provisioned."
  }

  validation {
    condition     = var.billing != "provisioned" || local.capacity_units >= 1
    error_message = "With billing provisioned, ${length(local.stages)} stages with ${1 + length(local.indexes)} tables and indexes each share ${var.free_capacity_units} units, less than 1 for each: remove files from infra/environments/, or set billing to on_demand."
  }
}

variable "free_capacity_units" {
  description = "With billing provisioned, the units of DynamoDB's free tier that all stages share: 25 per account, less if it has other tables."
  type        = number
  default     = 25
  nullable    = false

  validation {
    condition     = var.free_capacity_units <= 25 && floor(var.free_capacity_units) == var.free_capacity_units
    error_message = "free_capacity_units must be an integer of at most 25: DynamoDB bills more by the hour."
  }
}

variable "max_read_request_units" {
  description = "With billing on_demand, the maximum read units per second of the table and of each index: it caps the bill."
  type        = number
  default     = 200
  nullable    = false

  validation {
    condition     = var.max_read_request_units >= 1 && floor(var.max_read_request_units) == var.max_read_request_units
    error_message = "max_read_request_units must be an integer of at least 1."
  }
}

variable "max_write_request_units" {
  description = "With billing on_demand, the maximum write units per second of the table and of each index: it caps the bill."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.max_write_request_units >= 1 && floor(var.max_write_request_units) == var.max_write_request_units
    error_message = "max_write_request_units must be an integer of at least 1."
  }
}

variable "index_shards" {
  description = "Over how many keys an index spreads the events of one status or type; each takes about 1,000 writes a second. Raise it at any time, never lower it. Release a raise at once: until callers have the new list-events, lists lack events written to new shards. A page of all events reads a page of each key, five for each shard: from 32 shards on, double list-events' memory_mb."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.index_shards >= 1 && var.index_shards <= 64 && floor(var.index_shards) == var.index_shards
    error_message = "index_shards must be an integer from 1 to 64: each page of a list queries all of them."
  }
}

variable "point_in_time_recovery" {
  description = "Whether the table can be restored to any second of the last 35 days."
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the table and the user pool, and Terraform the bucket while it holds images."
  type        = bool
  default     = false
  nullable    = false
}

locals {
  table       = jsondecode(file("table.json"))
  indexes     = [for index in local.table.indexes : index if local.has_indexes] # An index that no function queries only costs.
  on_demand   = var.billing == "on_demand"
  provisioned = var.billing == "provisioned"

  # DynamoDB refuses an attribute that is part of no key.
  key_attributes = flatten([for keys in concat([local.table], local.indexes) : [keys.hash_key, try(keys.range_key, [])]])

  # The stages share the free tier equally, and within each the table and its indexes.
  stages         = fileset("environments", "*.tfvars")
  capacity_units = floor(var.free_capacity_units / (length(local.stages) * (1 + length(local.indexes))))
}

# No server_side_encryption block: without one DynamoDB encrypts with its own key for free; with one it uses a key in KMS,
# which charges for every call.
resource "aws_dynamodb_table" "this" {
  name                        = local.name
  billing_mode                = local.on_demand ? "PAY_PER_REQUEST" : "PROVISIONED"
  read_capacity               = local.provisioned ? local.capacity_units : null
  write_capacity              = local.provisioned ? local.capacity_units : null
  hash_key                    = local.table.hash_key
  range_key                   = try(local.table.range_key, null)
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = { for name, type in local.table.attributes : name => type if contains(local.key_attributes, name) }

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
    for_each = { for index in local.indexes : index.name => index }

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
