import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { succeed, type AwsCaller } from "./aws.ts";
import { operatorsShell, readmeBlocks } from "./operators.ts";
import { rehearsePipeline, staging } from "./pipeline/pipeline.ts";
import { rehearseProd } from "./prod.ts";
import { pathStyle } from "./programs.ts";
import { namesOf, type Rehearsal } from "./setting.ts";
import { expectNone, step, together } from "./steps.ts";
import { tryGate } from "./trust/gate-refusals.ts";
import { issuer, trusted } from "./trust/tokens.ts";

/**
 * From an empty account to a deployed API that works and refuses what it must, and back to an empty account. Both stages
 * run at once, because most of the time is waiting: the provider gives AWS five seconds for each function.
 */
export async function rehearse(rehearsal: Rehearsal): Promise<void> {
  const { gate, names, operate, scratchPath } = rehearsal;
  const { region, accountId, iam } = names;
  const folder = join(scratchPath, "oidc");
  const blocks = (heading: string, notRun?: string) => readmeBlocks(join(folder, "README.md"), heading, notRun);
  const shell = operatorsShell(gate, region);

  await step("Try what the gate itself must refuse", () => tryGate(gate, region));
  await step("Apply oidc/ in an empty account", async () => {
    writeFileSync(join(folder, "terraform.tfvars"), variables);
    await shell(scratchPath, blocks("Set up", "gh")[0]);
  });
  await step("Move its state into the bucket that it created, twice", async () => {
    const [move] = blocks("Move the state into the bucket");
    await shell(folder, move, pathStyle);
    await shell(folder, move, pathStyle);
    await shell(folder, "terraform plan -detailed-exitcode"); // fails if something would change
  });
  await together(
    () => rehearseProd(rehearsal),
    () => rehearsePipeline({ ...rehearsal, names: namesOf(staging, accountId, region) }),
  );
  await step("Take down the trust, but keep the provider", async () => {
    // As if others used it: that is the last line but one.
    const [takeDown, keepProvider = ""] = blocks("Take it down");
    const lines = takeDown.split("\n");
    await shell(folder, [...lines.slice(0, -1), keepProvider, ...lines.slice(-1)].join("\n"));
  });
  await step("Look for leftovers", async () => {
    const provider = `${iam}:oidc-provider/${new URL(issuer).host}`;
    // Fails unless it was kept.
    await succeed(operate, `iam DeleteOpenIDConnectProvider OpenIDConnectProviderArn=${provider}`);
    expectNone(await whatIsLeft(operate), "Leftovers");
    return "the provider, and now nothing";
  });
}

/** `gh`'s output for this repository. */
const variables = `repository = "${trusted.repository}"
repository_id = "${trusted.repositoryId}"
repository_owner_id = "${trusted.ownerId}"
`;

const listings: [what: string, leftover: RegExp, call: string][] = [
  ["a table", /"TableNames": ?\["/, "dynamodb ListTables"],
  ["a function", /"FunctionName"/, "lambda GET /2015-03-31/functions"],
  ["an API", /"apiId"/, "apigateway GET /v2/apis"],
  ["a log group", /"logGroupName"/, "logs DescribeLogGroups"],
  ["a role", /<RoleName>/, "iam ListRoles"],
  ["a policy", /<PolicyName>/, "iam ListPolicies Scope=Local"],
  ["an OIDC provider", /<Arn>/, "iam ListOpenIDConnectProviders"],
  ["a user pool", /"Id"/, "cognito-idp ListUserPools MaxResults=60"],
  ["a budget", /"BudgetName"/, 'budgets DescribeBudgets AccountId="123456789012"'],
  ["a topic", /<TopicArn>/, "sns ListTopics"],
  ["a dashboard", /<DashboardName>/, "monitoring ListDashboards"],
  ["a saved query", /"queryDefinitionId"/, "logs DescribeQueryDefinitions"],
  ["a queue", /"QueueUrls": ?\["/, "sqs ListQueues"],
  ["an alarm", /<AlarmName>/, "monitoring DescribeAlarms"],
  ["a bucket", /<Bucket>/, "s3 GET /"],
];

async function whatIsLeft(operate: AwsCaller): Promise<string[]> {
  const left: string[] = [];
  for (const [what, leftover, call] of listings) {
    const { status, body } = await operate(call);
    if (status !== 200) left.push(`${call} was answered with ${status}: ${body}`);
    else if (leftover.test(body)) left.push(`${what} is left: ${body.slice(0, 300)}`);
  }
  return left;
}
