import { formRequest, jsonRequest, lambdaRequest, type AwsCaller, type AwsRequest } from "./aws.ts";

/** How to list what a deployment could leave behind, with what a listing looks like that is not empty. */
const listings: [what: string, request: AwsRequest, leftover: RegExp][] = [
  ["a table", jsonRequest("dynamodb", "ListTables", {}), /"TableNames": ?\["/],
  ["a function", lambdaRequest("GET", ""), /"FunctionName"/],
  ["an API", { service: "apigateway", method: "GET", path: "/v2/apis" }, /"apiId"/],
  ["a log group", jsonRequest("logs", "DescribeLogGroups", {}), /"logGroupName"/],
  ["a role", formRequest("iam", { Action: "ListRoles" }), /<RoleName>/],
  ["a policy", formRequest("iam", { Action: "ListPolicies", Scope: "Local" }), /<PolicyName>/],
  ["an OIDC provider", formRequest("iam", { Action: "ListOpenIDConnectProviders" }), /<Arn>/],
  ["a user pool", jsonRequest("cognito-idp", "ListUserPools", { MaxResults: 60 }), /"Id"/],
  ["a budget", jsonRequest("budgets", "DescribeBudgets", { AccountId: "123456789012" }), /"BudgetName"/],
  ["a topic", formRequest("sns", { Action: "ListTopics" }), /<TopicArn>/],
  ["a dashboard", formRequest("monitoring", { Action: "ListDashboards" }), /<DashboardName>/],
  ["a saved query", jsonRequest("logs", "DescribeQueryDefinitions", {}), /"queryDefinitionId"/],
  ["a queue", jsonRequest("sqs", "ListQueues", {}), /"QueueUrls": ?\["/],
  ["an alarm", formRequest("monitoring", { Action: "DescribeAlarms" }), /<AlarmName>/],
  ["a bucket", { service: "s3", method: "GET", path: "/" }, /<Bucket>/],
];

/** One sentence for each kind of thing that is still there after everything was destroyed. */
export async function whatIsLeft(operate: AwsCaller): Promise<string[]> {
  const left: string[] = [];
  for (const [what, request, leftover] of listings) {
    const { status, body } = await operate(request);
    if (status !== 200) left.push(`${request.service} answered ${status} when asked for ${what}: ${body}`);
    else if (leftover.test(body)) left.push(`${what} is left: ${body.slice(0, 300)}`);
  }
  return left;
}
