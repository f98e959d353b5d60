import { join } from "node:path";
import { readFunctions } from "../../build/functions.ts";
import type { DeadLetter } from "../../local/bucket/image-events.ts";
import { callerOf, formRequest, jsonRequest, type AwsCaller } from "./aws.ts";
import { personAt, startJob, takeRole, tokens, trusted, type Job } from "./pipeline/ci.ts";
import { tryGate } from "./trust/gate-refusals.ts";
import { imageOfMatrix, tryMatrix } from "./trust/matrix.ts";
import { changedMemory, mutationsOf } from "./mutations.ts";
import { whatIsLeft } from "./nothing-left.ts";
import { explainToken, findDrift, planPullRequest } from "./pipeline/other-workflows.ts";
import { pushFirst, rehearsePipeline, staging } from "./pipeline/pipeline.ts";
import { readmeBlocks } from "./pipeline/readme-blocks.ts";
import { rehearseReleases } from "./pipeline/releases.ts";
import { refusedToDeploy, refusedToPlan, type Attempt } from "./trust/refusals.ts";
import { runSuites, serveDeployed, whatFails } from "./served.ts";
import type { Names, Rehearsal } from "./setting.ts";
import { expectNone, step, together } from "./steps.ts";
import { issuer } from "./trust/tokens.ts";
import { trustCases } from "./trust/trust-cases.ts";
import { expectEmpty, setUpTrust } from "./trust/trust.ts";
import { printUnused } from "./unused.ts";

/** From an empty account to a deployed API that works and refuses what it must, and back to nothing. */
export async function rehearse(rehearsal: Rehearsal): Promise<void> {
  const { gate, names, scratchPath } = rehearsal;
  const { project, stage, region } = names;
  const operator = callerOf(gate.url, region, gate.operator);
  await step(
    "Try what the gate itself must refuse",
    async () => {
      const { tried, wrong } = await tryGate(gate, region);
      expectNone(wrong, "The gate lets through what it must not");
      return tried;
    },
    (tried) => `${tried} tried`,
  );
  const trust = await setUpTrust(rehearsal);
  await step(
    "Take every role with every token that comes close",
    () => expectTrust(rehearsal),
    (tried) => `${tried} tried, as intended`,
  );
  const plan = await startJob(rehearsal, `${project}-plan`, tokens.pullRequest);
  const deploy = await startJob(rehearsal, `${project}-deploy-${stage}`, tokens.deploy(stage));

  await deployStack(rehearsal, deploy);
  await step(
    "Run the callers' suites against what is deployed",
    () => testDeployed(rehearsal),
    (outcome) => outcome,
  );
  await step("Let the note of a deletion that crashed expire", () => expectDeletionFinished(rehearsal, operator));
  await printUnused(
    gate,
    readFunctions().map(({ name }) => `${project}-${stage}-${name}`),
  );
  await step(
    "Try every action as every function's role",
    () => expectLeastPrivilege(rehearsal, operator),
    (tried) => `${tried} tried, as granted`,
  );
  await step(
    "Try what the deploy role may not do",
    () => expectRefused(deploy.call, refusedToDeploy(names)),
    (tried) => `${tried} refused`,
  );
  await step(
    "Try what the plan role may not do",
    () => expectRefused(plan.call, refusedToPlan(names)),
    (tried) => `${tried} refused`,
  );
  await expectMutationsNoticed(rehearsal, operator);
  await step(
    "Look for the upload that could not be labelled in its queue",
    () => expectFailureKept(rehearsal, operator),
    (key) => key,
  );
  await expectDriftNoticed(rehearsal, deploy.call);
  await step("Plan prod again: everything is back as it was", () => expectUnchanged(rehearsal, deploy));

  await rehearseReleases(
    rehearsal,
    deploy,
    stackBlock(rehearsal, "Deploy by hand").split("\n").find(isRelease) ?? "",
    operator,
  );
  await step("Destroy prod by hand, with images in it", () =>
    personAt(gate, region).shell(scratchPath, stackBlock(rehearsal, "Take it down")),
  );
  await rehearsePipeline(rehearsal, operator);
  await printUnused(gate, [`${project}-plan`, `${project}-deploy-${staging}`]);
  await step("Take the trust down, but keep the provider", () => trust.tearDown());
  await step(
    "Look for what is left",
    () => expectOnlyProviderLeft(operator, names),
    () => "the provider, and now nothing",
  );
}

