import { join } from "node:path";
import type { Inputs, Job } from "../../../../.github/tests/workflows.ts";
import { fillAll, fillTyped, holds, type Contexts } from "./expressions.ts";
import { runJob, type JobRun, type JobSetting, type Result, type Runner } from "./runner.ts";
import { readWorkflow } from "./workflow-file.ts";

export interface Event {
  github: Record<string, unknown> & { event_name: string };
  inputs?: Record<string, unknown>;
  vars: Record<string, string>;
  secrets: Record<string, string>;
}

export interface Extent {
  matrix?: Record<string, string>;
  /** Jobs that count as done, with this result, in their turn. */
  settled?: Record<string, Result>;
}

/** By name; jobs of a called workflow have GitHub's names, such as `staging / deploy`. */
export type WorkflowRun = Record<string, JobRun>;

interface Setting extends JobSetting {
  repositoryPath: string;
  extent: Extent;
  contexts: Contexts & Pick<Event, "github" | "vars" | "secrets">;
}

/**
 * Runs a workflow's jobs in sequence: a job may need only jobs above it, and may call only workflows of the same
 * repository. actionlint reports what GitHub would refuse.
 */
export async function runWorkflow(
  repositoryPath: string,
  file: string,
  { github, inputs: given = {}, vars, secrets }: Event,
  runner: Runner,
  extent: Extent = {},
): Promise<WorkflowRun> {
  const workflow = readWorkflow(join(repositoryPath, file));
  const trigger = github.event_name;
  if (!(trigger in workflow.on)) throw new Error(`${file} is not started by ${trigger}.`);
  const inputs = withDefaults(workflow.on[trigger]?.inputs, given);
  return runJobs({ repositoryPath, file, workflow, runner, extent, contexts: { github, vars, secrets, inputs } });
}

async function runJobs(setting: Setting): Promise<WorkflowRun> {
  const { workflow, extent } = setting;
  const { jobs } = workflow;
  const runs: WorkflowRun = {};
  for (const [name, job] of Object.entries(jobs)) {
    const needs = needsOf(job);
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
  const matrix = combinationOf(`${setting.file}: job ${name}`, job, setting.extent);
  const contexts = { ...setting.contexts, matrix };
  if (job.uses === undefined) return { [name]: await runJob(job, { ...setting, contexts }) };
  const called = await call(job, job.uses, { ...setting, contexts });
  const results = Object.values(called).map(({ result }) => result);
  const result = results.includes("failure") ? "failure" : results.includes("success") ? "success" : "skipped";
  return {
    ...Object.fromEntries(Object.entries(called).map(([inner, run]) => [`${name} / ${inner}`, run])),
    [name]: { ...nothing, result },
  };
}

/** A called workflow gets its inputs and secrets, and of its caller only `github` and `vars`. */
async function call(job: Job, uses: string, setting: Setting): Promise<WorkflowRun> {
  const { repositoryPath, contexts } = setting;
  const file = uses.replace(/^\.\//, "");
  const workflow = readWorkflow(join(repositoryPath, file));
  if (!("workflow_call" in workflow.on)) throw new Error(`${file} cannot be called.`);
  const given = Object.entries(job.with ?? {}).map(([name, value]) => [name, fillTyped(value, contexts)] as const);
  const inputs = withDefaults(workflow.on["workflow_call"]?.inputs, Object.fromEntries(given));
  const secrets = fillAll(job.secrets, contexts);
  const { github, vars } = contexts;
  return runJobs({ ...setting, file, workflow, contexts: { github, vars, secrets, inputs } });
}

function withDefaults(declared: Inputs = {}, given: Record<string, unknown>): Record<string, unknown> {
  const inputs = Object.entries(declared).map(([name, { type, default: ordinary }]) => [
    name,
    given[name] ?? ordinary ?? (type === "boolean" ? false : ""),
  ]);
  return Object.fromEntries(inputs) as Record<string, unknown>;
}

function combinationOf(where: string, { strategy }: Job, { matrix = {} }: Extent): Record<string, unknown> {
  for (const [key, values] of Object.entries(strategy?.matrix ?? {}))
    if (!values.includes(matrix[key]))
      throw new Error(`${where} has no ${key} ${JSON.stringify(matrix[key])} in its matrix.`);
  return strategy ? matrix : {};
}
