# What is wrong with the folders, in the words of infra/build/functions.ts. JSON has no types, and Terraform would drop
# a misspelt key in silence.
locals {
  function_keys = ["routes", "actions", "scopes", "memory_mb", "timeout_s"]
  name_form     = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
  action_form   = "^[a-z0-9]+:[A-Z][A-Za-z]+$"
  scope_form    = "^[^\\s\"\\\\]+$"
  route_form    = "^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/([A-Za-z0-9._~-]+|\\{[A-Za-z0-9_]+\\}))+$"

  # API Gateway takes /events/{id} and /events/{name} for the same route.
  functions_by_route = {
    for pair in flatten([
      for name, function in local.functions : [for route in function.routes : { route = replace(route, "/\\{[^}]+\\}/", "{}"), name = name }]
    ]) : pair.route => "functions/${pair.name}"...
  }

  complaints = {
    names = [
      for name in local.function_folders : "functions/${name}: a function's name is lower-case words with - between them, like create-event."
      if !can(regex(local.name_form, name))
    ]
    no_declaration = [
      for name in local.function_folders : "functions/${name} has no function.json."
      if !contains(keys(local.declarations), name)
    ]
    no_object = [
      for name, declaration in local.declarations : "functions/${name}/function.json must be a JSON object."
      if !can(keys(declaration))
    ]
    unknown_keys = [
      for name, declaration in local.declarations :
      "functions/${name}/function.json: unknown key ${join(", ", setsubtract(keys(declaration), local.function_keys))}: the keys are ${join(", ", local.function_keys)}."
      if try(length(setsubtract(keys(declaration), local.function_keys)) > 0, false)
    ]
    actions = [
      for name, declaration in local.declarations :
      "functions/${name}/function.json: actions must be a list like [\"dynamodb:GetItem\"], without a wildcard."
      if can(keys(declaration)) && !can([for action in tolist(declaration.actions) : regex(local.action_form, action)])
    ]
    unknown_actions = [
      for pair in flatten([for name, function in local.functions : [for action in function.actions : { name = name, action = action }]]) :
      "functions/${pair.name}/function.json: unknown action ${pair.action}: the actions are ${join(", ", keys(local.allowed_actions))}."
      if can(regex(local.action_form, pair.action)) && !contains(keys(local.allowed_actions), pair.action)
    ]
    routes = [
      for name, declaration in local.declarations :
      "functions/${name}/function.json: routes must be a list like [\"GET /events/{id}\"], with a method by name and no / at the end."
      if !can([for route in tolist(try(declaration.routes, [])) : regex(local.route_form, route)])
    ]
    repeated_routes = [
      for route, names in local.functions_by_route : "The route ${route} stands more than once: in ${join(" and in ", distinct(names))}."
      if length(names) > 1
    ]
    scopes = [
      for name, declaration in local.declarations :
      "functions/${name}/function.json: scopes must be a list of texts like [\"events/write\"]."
      if !can([for scope in tolist(try(declaration.scopes, [])) : regex(local.scope_form, scope)])
    ]
    # Ignored they would leave open what their author believes to be closed.
    scopes_without_auth = [
      for name, function in local.functions : "functions/${name}/function.json: scopes have no effect while auth is off: turn it on, or leave scopes out."
      if length(function.scopes) > 0 && !local.has_auth
    ]
    # Others come from a resource server and an OAuth 2.0 login, which this stack does not make.
    scopes_of_nobody = [
      for name, function in local.functions :
      "functions/${name}/function.json: nobody would have these scopes: all that tokens of auth.create_user_pool have is aws.cognito.signin.user.admin."
      if length(function.scopes) > 0 && local.makes_user_pool && !contains(function.scopes, "aws.cognito.signin.user.admin")
    ]
  }
}
