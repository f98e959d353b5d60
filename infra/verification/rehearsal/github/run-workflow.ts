import { join } from "node:path";
import { fill, fillTyped, holds, type Contexts } from "./expressions.ts";
import { runJob, type JobRun } from "./run-job.ts";
import type { Runner } from "./runner.ts";
import type { Result } from "./run-step.ts";
import { readWorkflow, type Input, type Job, type Permissions, type Workflow } from "./workflow-file.ts";

/** What started a run, and how GitHub is set up. */
export interface Event {
  /** With `event_name`, `ref`, `sha` and what else the workflow looks at. */
  github: Record<string, unknown> & { event_name: string };
  /** Of a start by hand. */
  inputs?: Record<string, unknown>;
  vars: Record<string, string>;
  secrets: Record<string, string>;
}

export interface Extent {
  /** The one combination of each matrix that is run. */
  matrix?: Record<string, string>;
  /** Jobs that count as done, with this result, when their turn comes. */
  settled?: Record<string, Result>;
}

/** The jobs by name; those of a called workflow are named as GitHub names them, `staging / deploy`. */
export type WorkflowRun = Record<string, JobRun>;

/**
 * Runs a workflow that an event has started, its jobs one after the other: each needs those that it names, and the
 * workflows that it calls are in the same repository. Throws where GitHub would not start the workflow.
 */
export async function runWorkflow(
  repositoryPath: string,
  file: string,
  event: Event,
  runner: Runner,
  extent: Extent = {},
): Promise<WorkflowRun> {
  const workflow = readWorkflow(join(repositoryPath, file));
  const { event_name: trigger } = event.github;
  if (!(trigger in workflow.on)) throw new Error(`${file} is not started by ${trigger}.`);
  const inputs = expectInputs(file, workflow.on[trigger]?.inputs ?? {}, event.inputs ?? {});
  return runJobs({
    repositoryPath,
    file,
    workflow,
    runner,
    extent,
    contexts: { github: event.github, vars: event.vars, secrets: event.secrets, inputs },
  });
}

interface Setting {
  repositoryPath: string;
  file: string;
  workflow: Workflow;
  runner: Runner;
  extent: Extent;
  contexts: Contexts & Pick<Event, "github" | "vars" | "secrets">;
  /** What the calling job may do; without one, anything. */
  granted?: Permissions;
}

async function runJobs(setting: Setting): Promise<WorkflowRun> {
  const { file, workflow, extent } = setting;
  const { jobs } = workflow;
  const runs: WorkflowRun = {};
  for (const [name, job] of Object.entries(jobs)) {
    const needs = needsOf(job);
    const late = needs.filter((needed) => !runs[needed]);
    if (late.length > 0) throw new Error(`${file}: job ${name} needs ${late.join(", ")}: write it below.`);
    const standing = {
      success: needs.every((needed) => runs[needed]?.result === "success"),
      failure: ancestorsOf(job, jobs).some((ancestor) => runs[ancestor]?.result === "failure"),
    };
    const known = needs.map((needed) => [needed, { result: runs[needed]?.result, outputs: runs[needed]?.outputs }]);
    const contexts = { ...setting.contexts, needs: Object.fromEntries(known) as unknown };
    const settled = extent.settled?.[name];
    if (!holds(job.if, contexts, standing)) runs[name] = { ...nothing, result: "skipped" };
    else if (settled) runs[name] = { ...nothing, result: settled };
    else Object.assign(runs, await runOrCall(name, job, { ...setting, contexts }));
  }
  return runs;
}

const nothing = { steps: [], outputs: {}, summary: "" };

function needsOf({ needs = [] }: Job): string[] {
  return [needs].flat();
}

function ancestorsOf(job: Job, jobs: Record<string, Job>): string[] {
  return needsOf(job).flatMap((name) => [name, ...ancestorsOf(jobs[name] ?? {}, jobs)]);
}

