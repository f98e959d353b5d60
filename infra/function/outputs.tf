output "name" {
  description = "The name of the function."
  value       = aws_lambda_function.this.function_name
}

output "alias_name" {
  description = "The name of the alias that callers get."
  value       = aws_lambda_alias.live.name
}

output "alias_arn" {
  description = "What AWS's own services invoke: the alias, not the newest version."
  value       = aws_lambda_alias.live.arn
}

output "alias_invoke_arn" {
  description = "What API Gateway invokes: the alias, not the newest version."
  value       = aws_lambda_alias.live.invoke_arn
}

output "log_group_name" {
  description = "The name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "environment" {
  description = "The environment variables of the function; none is a secret."
  value       = nonsensitive(aws_lambda_function.this.environment[0].variables)
}

output "role_name" {
  description = "The function's role, for permissions that function.json cannot declare."
  value       = aws_iam_role.this.name
}

output "role" {
  description = "What the function's role may do, and what bounds it."
  value = {
    path                 = aws_iam_role.this.path
    permissions_boundary = aws_iam_role.this.permissions_boundary
    policy               = jsondecode(aws_iam_role_policy.this.policy)
  }
}
