import { join } from "node:path";
import { readFunctions } from "../../build/functions.ts";
import type { DeadLetter } from "../../local/bucket/image-events.ts";
import { succeed, takeRole } from "./aws.ts";
import { documentIn } from "./gate/account.ts";
import type { Policy } from "./gate/iam.ts";
import { operatorsShell, readmeBlocks, startJob, type Job } from "./operators.ts";
import { explainToken, findDrift, planPullRequest } from "./pipeline/other-workflows.ts";
import { rehearseReleases } from "./pipeline/releases.ts";
import { runSuites, whatFails, whileServed } from "./served.ts";
import type { Rehearsal } from "./setting.ts";
import { expectNone, step } from "./steps.ts";
import { expectRefused } from "./trust/attempts.ts";
import { tryMatrix } from "./trust/matrix.ts";
import { refusedTo } from "./trust/refusals.ts";
import { trusted } from "./trust/tokens.ts";
import { trustCases } from "./trust/trust-cases.ts";

/** Prod, by hand as in infra/README.md, and the workflows for pull requests and for every week. */
export async function rehearseProd(rehearsal: Rehearsal): Promise<void> {
  const { gate, names, scratchPath } = rehearsal;
  const { stage, accountId } = names;
  const block = (heading: string) =>
    readmeBlocks(join(scratchPath, "infra/README.md"), heading, "npm")[0].replaceAll("ACCOUNT_ID", accountId);
  await step("Try every role with every similar token", () => expectTrust(rehearsal));
  const plan = await startJob(rehearsal, "plan");
  const deploy = await startJob(rehearsal, "deploy");
  const isRelease = (line: string) => line.includes("release.mjs");
  const byHand = block("Deploy by hand").split("\n");

  await step("Plan prod for a pull request", () => planPullRequest(rehearsal));
  await step("Deploy prod by hand", async () => {
    const lines = byHand.filter((line) => !isRelease(line)); // nothing to release yet
    await deploy.shell(scratchPath, lines.join("\n"));
  });
  await step("Look for drift in prod: there is none", async () => {
    const drift = await findDrift(rehearsal);
    if (drift !== undefined) throw new Error(`There should be none: ${drift}`);
  });
  await step("Ask why AWS refuses a deployment", () => explainToken(rehearsal));
  await step("Run the callers' suites against the deployment", () => whileServed(rehearsal, runSuites));
  await step("Let the record of a crashed deletion expire", () => expectDeletionFinished(rehearsal));
  await step("Try every action as every function's role", () => expectLeastPrivilege(rehearsal));
  await step("Try what the deploy role may not do", () => expectRefused(deploy.call, refusedTo("deploy", names)));
  await step("Try what the plan role may not do", () => expectRefused(plan.call, refusedTo("plan", names)));
  for (const [what, functionName, action] of mistakes)
    await step(`Plant ${what} in the deployment`, () => expectMistakeNoticed(rehearsal, what, functionName, action));
  await step("Find the upload that could not be labelled in the failure queue", () => expectFailureKept(rehearsal));
  await step("Change a function behind Terraform's back", () => expectDriftNoticed(rehearsal, deploy));
  await step("Plan prod again: everything is restored", async () => {
    const command = `terraform -chdir=infra plan -detailed-exitcode -var-file=environments/${stage}.tfvars`;
    await deploy.shell(scratchPath, command);
  });
  await step("Plan oidc/ again: it takes nothing back from prod's API", async () => {
    const api = `aws_apigatewayv2_api.this["${stage}"]`;
    await operatorsShell(gate)(join(scratchPath, "oidc"), `terraform plan -detailed-exitcode -target='${api}'`);
  });
  await rehearseReleases(rehearsal, deploy, byHand.find(isRelease) ?? "");
  await step("Destroy prod by hand, with images in it", async () => {
    await operatorsShell(gate)(scratchPath, block("Take it down"));
  });
}

async function expectTrust({ gate, issuer, names: { project, iam } }: Rehearsal): Promise<string> {
  const roles = [`${project}-plan`, ...trusted.stages.map((stage) => `${project}-deploy-${stage}`)];
  const wrong: string[] = [];
  for (const { what, claims, assumes } of trustCases) {
    const token = await issuer.issue(claims);
    for (const role of roles) {
      const answer = await takeRole(gate.url, `${iam}:role/${role}`, token);
      const isTaken = typeof answer !== "string";
      if (isTaken !== assumes.includes(role))
        wrong.push(`${what} ${isTaken ? "opens" : "does not open"} ${role}${isTaken ? "" : `: ${answer}`}`);
    }
  }
  expectNone(wrong, "Roles open to the wrong tokens");
  return `${trustCases.length * roles.length} tried, as intended`;
}

