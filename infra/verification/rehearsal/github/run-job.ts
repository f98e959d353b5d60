import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fill, fillAll } from "./expressions.ts";
import { runStep, type JobState, type Result, type StepRun } from "./run-step.ts";
import type { JobSetting } from "./runner.ts";
import type { Job } from "./workflow-file.ts";

export interface JobRun {
  result: Result;
  steps: StepRun[];
  outputs: Record<string, string>;
  /** Markdown. */
  summary: string;
}

/**
 * Runs a job's steps in order, as GitHub's runner does: each command in a bash of its own, with the environment, the
 * conditions and the files GITHUB_OUTPUT, GITHUB_ENV and GITHUB_STEP_SUMMARY that GitHub documents; actions by their
 * substitutes. Throws for an action that has none, and for an expression that cannot be evaluated.
 *
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
 */
export async function runJob(
  job: Job,
  { runner, file, contexts, env, defaults, permissions }: JobSetting,
): Promise<JobRun> {
  const path = mkdtempSync(join(runner.path, "job-"));
  const workspace = join(path, "workspace");
  mkdirSync(workspace);
  const named = typeof job.environment === "object" ? job.environment.name : job.environment;
  const described = {
    workspace,
    file,
    github: contexts.github,
    permissions,
    environment: named === undefined ? undefined : fill(named, contexts),
  };
  const atWork = { ...described, variables: runner.environmentOf(described) };
  const state: JobState = {
    hasFailed: false,
    environment: fillAll({ ...env, ...job.env }, contexts),
    steps: {},
    summary: "",
  };
  const steps: StepRun[] = [];
  for (const [index, step] of (job.steps ?? []).entries()) {
    const setting = {
      path: join(path, `step-${index + 1}`),
      runner,
      contexts,
      defaults: { ...defaults?.run, ...job.defaults?.run },
      atWork,
      state,
    };
    steps.push(await runStep(step, setting));
  }
  const outputs = fillAll(job.outputs ?? {}, { ...contexts, steps: state.steps });
  return { result: state.hasFailed ? "failure" : "success", steps, outputs, summary: state.summary };
}
