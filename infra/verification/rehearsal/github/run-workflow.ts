import { join } from "node:path";
import type { Job } from "../../../../.github/tests/workflows.ts";
import { fillAll, fillTyped, holds } from "./expressions.ts";
import { runJob, type JobRun, type JobSetting, type Result } from "./runner.ts";
import { inputsOf, readWorkflow } from "./workflow-file.ts";

export interface Extent {
  matrix?: Record<string, string>;
  /** Jobs that count as done, with this result, in their turn. */
  settled?: Record<string, Result>;
}

/** By name; jobs of a called workflow have GitHub's names, such as `staging / deploy`. */
export type WorkflowRun = Record<string, JobRun>;

export interface Setting extends JobSetting {
  repositoryPath: string;
  extent: Extent;
}

/**
 * Runs a workflow's jobs in sequence: a job may need only jobs above it, and may call only workflows of the same
 * repository. actionlint reports what GitHub would refuse.
 */
export async function runWorkflow(
  setting: Setting,
  inputs: Record<string, unknown> = {},
  trigger = setting.contexts.github.event_name,
): Promise<WorkflowRun> {
  const { repositoryPath, file, extent } = setting;
  const workflow = readWorkflow(join(repositoryPath, file));
  if (!(trigger in workflow.on)) throw new Error(`${file} is not started by ${trigger}.`);
  const runs: WorkflowRun = {};
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const needs = [job.needs ?? []].flat();
    const success = needs.every((needed) => runs[needed]?.result === "success");
    const known = needs.map((needed) => [needed, { result: runs[needed]?.result, outputs: runs[needed]?.outputs }]);
    const contexts = {
      ...setting.contexts,
      inputs: inputsOf(workflow.on[trigger]?.inputs, inputs),
      needs: Object.fromEntries(known) as unknown,
    };
    const settled = extent.settled?.[name];
    if (!holds(job.if, contexts, { success })) runs[name] = { ...nothing, result: "skipped" };
    else if (settled) runs[name] = { ...nothing, result: settled };
    else Object.assign(runs, await runOrCall(name, job, { ...setting, contexts }));
  }
  return runs;
}

const nothing = { steps: [], outputs: {}, summary: "" };

/** A called workflow gets its inputs and secrets, and of its caller only `github` and `vars`. */
async function runOrCall(name: string, job: Job, setting: Setting): Promise<WorkflowRun> {
  const { file, extent } = setting;
  const { matrix = {} } = extent;
  for (const [key, values] of Object.entries(job.strategy?.matrix ?? {}))
    if (!values.includes(matrix[key]))
      throw new Error(`${file}: job ${name} has no ${key} ${JSON.stringify(matrix[key])} in its matrix.`);
  const contexts = { ...setting.contexts, matrix };
  if (job.uses === undefined) return { [name]: await runJob(job, { ...setting, contexts }) };
  const given = Object.entries(job.with ?? {}).map(([input, value]) => [input, fillTyped(value, contexts)] as const);
  const { github, vars } = contexts;
  const called = await runWorkflow(
    {
      ...setting,
      file: job.uses.replace(/^\.\//, ""),
      contexts: { github, vars, secrets: fillAll(job.secrets, contexts) },
    },
    Object.fromEntries(given),
    "workflow_call",
  );
  const results = Object.values(called).map(({ result }) => result);
  const result = (["failure", "success"] as const).find((each) => results.includes(each)) ?? "skipped";
  return {
    ...Object.fromEntries(Object.entries(called).map(([inner, run]) => [`${name} / ${inner}`, run])),
    [name]: { ...nothing, result },
  };
}
