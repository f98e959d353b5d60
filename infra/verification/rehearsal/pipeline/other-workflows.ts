import { personAt } from "./ci.ts";
import { jobOf, expectSuccess, outputOf } from "./runs.ts";
import type { Rehearsal } from "../setting.ts";

const planJobs = ["ready", "build", "plan"];

/** Runs plan.yml for a pull request, for one stage; gives the headline in its comment. */
export async function planPullRequest({ github, names: { stage } }: Rehearsal): Promise<string> {
  const run = await github.run("plan.yml", { event: "pull_request", sha: github.repository.first, matrix: { stage } });
  expectSuccess(run, [...planJobs, "comment"]);
  const bodies = github.issues.comments.filter(({ on }) => on === 1).map(({ body }) => body);
  const headline = headlineOf(bodies.join("\n"), stage);
  if (!jobOf(run, "plan").summary.includes(headline))
    throw new Error(`The summary of the plan should say: ${headline}`);
  return headline;
}

/** Runs drift.yml for one stage; gives the headline of the issue that is open afterwards, if one is. */
export async function findDrift({ github, names: { stage } }: Rehearsal): Promise<string | undefined> {
  const run = await github.run("drift.yml", { event: "schedule", sha: github.repository.first, matrix: { stage } });
  expectSuccess(run, [...planJobs, "report"]);
  const issue = github.issues.issues.find(({ title, state }) => title === `${stage} has drifted` && state === "open");
  return issue && headlineOf(issue.body ?? "", stage);
}

function headlineOf(body: string, stage: string): string {
  const [, headline] = new RegExp(`^### ${stage}: (.*)$`, "m").exec(body) ?? [];
  if (headline === undefined) throw new Error(`What was written should have a plan of ${stage}:\n${body}`);
  return headline;
}

/** Runs deploy-stage.yml by hand, as somebody does whose role is refused; throws unless all is as wanted and nothing is deployed. */
export async function explainToken({ gate, github, names, scratchPath }: Rehearsal): Promise<void> {
  const person = personAt(gate, names.region);
  const { output: trust } = await person.shell(scratchPath, "terraform -chdir=oidc output -json trust");
  const run = await github.run("deploy-stage.yml", {
    event: "workflow_dispatch",
    sha: github.repository.first,
    inputs: { stage: names.stage, trust },
  });
  expectSuccess(run, ["explain"]);
  const explained = outputOf(run, "explain", "Compare the token with what the role trusts");
  if (!explained.includes("Every claim is as wanted.")) throw new Error(`The token should be as wanted:\n${explained}`);
  if (jobOf(run, "deploy").result !== "skipped") throw new Error("By hand deploy-stage.yml should deploy nothing.");
}
