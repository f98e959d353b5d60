import { join } from "node:path";
import { jsonRequest, type AwsCaller, type AwsRequest } from "../aws.ts";
import { startJob, tokens } from "./ci.ts";
import { startFront } from "../front.ts";
import { elementsOf } from "../gate/xml.ts";
import type { Started } from "../github/github.ts";
import type { Edits } from "../github/repository.ts";
import type { WorkflowRun } from "../github/run-workflow.ts";
import {
  breakGetEvent,
  changeKey,
  dropIndex,
  exchangeZip,
  exchangeZipAndSums,
  lowerShards,
  makeUser,
} from "./pipeline-faults.ts";
import { readmeBlocks } from "./readme-blocks.ts";
import { expectStop, expectSuccess, jobOf, outputOf } from "./runs.ts";
import { runSuites, serveDeployed } from "../served.ts";
import type { Names, Rehearsal } from "../setting.ts";
import { expectTokensRefused, turnSignInOn } from "../trust/sign-in.ts";
import { step } from "../steps.ts";

/** The stage that the workflows deploy here; prod is deployed by the same file. */
export const staging = "staging";

/** The jobs of deploy.yml. What ci.yml runs is what runs this rehearsal, so it is not run again. */
const jobs = ["ready", "ci", "build", "attest", "staging", "prod"];
const settled = { ci: "success", prod: "success" } as const;
const stageJob = `${staging} / deploy`;

/** Pushes to main for the first time: every command of deploy.yml and deploy-stage.yml is executed, in order. Gives the address. */
export async function pushFirst(rehearsal: Rehearsal): Promise<string> {
  const run = await push(rehearsal, rehearsal.github.repository.first);
  expectSuccess(run, jobs);
  expectPrinted(run, "Release", "Nothing to release");
  expectPrinted(run, "Release", "again and again: 201 ");
  return addressIn(run);
}

/**
 * Then does the same with each thing wrong that must stop it, sees that what must not run after it does not, and takes
 * staging down. `operate` looks at the account.
 */
export async function rehearsePipeline(rehearsal: Rehearsal, operate: AwsCaller): Promise<void> {
  const { repository } = rehearsal.github;
  await step("Run the push again: nothing to change", async () => {
    const run = await push(rehearsal, repository.first);
    expectSuccess(run, jobs);
    expectPrinted(run, "Apply", "0 added, 0 changed, 0 destroyed");
    expectPrinted(run, "Release", "Nothing to release");
    expectPrinted(run, "Release", "again and again: 200 ");
  });
  await expectTamperingStopped(rehearsal, "a zip", exchangeZip);
  await expectTamperingStopped(rehearsal, "a zip and its checksum", exchangeZipAndSums);
  await expectLossStopped(rehearsal, operate, "another key for the table", changeKey);
  await expectLossStopped(rehearsal, operate, "a table with an index less", dropIndex);
  await expectLossStopped(rehearsal, operate, "fewer shards of the indexes", lowerShards);
  await step(
    "Push what the deploy role may not make",
    async () => {
      const run = await push(rehearsal, await repository.push("A user", makeUser));
      expectStopped(run, "Apply");
      expectPrinted(run, "Apply", "AccessDenied");
      await expectUnlocked(rehearsal, operate);
    },
    () => "failed, and nothing after it ran",
  );
  await expectWayBack(rehearsal, operate);
  await expectSignIn(rehearsal);
  await step("Destroy staging as its deploy role", () => destroy(rehearsal, operate));
}

async function expectTamperingStopped(
  rehearsal: Rehearsal,
  what: string,
  tamper: (folder: string) => void,
): Promise<void> {
  const { gate, github } = rehearsal;
  await step(
    `Exchange ${what} after the build`,
    async () => {
      const before = gate.decisions.length;
      expectStopped(
        await push(rehearsal, github.repository.first, tamper),
        "Verify that these are the bytes of the build",
      );
      if (gate.decisions.length > before) throw new Error("AWS was called all the same.");
    },
    () => "refused before any role is taken",
  );
}

async function expectLossStopped(rehearsal: Rehearsal, operate: AwsCaller, what: string, edits: Edits): Promise<void> {
  await step(
    `Push ${what}`,
    async () => {
      const sha = await rehearsal.github.repository.push(what, edits);
      const run = await expectUnchanged(rehearsal, operate, () => push(rehearsal, sha));
      expectStopped(run, "Refuse to lose data");
      return outputOf(run, stageJob, "Refuse to lose data").split(". ")[0] ?? "";
    },
    (sentence) => `refused: ${sentence}`,
  );
}

async function expectWayBack(rehearsal: Rehearsal, operate: AwsCaller): Promise<void> {
  const { repository } = rehearsal.github;
  await step(
    "Push a release that does not work",
    async () => {
      const run = await push(rehearsal, await repository.push("A mistake", breakGetEvent));
      expectStopped(run, "Release", "Put back what was not released");
      expectPrinted(run, "Release", "Not released. Read it FAILED");
      expectPrinted(run, "Put back what was not released", "Nothing to put back");
    },
    () => "found before a caller met it, and prod is not reached",
  );
  await step(
    "Run the older push again",
    async () => {
      const run = await expectUnchanged(rehearsal, operate, () => push(rehearsal, repository.first));
      expectStopped(run, "Refuse to go back");
    },
    () => "refused",
  );
  await step("Go back to it by hand", async () => {
    const head = await repository.push("Something else");
    const run = await deploy(rehearsal, {
      event: "workflow_dispatch",
      sha: head,
      inputs: { commit: repository.first },
    });
    expectSuccess(run, jobs);
    expectPrinted(run, "Release", "Released: get-event ");
    expectPrinted(run, "Release", "again and again: 200 ");
  });
}

