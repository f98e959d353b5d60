import type { AwsCaller } from "./aws.ts";

const listings: [what: string, leftover: RegExp, call: string, input?: object][] = [
  ["a table", /"TableNames": ?\["/, "dynamodb ListTables"],
  ["a function", /"FunctionName"/, "lambda GET /2015-03-31/functions"],
  ["an API", /"apiId"/, "apigateway GET /v2/apis"],
  ["a log group", /"logGroupName"/, "logs DescribeLogGroups"],
  ["a role", /<RoleName>/, "iam ListRoles"],
  ["a policy", /<PolicyName>/, "iam ListPolicies", { Scope: "Local" }],
  ["an OIDC provider", /<Arn>/, "iam ListOpenIDConnectProviders"],
  ["a user pool", /"Id"/, "cognito-idp ListUserPools", { MaxResults: 60 }],
  ["a budget", /"BudgetName"/, "budgets DescribeBudgets", { AccountId: "123456789012" }],
  ["a topic", /<TopicArn>/, "sns ListTopics"],
  ["a dashboard", /<DashboardName>/, "monitoring ListDashboards"],
  ["a saved query", /"queryDefinitionId"/, "logs DescribeQueryDefinitions"],
  ["a queue", /"QueueUrls": ?\["/, "sqs ListQueues"],
  ["an alarm", /<AlarmName>/, "monitoring DescribeAlarms"],
  ["a bucket", /<Bucket>/, "s3 GET /"],
];

export async function whatIsLeft(operate: AwsCaller): Promise<string[]> {
  const left: string[] = [];
  for (const [what, leftover, call, input] of listings) {
    const { status, body } = await operate(call, input);
    if (status !== 200) left.push(`${call} was answered with ${status}: ${body}`);
    else if (leftover.test(body)) left.push(`${what} is left: ${body.slice(0, 300)}`);
  }
  return left;
}
