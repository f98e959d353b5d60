output "base_url" {
  description = "The API's base URL; its paths follow, as in BASE_URL/events."
  value       = aws_apigatewayv2_stage.this.invoke_url
}

output "curl" {
  description = "A command that creates an event, for `terraform output -raw curl`; with auth on it takes a token from $token."
  value       = "curl -X POST '${aws_apigatewayv2_stage.this.invoke_url}/events'${local.has_auth ? " --header \"Authorization: Bearer $token\"" : ""} --header 'Content-Type: application/json' --data-raw '{\"type\": \"test_event\", \"payload\": {\"key\": \"value\"}}'"
}

output "name" {
  description = "The prefix of every name in this stage, alarms included."
  value       = local.name
}

output "region" {
  description = "The AWS region of the stack."
  value       = var.region
}

output "function_names" {
  description = "The names of the Lambda functions."
  value       = [for function in module.function : function.name]
}

output "routes" {
  description = "The function that answers each route."
  value       = { for route, function in local.routes : route => module.function[function].name }
}

output "canary" {
  description = "How a release begins."
  value       = var.canary
}

output "commit" {
  description = "The deployed commit, or unknown if none was given."
  value       = var.commit
}

output "issuer" {
  description = "The issuer whose tokens the API accepts; null while auth is off."
  value       = local.issuer
}

output "audience" {
  description = "The accepted values of a token's aud, or of its client_id if it has no aud; null while auth is off."
  value       = local.audience
}

output "user_pool_id" {
  description = "The Cognito user pool whose users call the API, if there is one."
  value       = local.user_pool_id
}

output "client_id" {
  description = "The app client of that pool."
  value       = local.client_id
}

output "images_bucket" {
  description = "The bucket of the images; empty without the image functions."
  value       = try(aws_s3_bucket.images[0].bucket, "")
}
