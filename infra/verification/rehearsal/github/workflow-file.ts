import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Inputs, Step, Workflow } from "../../../../.github/tests/workflows.ts";

interface Action {
  inputs?: Inputs;
  runs: { using: string; steps: Step[] };
}

/** The keys that a run here honours or may ignore. */
const known = {
  action: "name description inputs runs",
  workflow: "on permissions defaults jobs name run-name concurrency",
  job: "if needs permissions environment env strategy outputs steps uses with secrets name runs-on timeout-minutes concurrency",
  step: "id name if uses with run shell working-directory env timeout-minutes",
};

/**
 * Reads a workflow. Throws for a key that a run here would not honour: silently ignored, it would seem tested. The
 * linter checks the rest of the file.
 */
export function readWorkflow(path: string): Workflow {
  const workflow = parse(readFileSync(path, "utf8")) as Workflow;
  expectKnown(path, workflow, known.workflow);
  expectKnown(`${path}: defaults`, workflow.defaults?.run ?? {}, "shell");
  for (const [name, job] of Object.entries(workflow.jobs)) {
    expectKnown(`${path}: job ${name}`, job, known.job);
    expectKnownSteps(`${path}: job ${name}, step`, job.steps ?? [], workflow.defaults?.run?.shell);
  }
  return workflow;
}

export function readAction(path: string): Action {
  const action = parse(readFileSync(path, "utf8")) as Action;
  if (action.runs.using !== "composite") throw new Error(`${path}: only composite actions run here.`);
  expectKnown(path, action, known.action);
  expectKnownSteps(`${path}: step`, action.runs.steps);
  return action;
}

/** Each declared input as given, or its default. */
export function inputsOf(declared: Inputs = {}, given: Record<string, unknown>): Record<string, unknown> {
  const inputs = Object.entries(declared).map(([name, input]) => [name, given[name] ?? input.default ?? ""] as const);
  return Object.fromEntries(inputs);
}

export function nameOf({ name, uses, run = "" }: Step): string {
  return name ?? uses?.split("@")[0] ?? run.split("\n")[0] ?? "";
}

/** GitHub's default shell lacks pipefail: a pipe succeeds although its first program failed. */
function expectKnownSteps(where: string, steps: Step[], shell = "GitHub's default"): void {
  for (const step of steps) {
    expectKnown(`${where} ${nameOf(step)}`, step, known.step);
    const used = step.shell ?? shell;
    if (step.run !== undefined && used !== "bash")
      throw new Error(`${where} ${nameOf(step)}: only bash runs here, not ${used}.`);
  }
}

function expectKnown(where: string, value: object, keys: string): void {
  const unknown = Object.keys(value).filter((key) => !keys.split(" ").includes(key));
  if (unknown.length > 0) throw new Error(`${where}: no stand-in for ${unknown.join(", ")} here.`);
}
