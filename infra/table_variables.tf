variable "table_path" {
  description = "The file that describes the table's keys and indexes, from infra/."
  type        = string
  default     = "table.json"
  nullable    = false
}

variable "billing" {
  description = "How the table is paid for: on_demand, up to a maximum, or provisioned, within the free tier."
  type        = string
  default     = "on_demand"
  nullable    = false

  validation {
    condition     = contains(["on_demand", "provisioned"], var.billing)
    error_message = "The billing must be on_demand or provisioned."
  }
}

variable "max_read_request_units" {
  description = "With billing on_demand, the most that the table, and each index, reads in a second: the bill's upper end."
  type        = number
  default     = 200
  nullable    = false

  validation {
    condition     = var.max_read_request_units >= 1 && floor(var.max_read_request_units) == var.max_read_request_units
    error_message = "The maximum of reads must be an integer of at least 1 unit per second."
  }
}

variable "max_write_request_units" {
  description = "With billing on_demand, the most that the table, and each index, writes in a second: the bill's upper end."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.max_write_request_units >= 1 && floor(var.max_write_request_units) == var.max_write_request_units
    error_message = "The maximum of writes must be an integer of at least 1 unit per second."
  }
}

variable "index_shards" {
  description = "Over how many keys an index spreads the events of one status or type; each takes about 1,000 writes a second. To be raised at will, and never lowered. Release a raise at once: until callers have the new list-events, lists lack what was written to new shards."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.index_shards >= 1 && var.index_shards <= 64 && floor(var.index_shards) == var.index_shards
    error_message = "The index shards must be an integer from 1 to 64: a list asks each of them, for each page."
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