async function runOrCall(name: string, job: Job, setting: Setting): Promise<WorkflowRun> {
  const { file, workflow, runner } = setting;
  const where = `${file}: job ${name}`;
  const contexts = { ...setting.contexts, matrix: combinationOf(where, job, setting.extent) };
  const permissions = job.permissions ?? workflow.permissions ?? {};
  expectGranted(where, permissions, setting.granted);
  if (job.uses === undefined) {
    return {
      [name]: await runJob(job, {
        runner,
        file,
        contexts,
        env: workflow.env ?? {},
        defaults: workflow.defaults,
        permissions,
      }),
    };
  }
  const called = await call(job, job.uses, { ...setting, contexts, granted: permissions });
  const results = Object.values(called).map(({ result }) => result);
  const result = results.includes("failure") ? "failure" : results.includes("success") ? "success" : "skipped";
  return {
    ...Object.fromEntries(Object.entries(called).map(([inner, run]) => [`${name} / ${inner}`, run])),
    [name]: { ...nothing, result },
  };
}

/** A called workflow knows the inputs and secrets that it is handed, and of its caller only `github` and `vars`. */
async function call(job: Job, uses: string, setting: Setting): Promise<WorkflowRun> {
  const { repositoryPath, contexts } = setting;
  const file = uses.replace(/^\.\//, "");
  const workflow = readWorkflow(join(repositoryPath, file));
  const declared = workflow.on["workflow_call"];
  if (declared === undefined) throw new Error(`${file} cannot be called.`);
  const given = Object.entries(job.with ?? {}).map(([name, value]) => [
    name,
    typeof value === "string" ? fillTyped(value, contexts) : value,
  ]);
  const inputs = expectInputs(file, declared?.inputs ?? {}, Object.fromEntries(given) as Record<string, unknown>);
  const secrets = Object.fromEntries(
    Object.entries(job.secrets ?? {}).map(([name, value]) => [name, fill(value, contexts)]),
  );
  const missing = Object.entries(declared?.secrets ?? {}).filter(
    ([name, { required = false }]) => required && secrets[name] === undefined,
  );
  if (missing.length > 0) throw new Error(`${file} needs the secret ${missing.map(([name]) => name).join(", ")}.`);
  return runJobs({
    ...setting,
    file,
    workflow,
    contexts: { github: contexts.github, vars: contexts.vars, secrets, inputs },
  });
}

function expectInputs(
  file: string,
  declared: Record<string, Input>,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const unknown = Object.keys(given).filter((name) => !(name in declared));
  if (unknown.length > 0) throw new Error(`${file} has no input ${unknown.join(", ")}.`);
  return Object.fromEntries(
    Object.entries(declared).map(([name, input]) => [name, expectInput(`${file}: input ${name}`, input, given[name])]),
  );
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_callinputsinput_idtype */
function expectInput(
  where: string,
  { type = "string", required = false, default: ordinary }: Input,
  given: unknown,
): unknown {
  if (given === undefined && required) throw new Error(`${where} is required.`);
  const plain = type === "boolean" || type === "number" ? type : "string";
  const value = given ?? ordinary ?? { boolean: false, number: 0, string: "" }[plain];
  if (typeof value !== plain) throw new Error(`${where} must be a ${plain}, not ${JSON.stringify(value)}.`);
  return value;
}

function combinationOf(where: string, { strategy }: Job, { matrix = {} }: Extent): Record<string, unknown> {
  const combination = Object.entries(strategy?.matrix ?? {}).map(([key, values]) => {
    const value = matrix[key];
    if (!values.includes(value)) throw new Error(`${where} has no ${key} ${JSON.stringify(value)} in its matrix.`);
    return [key, value];
  });
  return Object.fromEntries(combination) as Record<string, unknown>;
}

/** What is called may do no more than its caller. */
function expectGranted(where: string, permissions: Permissions, granted: Permissions | undefined): void {
  const levels = ["none", "read", "write"];
  for (const [scope, level] of Object.entries(permissions)) {
    const most = granted ? (granted[scope] ?? "none") : "write";
    if (levels.indexOf(level) > levels.indexOf(most))
      throw new Error(`${where} asks for ${scope}: ${level}, and its caller has ${scope}: ${most}.`);
  }
}
