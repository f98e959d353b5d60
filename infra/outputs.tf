output "base_url" {
  description = "Where the API answers; its paths follow, as in BASE_URL/events."
  value       = aws_apigatewayv2_stage.this.invoke_url
}

output "curl" {
  description = "A line that creates an event, for `terraform output -raw curl`."
  value       = "curl -X POST '${aws_apigatewayv2_stage.this.invoke_url}/events' --header 'Content-Type: application/json' --data-raw '{\"type\": \"test_event\", \"payload\": {\"key\": \"value\"}}'"
}

output "function_names" {
  description = "The names of the Lambda functions."
  value       = [for function in module.function : function.name]
}