async function expectTrust({ gate, issuer: github, names }: Rehearsal): Promise<number> {
  const { project, stages } = trusted;
  const cases = trustCases(trusted);
  const roles = [`${project}-plan`, ...stages.map((stage) => `${project}-deploy-${stage}`)];
  const wrong: string[] = [];
  for (const { what, claims, assumes } of cases) {
    const token = github.issue(claims);
    for (const role of roles) {
      const answer = await takeRole(gate, `arn:aws:iam::${names.accountId}:role/${role}`, token);
      const isTaken = typeof answer !== "string";
      if (isTaken !== assumes.includes(role))
        wrong.push(`${what} ${isTaken ? "takes" : "does not take"} ${role}${isTaken ? "" : `: ${answer}`}`);
    }
  }
  expectNone(wrong, "Roles open to the wrong tokens");
  return cases.length * roles.length;
}

/** By hand as the README says; what pull requests and the weekly look at it do is what the workflows say. */
async function deployStack(rehearsal: Rehearsal, deploy: Job): Promise<void> {
  const { scratchPath } = rehearsal;
  await step(
    "Plan prod for a pull request",
    () => planPullRequest(rehearsal),
    (headline) => headline,
  );
  // At once, because most of it is waiting: the provider gives AWS five seconds for each function.
  await step(
    "Deploy prod by hand, and staging by a push to main",
    async () => {
      const lines = stackBlock(rehearsal, "Deploy by hand").split("\n");
      const byHand = deploy.shell(scratchPath, lines.filter((line) => !isRelease(line)).join("\n")); // nothing can be released yet
      const [address] = await together(pushFirst(rehearsal), byHand);
      return address;
    },
    (address) => address,
  );
  await step("Look for drift in prod: there is none", async () => {
    const drift = await findDrift(rehearsal);
    if (drift !== undefined) throw new Error(`There should be none: ${drift}`);
  });
  await step(
    "Ask why AWS refuses a deployment",
    () => explainToken(rehearsal),
    () => "for no reason, as every claim is as wanted",
  );
}

function isRelease(line: string): boolean {
  return line.includes("release.mjs");
}

/** The README's lines for the stack, without the build, which is done, and with this account. */
function stackBlock({ names, scratchPath }: Rehearsal, heading: string): string {
  const [block] = readmeBlocks(join(scratchPath, "README.md"), heading, ["npm"]);
  return block.replaceAll("ACCOUNT_ID", names.accountId);
}

async function expectUnchanged({ names, scratchPath }: Rehearsal, { terraform }: Job): Promise<void> {
  expectEmpty(
    await terraform(
      join(scratchPath, "infra"),
      "plan",
      "-detailed-exitcode",
      `-var-file=environments/${names.stage}.tfvars`,
    ),
  );
}

/** A delete that was killed once it had decided leaves this: no event, an image, and the note. */
async function expectDeletionFinished({ gate, names, scratchPath }: Rehearsal, operator: AwsCaller): Promise<void> {
  const bucket = imageOfMatrix(names).path.split("/")[1] ?? "";
  const [image, note] = ["images/killed/incarnation/1", "deletions/killed/incarnation"];
  for (const key of [image, note])
    await operator({ service: "s3", method: "PUT", path: `/${bucket}/${key}`, body: "x" });
  const served = await serveDeployed(gate, names, scratchPath);
  try {
    await gate.deliveries.expire({ region: names.region, bucket, key: note });
    expectNone(await served.uploads(), "What S3 tells of expired notes is lost");
    const { status } = await operator({ service: "s3", method: "HEAD", path: `/${bucket}/${image}` });
    if (status !== 404) throw new Error(`label-image should have removed the image: ${status}.`);
  } finally {
    await served.stop();
  }
}

async function testDeployed({ gate, names, scratchPath }: Rehearsal): Promise<string> {
  const served = await serveDeployed(gate, names, scratchPath);
  try {
    return await runSuites(served);
  } finally {
    await served.stop();
  }
}

