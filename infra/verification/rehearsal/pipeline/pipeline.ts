import { cpSync } from "node:fs";
import { join } from "node:path";
import { copyProject } from "../../../testing/project-copy.ts";
import { succeed } from "../aws.ts";
import { elementsOf } from "../gate/xml.ts";
import type { Started } from "../github/github.ts";
import type { Edits } from "../github/repository.ts";
import type { WorkflowRun } from "../github/run-workflow.ts";
import { readmeBlocks, startJob } from "../operators.ts";
import { expectTokensRefused, runSuites, whileServed } from "../served.ts";
import type { Rehearsal } from "../setting.ts";
import { expectText, step } from "../steps.ts";
import { tryAsOutsider, tryToReach } from "../trust/escalations.ts";
import * as faults from "./pipeline-faults.ts";
import { expectStop, expectSuccess, jobOf, outputOf } from "./runs.ts";

/** The stage that the workflows deploy here; the same file deploys prod. */
export const staging = "staging";

/** ci.yml runs this rehearsal, so it does not run again here. */
const jobs = ["ready", "ci", "build", "attest", "staging", "plan", "newest", "prod"];
const settled = { ci: "success", plan: "success", prod: "success" } as const;
const stageJob = `${staging} / deploy`;

/**
 * Staging, by pushes to main: every command of deploy.yml and deploy-stage.yml runs, in order. Then the same with
 * each fault that must stop it, and nothing may run after the stop; then staging is taken down.
 */
export async function rehearsePipeline(rehearsal: Rehearsal): Promise<void> {
  const { github, scratchPath, operate } = rehearsal;
  const { repository } = github;
  const folder = join(scratchPath, staging);
  copyProject(repository.path, folder);
  cpSync(join(scratchPath, "dist"), join(folder, "dist"), { recursive: true });
  await step("Push to main for the first time: staging is deployed after a retry", async () => {
    rehearsal.gate.faults.push(faults.noLogDelivery);
    const run = expectDeployed(await deploy(rehearsal), "Nothing to release", 201);
    expectPrinted(run, "Apply", "API Gateway could not create the stage yet");
    expectText(jobOf(run, stageJob).summary, "**staging** answers at https://");
  });
  await step(
    "Push again while an older run waits for approval: nothing changes, and the older run is cancelled",
    async () => {
      github.issues.waiting.push({ id: 7, run_number: 0 });
      const run = expectDeployed(await deploy(rehearsal), "Nothing to release", 200);
      expectPrinted(run, "Apply", "0 added, 0 changed, 0 destroyed");
      expectText(jobOf(run, "newest").summary, "Run 7 waited for approval and was cancelled");
    },
  );
  for (const [what, tamper] of Object.entries(faults.tamperings))
    await step(`Exchange ${what} after the build`, () => expectTamperingStopped(rehearsal, tamper));
  for (const [what, edits] of Object.entries(faults.losses))
    await step(`Push ${what}`, () => expectLossStopped(rehearsal, edits));
  await step("Push what the deploy role may not create", async () => {
    const run = await deploy(rehearsal, { edits: faults.makeUser });
    expectStopped(run, "Apply");
    expectPrinted(run, "Apply", "AccessDenied");
    const { status } = await operate(`s3 GET ${rehearsal.names.state}.tflock`);
    if (status !== 404) throw new Error("The state is still locked.");
    return "failed, and nothing after it ran";
  });
  await step("Push a release that does not work", async () => {
    const run = await deploy(rehearsal, { edits: faults.breakGetEvent });
    expectStopped(run, "Release", "Put back what was not released");
    expectPrinted(run, "Release", "Not released. Read it FAILED");
    expectPrinted(run, "Put back what was not released", "Nothing to put back");
    return "found before any caller met it, and prod is not reached";
  });
  await step("Run the older push again", async () => {
    await expectUnchanged(rehearsal, "Refuse to go back");
    return "refused";
  });
  await step("Deploy that commit by hand", async () => {
    const inputs = { commit: repository.first };
    const run = await deploy(rehearsal, { event: "workflow_dispatch", edits: {}, inputs });
    expectDeployed(run, "Released: get-event ", 200);
  });
  await step("Push sign-in, with its own user pool", async () => {
    expectDeployed(await deploy(rehearsal, { edits: faults.turnSignInOn }), "Released: create-event ", 401);
  });
  await whileServed(rehearsal, async (served) => {
    await step("Send every token that must be refused", () => expectTokensRefused(served));
    await step("Run the callers' suites as two signed-in users", () => runSuites(served));
  });
  await step("Try to reach prod as the deploy role of staging", () => tryToReach(rehearsal));
  await step("Try a role of staging as an outsider", () => tryAsOutsider(rehearsal));
  await step("Destroy staging as its deploy role", () => destroy(rehearsal, folder));
}

