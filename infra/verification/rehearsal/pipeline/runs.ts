import type { JobRun } from "../github/runner.ts";
import type { WorkflowRun } from "../github/run-workflow.ts";

export function expectSuccess(run: WorkflowRun, jobs: string[]): void {
  for (const name of jobs) {
    const job = jobOf(run, name);
    if (job.result !== "success")
      throw new Error(`The job ${name} should succeed, and is ${job.result}.${whatFailed(run)}`);
  }
}

/** Throws unless this step of a job failed, none before it failed, and only the clean-up ran after it. */
export function expectStop(run: WorkflowRun, jobName: string, stepName: string, cleanUp?: string): void {
  const { result, steps } = jobOf(run, jobName);
  const index = steps.findIndex(({ name }) => name === stepName);
  const isStopped =
    steps[index]?.outcome === "failure" &&
    steps.slice(0, index).every(({ outcome }) => outcome !== "failure") &&
    steps.slice(index + 1).every(({ name, outcome }) => outcome === (name === cleanUp ? "success" : "skipped"));
  if (isStopped && result === "failure") return;
  const outcomes = steps.map(({ name, outcome }) => `  ${name}: ${outcome}`).join("\n");
  throw new Error(`The job ${jobName} should stop at "${stepName}", and is ${result}:\n${outcomes}${whatFailed(run)}`);
}

export function outputOf(run: WorkflowRun, jobName: string, stepName: string): string {
  const step = jobOf(run, jobName).steps.find(({ name }) => name === stepName);
  if (!step) throw new Error(`The job ${jobName} has no step "${stepName}".`);
  return step.output;
}

export function jobOf(run: WorkflowRun, name: string): JobRun {
  const job = run[name];
  if (!job) throw new Error(`The run has no job ${name}; it has ${Object.keys(run).join(", ")}.`);
  return job;
}

function whatFailed(run: WorkflowRun): string {
  const failed = Object.entries(run).flatMap(([job, { steps }]) =>
    steps.filter(({ outcome }) => outcome === "failure").map((step) => ({ job, ...step })),
  );
  return failed.map(({ job, name, output }) => `\n${job}, ${name}:\n${output.slice(-4000)}`).join("");
}
