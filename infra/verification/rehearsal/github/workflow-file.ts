import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** A workflow as its file says it. */
export interface Workflow {
  on: Partial<
    Record<string, { inputs?: Record<string, Input>; secrets?: Record<string, { required?: boolean }> } | null>
  >;
  permissions?: Permissions;
  env?: Texts;
  defaults?: Defaults;
  jobs: Record<string, Job>;
}

export interface Job {
  if?: string | boolean;
  needs?: string | string[];
  permissions?: Permissions;
  environment?: string | { name: string };
  env?: Texts;
  defaults?: Defaults;
  strategy?: { matrix: Record<string, unknown[]> };
  outputs?: Record<string, string>;
  steps?: Step[];
  /** A job that calls another workflow has these instead of steps. */
  uses?: string;
  with?: Texts;
  secrets?: Record<string, string>;
}

export interface Step {
  id?: string;
  name?: string;
  if?: string | boolean;
  uses?: string;
  with?: Texts;
  run?: string;
  shell?: string;
  "working-directory"?: string;
  env?: Texts;
  "continue-on-error"?: boolean | string;
}

export interface Input {
  type?: "string" | "boolean" | "number" | "choice" | "environment";
  required?: boolean;
  default?: unknown;
}

export type Permissions = Record<string, "read" | "write" | "none">;
/** YAML makes numbers and booleans of what is not quoted. */
export type Texts = Record<string, string | number | boolean | null>;

export interface Defaults {
  run?: { shell?: string; "working-directory"?: string };
}

/** An action of the repository, made of steps. */
export interface Action {
  inputs?: Record<string, { required?: boolean; default?: string }>;
  runs: { steps: Step[] };
}

/** What a run here honours, and what can be left to GitHub because nothing follows from it here. */
const known = {
  action: "name description inputs runs",
  workflow: "on permissions env defaults jobs name run-name concurrency",
  job: "if needs permissions environment env defaults strategy outputs steps uses with secrets name runs-on timeout-minutes concurrency",
  step: "id name if uses with run shell working-directory env continue-on-error timeout-minutes",
};

/**
 * Reads a workflow. Throws where it says something that a run here would not honour: what was left out in silence would
 * look as if it had been tried. Whether the file is right otherwise is for the linter to say.
 */
export function readWorkflow(path: string): Workflow {
  const workflow = parse(readFileSync(path, "utf8")) as Workflow;
  const complaints = unknownKeys("the workflow", workflow, known.workflow);
  for (const [name, job] of Object.entries(workflow.jobs)) {
    complaints.push(...unknownKeys(`job ${name}`, job, known.job));
    for (const step of job.steps ?? [])
      complaints.push(...unknownKeys(`job ${name}, step ${nameOf(step)}`, step, known.step));
  }
  if (complaints.length > 0) throw new Error(`${path}:\n${complaints.join("\n")}`);
  return workflow;
}

/** Reads an action of the repository's own; throws as readWorkflow does. */
export function readAction(path: string): Action {
  const action = parse(readFileSync(path, "utf8")) as Action & { runs: { using: string } };
  if (action.runs.using !== "composite") throw new Error(`${path}: only composite actions are run here.`);
  const complaints = [
    ...unknownKeys("the action", action, known.action),
    ...action.runs.steps.flatMap((step) => unknownKeys(`step ${nameOf(step)}`, step, known.step)),
  ];
  if (complaints.length > 0) throw new Error(`${path}:\n${complaints.join("\n")}`);
  return action;
}

/** As GitHub shows a step that has no name, but for the word Run before it. */
export function nameOf({ name, uses, run = "" }: Step): string {
  return name ?? uses?.split("@")[0] ?? run.split("\n")[0] ?? "";
}

function unknownKeys(where: string, value: object, keys: string): string[] {
  return Object.keys(value)
    .filter((key) => !keys.split(" ").includes(key))
    .map((key) => `${where}: ${key} is not among what infra/verification/rehearsal/github/ stands in for.`);
}