/** By a push of the first commit, or of one with these edits. */
function deploy(rehearsal: Rehearsal, { edits, ...started }: Partial<Started> & { edits?: Edits | undefined } = {}) {
  const { github } = rehearsal;
  return whileServed(rehearsal, async ({ url }) => {
    const sha = edits ? await github.repository.push(edits) : github.repository.first;
    return github.run("deploy.yml", { event: "push", sha, apiOrigin: new URL(url).origin, settled, ...started });
  });
}

async function expectTamperingStopped(rehearsal: Rehearsal, tamper: (folder: string) => void): Promise<string> {
  const { gate } = rehearsal;
  // Prod's are made at the same time.
  const decided = () => gate.decisions.filter((decision) => decision.includes(staging)).length;
  const before = decided();
  expectStopped(await deploy(rehearsal, { tamper }), "Verify that these are the bytes of the build");
  if (decided() > before) throw new Error("AWS was called nevertheless.");
  return "refused before any role is assumed";
}

async function expectLossStopped(rehearsal: Rehearsal, edits: Edits): Promise<string> {
  const stepName = "Refuse to lose or expose data";
  const run = await expectUnchanged(rehearsal, stepName, edits);
  return `refused: ${outputOf(run, stageJob, stepName).split(". ")[0] ?? ""}`;
}

/** Throws unless a run stops at this step and leaves the state and the table unchanged. */
async function expectUnchanged(rehearsal: Rehearsal, stepName: string, edits?: Edits): Promise<WorkflowRun> {
  const { operate, names } = rehearsal;
  const look = async () => [
    await succeed(operate, `s3 GET ${names.state}`),
    await succeed(operate, `dynamodb DescribeTable TableName=${names.its}`),
  ];
  const before = await look();
  const run = await deploy(rehearsal, { edits });
  const after = await look();
  if (before.some((text, index) => text !== after[index])) throw new Error("The state or the table has changed.");
  expectStopped(run, stepName);
  return run;
}

/** The release must print this, and that a repeated post gets this status. */
function expectDeployed(run: WorkflowRun, released: string, status: number): WorkflowRun {
  expectSuccess(run, jobs);
  expectPrinted(run, "Release", released);
  expectPrinted(run, "Release", status === 401 ? ": 401 " : `repeatedly: ${status} `);
  return run;
}

function expectStopped(run: WorkflowRun, stepName: string, cleanUp?: string): void {
  expectStop(run, stageJob, stepName, cleanUp);
  if (jobOf(run, "prod").result !== "skipped") throw new Error("prod would be deployed nevertheless.");
}

function expectPrinted(run: WorkflowRun, stepName: string, text: string): void {
  expectText(outputOf(run, stageJob, stepName), text);
}

/** As in infra/README.md, except that staging has nothing to unprotect. A deploy role cannot empty the bucket. */
async function destroy(rehearsal: Rehearsal, folder: string): Promise<void> {
  const { names, operate } = rehearsal;
  const { stage, accountId, bucket } = names;
  const readme = join(folder, "infra/README.md");
  const [init] = readmeBlocks(readme, "Deploy by hand", "npm")[0].split("\n");
  const [, takeDown] = readmeBlocks(readme, "Take it down")[0].split("\n");
  const lines = [init, takeDown].join("\n").replaceAll("prod", stage).replaceAll("ACCOUNT_ID", accountId);
  const job = await startJob(rehearsal, "deploy");
  for (const key of elementsOf(await succeed(operate, `s3 GET ${bucket}?list-type=2`), "Key"))
    await succeed(operate, `s3 DELETE ${bucket}/${key}`);
  await job.shell(folder, lines);
}
