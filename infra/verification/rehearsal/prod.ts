import { join } from "node:path";
import { readFunctions } from "../../build/functions.ts";
import type { DeadLetter } from "../../local/bucket/image-events.ts";
import { callerOf, succeed, takeRole } from "./aws.ts";
import { changeMemory, mutationsOf } from "./mutations.ts";
import { personAt, readmeBlocks, startJob, tokens, type Job } from "./operators.ts";
import { explainToken, findDrift, planPullRequest } from "./pipeline/other-workflows.ts";
import { rehearseReleases } from "./pipeline/releases.ts";
import { runSuites, whatFails, whileServed } from "./served.ts";
import type { Rehearsal } from "./setting.ts";
import { expectNone, step } from "./steps.ts";
import { expectRefused } from "./trust/attempts.ts";
import { imageOfMatrix, tryMatrix } from "./trust/matrix.ts";
import { refusedToDeploy, refusedToPlan } from "./trust/refusals.ts";
import { trusted } from "./trust/tokens.ts";
import { trustCases } from "./trust/trust-cases.ts";

/** Prod, by hand as in infra/README.md, and the workflows for pull requests and for every week. */
export async function rehearseProd(rehearsal: Rehearsal): Promise<void> {
  const { gate, names, scratchPath } = rehearsal;
  const { project, stage, region } = names;
  await step("Try every role with every similar token", () => expectTrust(rehearsal));
  const plan = await startJob(rehearsal, `${project}-plan`, tokens.pullRequest);
  const deploy = await startJob(rehearsal, `${project}-deploy-${stage}`, tokens.deploy(stage));
  const isRelease = (line: string) => line.includes("release.mjs");
  const byHand = stackBlock(rehearsal, "Deploy by hand").split("\n");

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
  await step("Try what the deploy role may not do", () => expectRefused(deploy.call, refusedToDeploy(names)));
  await step("Try what the plan role may not do", () => expectRefused(plan.call, refusedToPlan(names)));
  await expectMutationsNoticed(rehearsal);
  await step("Find the upload that could not be labelled in the failure queue", () => expectFailureKept(rehearsal));
  await step("Change a function behind Terraform's back", () => expectDriftNoticed(rehearsal, deploy));
  await step("Plan prod again: everything is restored", async () => {
    const command = `terraform -chdir=infra plan -detailed-exitcode -var-file=environments/${stage}.tfvars`;
    await deploy.shell(scratchPath, command);
  });
  await rehearseReleases(rehearsal, deploy, byHand.find(isRelease) ?? "");
  await step("Destroy prod by hand, with images in it", async () => {
    await personAt(gate, region).shell(scratchPath, stackBlock(rehearsal, "Take it down"));
  });
}

async function expectTrust({ gate, issuer, names }: Rehearsal): Promise<string> {
  const { project, stages } = trusted;
  const cases = trustCases(trusted);
  const roles = [`${project}-plan`, ...stages.map((stage) => `${project}-deploy-${stage}`)];
  const wrong: string[] = [];
  for (const { what, claims, assumes } of cases) {
    const token = issuer.issue(claims);
    for (const role of roles) {
      const answer = await takeRole(gate.url, `arn:aws:iam::${names.accountId}:role/${role}`, token);
      const isTaken = typeof answer !== "string";
      if (isTaken !== assumes.includes(role))
        wrong.push(`${what} ${isTaken ? "opens" : "does not open"} ${role}${isTaken ? "" : `: ${answer}`}`);
    }
  }
  expectNone(wrong, "Roles open to the wrong tokens");
  return `${cases.length * roles.length} tried, as intended`;
}

function stackBlock({ names, scratchPath }: Rehearsal, heading: string): string {
  return readmeBlocks(join(scratchPath, "infra/README.md"), heading, "npm")[0].replaceAll(
    "ACCOUNT_ID",
    names.accountId,
  );
}

/** A delete killed after its decision leaves this: no event, an image, and the record. */
async function expectDeletionFinished(rehearsal: Rehearsal): Promise<void> {
  const { gate, names, operate } = rehearsal;
  const bucket = imageOfMatrix(names).split("/")[1] ?? "";
  const [image, note] = ["images/killed/incarnation/1", "deletions/killed/incarnation"];
  for (const key of [image, note]) await succeed(operate, `s3 PUT /${bucket}/${key}`, "x");
  await whileServed(rehearsal, async ({ uploads }) => {
    await gate.deliveries.expire({ region: names.region, bucket, key: note });
    expectNone(await uploads(), "Notifications of expired records are lost");
    const { status } = await operate(`s3 HEAD /${bucket}/${image}`);
    if (status !== 404) throw new Error(`label-image should have removed the image: ${status}.`);
  });
}

async function expectLeastPrivilege({ gate, names }: Rehearsal): Promise<string> {
  const { project, stage, accountId, region } = names;
  const ofTerraform: Record<string, string[]> = { "label-image": ["sqs:SendMessage"] };
  const functions = readFunctions().map(({ name, actions }) => ({
    functionName: `${project}-${stage}-${name}`,
    actions: [...actions, ...(ofTerraform[name] ?? [])],
  }));
  const { tried, wrong } = await tryMatrix(functions, names, async (functionName) => {
    const role = `arn:aws:iam::${accountId}:role/${project}/${stage}/${functionName}`;
    return callerOf(gate.url, region, await gate.credentialsFor(role));
  });
  expectNone(wrong, "A function's role differs from its function.json");
  return `${tried} tried, as granted`;
}

/** A rehearsal that could not fail would prove nothing. */
async function expectMutationsNoticed(rehearsal: Rehearsal): Promise<void> {
  const failure = () => whileServed(rehearsal, whatFails);
  for (const [what, mutate] of Object.entries(mutationsOf(rehearsal.names, rehearsal.operate))) {
    await step(`Plant ${what} in the deployment`, async () => {
      const revert = await mutate();
      const sentence = await failure();
      await revert();
      if (sentence === undefined) throw new Error(`No caller noticed ${what}.`);
      const after = await failure();
      if (after !== undefined) throw new Error(`After the repair still: ${after}.`);
      return `noticed: ${sentence}`;
    });
  }
}

/** The key of the mutations' one upload whose file label-image may not read. */
async function expectFailureKept({ names, operate }: Rehearsal): Promise<string> {
  const { project, stage, accountId } = names;
  const QueueUrl = `https://sqs/${accountId}/${project}-${stage}-label-image-failures`;
  const found = await succeed(operate, "sqs ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10 });
  const { Messages: messages = [] } = JSON.parse(found) as { Messages?: { Body: string }[] };
  // The matrix has also sent a message, but no failure.
  const letters = messages.filter(({ Body }) => Body.startsWith("{")).map(({ Body }) => JSON.parse(Body) as DeadLetter);
  const [letter, ...more] = letters;
  const { condition, approximateInvokeCount } = letter?.requestContext ?? {};
  if (!letter || condition !== "RetriesExhausted" || approximateInvokeCount !== 3 || more.length > 0)
    throw new Error(`The queue should hold one failure, after three calls: ${JSON.stringify(letters)}`);
  return letter.requestPayload.Records.map(({ s3 }) => s3.object.key).join();
}

/** Changed with the deploy role's permissions, which proves that it has them. */
async function expectDriftNoticed(rehearsal: Rehearsal, { call }: Job): Promise<string> {
  const revert = await changeMemory(rehearsal.names, call);
  const drift = await findDrift(rehearsal);
  await revert();
  if (drift === undefined) throw new Error("drift.yml opened no issue.");
  return `noticed: ${drift}`;
}
