stage                  = "prod"
log_retention_days     = 30
point_in_time_recovery = true
deletion_protection    = true