async function expectSignIn(rehearsal: Rehearsal): Promise<void> {
  const { gate, github, scratchPath } = rehearsal;
  await step("Push sign-in, with a user pool of its own", async () => {
    const run = await push(rehearsal, await github.repository.push("Sign in", turnSignInOn));
    expectSuccess(run, jobs);
    expectPrinted(run, "Release", "Released: create-event ");
    expectPrinted(run, "Release", ": 401 ");
  });
  const served = await serveDeployed(gate, namesOf(rehearsal), scratchPath);
  try {
    await step(
      "Send every token that must be refused",
      () => expectTokensRefused(served),
      (tried) => `${tried} refused`,
    );
    await step(
      "Run the callers' suites as two who have signed in",
      () => runSuites(served),
      (outcome) => outcome,
    );
  } finally {
    await served.stop();
  }
}

function push(rehearsal: Rehearsal, sha: string, tamper?: (folder: string) => void): Promise<WorkflowRun> {
  return deploy(rehearsal, { event: "push", sha, ...(tamper && { tamper }) });
}

async function deploy(rehearsal: Rehearsal, started: Started): Promise<WorkflowRun> {
  const front = await startFront(rehearsal.gate, namesOf(rehearsal), rehearsal.scratchPath);
  try {
    return await rehearsal.github.run("deploy.yml", { ...started, apiOrigin: front.origin, settled });
  } finally {
    await front.stop();
  }
}

function namesOf({ names }: Rehearsal): Names {
  return { ...names, stage: staging };
}

function expectStopped(run: WorkflowRun, stepName: string, cleanUp?: string): void {
  expectStop(run, stageJob, stepName, cleanUp);
  if (jobOf(run, "prod").result !== "skipped") throw new Error("prod would be deployed all the same.");
}

function expectPrinted(run: WorkflowRun, stepName: string, text: string): void {
  const output = outputOf(run, stageJob, stepName);
  if (!output.includes(text)) throw new Error(`"${stepName}" should print "${text}", and printed:\n${output}`);
}

/** The address in the summary of the job. */
function addressIn(run: WorkflowRun): string {
  const { summary } = jobOf(run, stageJob);
  const [address] = /https:\/\/\S+/.exec(summary) ?? [];
  if (address === undefined) throw new Error(`The summary of ${stageJob} has no address:\n${summary}`);
  return address;
}

/** Throws unless the state and the table are afterwards what they were before. */
async function expectUnchanged<Outcome>(
  rehearsal: Rehearsal,
  operate: AwsCaller,
  act: () => Promise<Outcome>,
): Promise<Outcome> {
  const { project, stage } = namesOf(rehearsal);
  const look = async () => {
    const table = await operate(
      jsonRequest("dynamodb", "DynamoDB_20120810.DescribeTable", { TableName: `${project}-${stage}` }),
    );
    return [await operate(stateRequest(rehearsal)), table].map(({ status, body }) => `${status} ${body}`);
  };
  const before = await look();
  const outcome = await act();
  const after = await look();
  if (before.some((text, index) => !text.startsWith("200 ") || text !== after[index]))
    throw new Error("The state or the table has changed.");
  return outcome;
}

async function expectUnlocked(rehearsal: Rehearsal, operate: AwsCaller): Promise<void> {
  const { status } = await operate(stateRequest(rehearsal, ".tflock"));
  if (status !== 404) throw new Error("The state is still locked.");
}

function stateRequest(rehearsal: Rehearsal, ending = ""): AwsRequest {
  const { project, stage, accountId } = namesOf(rehearsal);
  return { service: "s3", method: "GET", path: `/${project}-state-${accountId}/${stage}/terraform.tfstate${ending}` };
}

/** As the README says, but that there is nothing to unprotect in staging. A deploy role cannot empty the bucket. */
async function destroy(rehearsal: Rehearsal, operate: AwsCaller): Promise<void> {
  const { project, stage, accountId } = namesOf(rehearsal);
  const readme = join(rehearsal.scratchPath, "README.md");
  const [init] = readmeBlocks(readme, "Deploy by hand", ["npm"])[0].split("\n");
  const [, takeDown] = readmeBlocks(readme, "Take it down")[0].split("\n");
  const lines = [init, takeDown].join("\n").replaceAll("prod", stage).replaceAll("ACCOUNT_ID", accountId);
  const job = await startJob(rehearsal, `${project}-deploy-${stage}`, tokens.deploy(stage));
  await deleteImages(operate, `/${project}-${stage}-images-${accountId}`);
  await job.shell(rehearsal.scratchPath, lines);
}

async function deleteImages(operate: AwsCaller, bucketPath: string): Promise<void> {
  const { body } = await operate({ service: "s3", method: "GET", path: `${bucketPath}?list-type=2` });
  for (const key of elementsOf(body, "Key"))
    await operate({ service: "s3", method: "DELETE", path: `${bucketPath}/${key}` });
}