/** A delete killed after its decision leaves this: no event, an image, and the record. */
async function expectDeletionFinished(rehearsal: Rehearsal): Promise<void> {
  const { gate, names, operate } = rehearsal;
  const [image, note] = ["images/killed/incarnation/1", "deletions/killed/incarnation"];
  for (const key of [image, note]) await succeed(operate, `s3 PUT ${names.bucket}/${key} x`);
  await whileServed(rehearsal, async ({ uploads }) => {
    await gate.deliveries.expire({ bucket: names.bucket.slice(1), key: note });
    expectNone(await uploads(), "Notifications of expired records are lost");
    const { status } = await operate(`s3 HEAD ${names.bucket}/${image}`);
    if (status !== 404) throw new Error(`label-image should have removed the image: ${status}.`);
  });
}

async function expectLeastPrivilege({ gate, names }: Rehearsal): Promise<string> {
  const ofTerraform: Record<string, string[]> = { "label-image": ["sqs:SendMessage"] };
  const wrong: string[] = [];
  let tried = 0;
  for (const { name, actions } of readFunctions()) {
    const caller = gate.callAs(await gate.credentialsFor(`${names.roles}-${name}`));
    const matrix = await tryMatrix(`${names.its}-${name}`, [...actions, ...(ofTerraform[name] ?? [])], names, caller);
    wrong.push(...matrix.wrong);
    tried += matrix.tried;
  }
  expectNone(wrong, "A function's role differs from its function.json");
  return `${tried} tried, as granted`;
}

/** Planted in a deployed function's role: a rehearsal that could not fail would prove nothing. */
const mistakes = [
  ["a role that may read no event", "get-event", "dynamodb:GetItem"],
  ["a role that may read no image", "label-image", "s3:GetObject"],
] as const;

async function expectMistakeNoticed(rehearsal: Rehearsal, what: string, functionName: string, action: string) {
  const { operate, names } = rehearsal;
  const name = `${names.its}-${functionName}`;
  const policy = `RoleName=${name} PolicyName=${name}`;
  const put = (document: Policy) =>
    succeed(operate, `iam PutRolePolicy ${policy} PolicyDocument=${JSON.stringify(JSON.stringify(document))}`);
  const failure = () => whileServed(rehearsal, whatFails);
  const before = documentIn(await succeed(operate, `iam GetRolePolicy ${policy}`), "PolicyDocument");
  const statements = [before.Statement].flat();
  await put({ ...before, Statement: statements.filter(({ Action }) => !Action?.includes(action)) });
  const sentence = await failure();
  await put(before);
  if (sentence === undefined) throw new Error(`No caller noticed ${what}.`);
  const after = await failure();
  if (after !== undefined) throw new Error(`After the repair still: ${after}.`);
  return `noticed: ${sentence}`;
}

/** The key of the mistakes' one upload whose file label-image may not read. */
async function expectFailureKept({ names, operate }: Rehearsal): Promise<string> {
  const found = await succeed(operate, `sqs ReceiveMessage QueueUrl=${names.failures} MaxNumberOfMessages=10`);
  const { Messages: messages = [] } = JSON.parse(found) as { Messages?: { Body: string }[] };
  // The matrix has also sent a message, but no failure.
  const letters = messages.filter(({ Body }) => Body.startsWith("{")).map(({ Body }) => JSON.parse(Body) as DeadLetter);
  const [letter, ...more] = letters;
  const { condition, approximateInvokeCount } = letter?.requestContext ?? {};
  if (!letter || condition !== "RetriesExhausted" || approximateInvokeCount !== 3 || more.length > 0)
    throw new Error(`The queue should hold one failure, after three calls: ${JSON.stringify(letters)}`);
  return letter.requestPayload.Records.map(({ s3 }) => s3.object.key).join();
}

/** Callers see no difference. Changed with the deploy role's permissions, which proves that it has them. */
async function expectDriftNoticed(rehearsal: Rehearsal, { call }: Job): Promise<string> {
  const path = `${rehearsal.names.functions}-get-event/configuration`;
  const { MemorySize } = JSON.parse(await succeed(call, `lambda GET ${path}`)) as { MemorySize: number };
  await succeed(call, `lambda PUT ${path} MemorySize=${2 * MemorySize}`);
  const drift = await findDrift(rehearsal);
  await succeed(call, `lambda PUT ${path} MemorySize=${MemorySize}`);
  if (drift === undefined) throw new Error("drift.yml opened no issue.");
  return `noticed: ${drift}`;
}
