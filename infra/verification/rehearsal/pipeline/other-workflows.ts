import { operatorsShell } from "../operators.ts";
import type { Rehearsal } from "../setting.ts";
import { expectText } from "../steps.ts";
import { expectSuccess, jobOf, outputOf } from "./runs.ts";

const planJobs = ["build", "plan"];

/** Runs plan.yml for a pull request and one stage; returns its comment's headline. */
export async function planPullRequest({ github, names: { stage } }: Rehearsal): Promise<string> {
  const run = await github.run("plan.yml", { event: "pull_request", matrix: { stage } });
  expectSuccess(run, ["ready", ...planJobs, "comment"]);
  const bodies = github.issues.comments.filter(({ on }) => on === 1).map(({ body }) => body);
  const headline = headlineOf(bodies.join("\n"), stage);
  expectText(jobOf(run, "plan").summary, headline);
  return headline;
}

/** Runs drift.yml for one stage; returns the headline of the issue that is then open, if any. */
export async function findDrift({ github, names: { stage } }: Rehearsal): Promise<string | undefined> {
  const run = await github.run("drift.yml", { event: "schedule", matrix: { stage } });
  expectSuccess(run, [...planJobs, "report"]);
  const issue = github.issues.issues.find(({ title, state }) => title === `${stage} has drifted` && state === "open");
  return issue && headlineOf(issue.body ?? "", stage);
}

function headlineOf(body: string, stage: string): string {
  const [, headline] = new RegExp(`^### ${stage}: (.*)$`, "m").exec(body) ?? [];
  if (headline === undefined) throw new Error(`The text should have a plan of ${stage}:\n${body}`);
  return headline;
}

export async function explainToken({ gate, github, names, scratchPath }: Rehearsal): Promise<string> {
  const shell = operatorsShell(gate);
  const trust = await shell(scratchPath, "terraform -chdir=oidc output -json trust");
  const inputs = { stage: names.stage, trust };
  const run = await github.run("explain.yml", { event: "workflow_dispatch", inputs });
  expectSuccess(run, ["explain"]);
  expectText(outputOf(run, "explain", "Compare the token with what the role trusts"), "Every claim is as wanted.");
  return "for no reason, as every claim is as wanted";
}