async function expectLeastPrivilege({ gate, names }: Rehearsal, operator: AwsCaller): Promise<number> {
  const { project, stage, accountId, region } = names;
  const ofTerraform: Record<string, string[]> = { "label-image": ["sqs:SendMessage"] };
  const functions = readFunctions().map(({ name, actions }) => ({
    functionName: `${project}-${stage}-${name}`,
    actions: [...actions, ...(ofTerraform[name] ?? [])],
  }));
  await operator({ ...imageOfMatrix(names), method: "PUT", body: "x" });
  const { tried, wrong } = await tryMatrix(functions, names, async (functionName) =>
    callerOf(
      gate.url,
      region,
      await gate.credentialsFor(`arn:aws:iam::${accountId}:role/${project}/${stage}/${functionName}`),
    ),
  );
  expectNone(wrong, "A function's role may do other things than its function.json says");
  return tried;
}

async function expectRefused(call: AwsCaller, attempts: Attempt[]): Promise<number> {
  const allowed: string[] = [];
  for (const { what, request } of attempts) {
    const { status, body } = await call(request);
    if (status !== 403) allowed.push(`${what}: answered ${status} ${body.slice(0, 200)}`);
  }
  expectNone(allowed, "It may do what it must not");
  return attempts.length;
}

/** A rehearsal that could not fail would prove nothing: each mistake must be noticed, and its repair too. */
async function expectMutationsNoticed({ gate, names, scratchPath }: Rehearsal, operator: AwsCaller): Promise<void> {
  const failure = async () => {
    const served = await serveDeployed(gate, names, scratchPath);
    try {
      return { apiId: served.apiId, sentence: await whatFails(served) };
    } finally {
      await served.stop();
    }
  };
  const { apiId } = await failure();
  for (const { what, apply, revert } of mutationsOf(names, apiId, operator)) {
    await step(
      `Put ${what} into what is deployed`,
      async () => {
        await apply();
        const { sentence } = await failure();
        await revert();
        if (sentence === undefined) throw new Error(`Nobody noticed ${what}.`);
        const after = await failure();
        if (after.sentence !== undefined) throw new Error(`After the repair still: ${after.sentence}.`);
        return sentence;
      },
      (sentence) => `noticed: ${sentence}`,
    );
  }
}

/** The mutations have one upload whose file label-image may not read: gives its key. */
async function expectFailureKept({ names }: Rehearsal, operator: AwsCaller): Promise<string> {
  const { project, stage, accountId } = names;
  const queue = {
    QueueUrl: `https://sqs/${accountId}/${project}-${stage}-label-image-failures`,
    MaxNumberOfMessages: 10,
  };
  const { body } = await operator(jsonRequest("sqs", "AmazonSQS.ReceiveMessage", queue));
  const { Messages: messages = [] } = JSON.parse(body) as { Messages?: { Body: string }[] };
  // The matrix has sent a message too, as whoever may, and no letter.
  const letters = messages.filter(({ Body }) => Body.startsWith("{")).map(({ Body }) => JSON.parse(Body) as DeadLetter);
  const [letter, ...more] = letters;
  if (
    letter?.requestContext.condition !== "RetriesExhausted" ||
    letter.requestContext.approximateInvokeCount !== 3 ||
    more.length > 0
  ) {
    throw new Error(`The queue should hold one failure, after three calls: ${JSON.stringify(letters)}`);
  }
  return letter.requestPayload.Records.map(({ s3 }) => s3.object.key).join();
}

/** Changed with the deploy role's own rights, so that it is seen to have them: no release here changes a function's memory. */
async function expectDriftNoticed(rehearsal: Rehearsal, call: AwsCaller): Promise<void> {
  const { apply, revert } = changedMemory(rehearsal.names, call);
  await step(
    "Change a function behind Terraform's back",
    async () => {
      await apply();
      const drift = await findDrift(rehearsal);
      await revert();
      if (drift === undefined) throw new Error("drift.yml opened no issue.");
      return drift;
    },
    (drift) => `noticed: ${drift}`,
  );
}

async function expectOnlyProviderLeft(operator: AwsCaller, { accountId }: Names): Promise<void> {
  const provider = `arn:aws:iam::${accountId}:oidc-provider/${new URL(issuer).host}`;
  const { status, body } = await operator(
    formRequest("iam", "2010-05-08", { Action: "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn: provider }),
  );
  if (status !== 200) throw new Error(`The provider was not kept: ${body}`);
  expectNone(await whatIsLeft(operator), "Something is left");
}
