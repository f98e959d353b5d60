import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fill, fillAll, type Contexts } from "./expressions.ts";
import { runStep, type JobState, type Result, type StepRun } from "./run-step.ts";
import type { Defaults, Job, Permissions, Texts } from "./workflow-file.ts";

/** Stands for GitHub's machine. */
export interface Runner {
  /** A folder, in which each job gets one of its own. */
  path: string;
  /** What a job's programs find in their environment, whatever the workflow says. */
  environmentOf: (job: JobDescription) => NodeJS.ProcessEnv;
  /** What is done instead of an action, by its name without the version, or instead of a command, to the letter. */
  substitutes: Record<string, Substitute>;
}

/** Throws what makes the step fail. */
export type Substitute = (
  job: JobAtWork,
  parameters: Record<string, string>,
) => StepEffects | undefined | Promise<StepEffects | undefined>;

export interface JobDescription {
  /** Where its commands run; empty until something is checked out. */
  workspace: string;
  /** The workflow that it is in. */
  file: string;
  github: Record<string, unknown>;
  permissions: Permissions;
  /** The name of the GitHub environment, where the job has one. */
  environment: string | undefined;
}

/** What a substitute may need to know of the job. */
export interface JobAtWork extends JobDescription {
  /** The environment variables of the machine. */
  variables: NodeJS.ProcessEnv;
}

export interface StepEffects {
  /** For the steps after it. */
  environment?: Record<string, string>;
  outputs?: Record<string, string>;
}

export interface JobRun {
  result: Result;
  steps: StepRun[];
  outputs: Record<string, string>;
  /** Markdown. */
  summary: string;
}

/** What a job gets from its workflow. */
export interface JobSetting {
  runner: Runner;
  file: string;
  /** `github`, `inputs`, `vars`, `secrets`, `needs` and `matrix`. */
  contexts: Contexts & { github: Record<string, unknown> };
  env: Texts;
  defaults: Defaults | undefined;
  permissions: Permissions;
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
