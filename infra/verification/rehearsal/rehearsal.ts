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
  const folder = join(scratchPath, "oidc");
  const blocks = (heading: string, notRun?: string) => readmeBlocks(join(folder, "README.md"), heading, notRun);
  const shell = operatorsShell(gate);

  await step("Try what the gate itself must refuse", () => tryGate(gate));
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
    () => rehearsePipeline({ ...rehearsal, names: namesOf(staging) }),
  );
  await step("Take down the trust, but keep the provider", async () => {
    // As if others used it: that is the last line but one.
    const [takeDown, keepProvider = ""] = blocks("Take it down");
    const lines = takeDown.split("\n");
    await shell(folder, [...lines.slice(0, -1), keepProvider, ...lines.slice(-1)].join("\n"));
  });
  await step("Look for leftovers", async () => {
    const provider = `${names.iam}:oidc-provider/${new URL(issuer).host}`;
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

const listings: [leftover: RegExp, call: string][] = [
  [/"TableNames": ?\["/, "dynamodb ListTables"],
  [/"FunctionName"/, "lambda GET /2015-03-31/functions"],
  [/"apiId"/, "apigateway GET /v2/apis"],
  [/"logGroupName"/, "logs DescribeLogGroups"],
  [/<RoleName>/, "iam ListRoles"],
  [/<PolicyName>/, "iam ListPolicies Scope=Local"],
  [/<Arn>/, "iam ListOpenIDConnectProviders"],
  [/"Id"/, "cognito-idp ListUserPools MaxResults=60"],
  [/"BudgetName"/, 'budgets DescribeBudgets AccountId="123456789012"'],
  [/<TopicArn>/, "sns ListTopics"],
  [/<DashboardName>/, "monitoring ListDashboards"],
  [/"queryDefinitionId"/, "logs DescribeQueryDefinitions"],
  [/"QueueUrls": ?\["/, "sqs ListQueues"],
  [/<AlarmName>/, "monitoring DescribeAlarms"],
  [/<Bucket>/, "s3 GET /"],
];

async function whatIsLeft(operate: AwsCaller): Promise<string[]> {
  const left: string[] = [];
  for (const [leftover, call] of listings) {
    const { status, body } = await operate(call);
    if (status !== 200 || leftover.test(body)) left.push(`${call} answered ${status} ${body.slice(0, 300)}`);
  }
  return left;
}
