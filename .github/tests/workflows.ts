import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export const root = join(import.meta.dirname, "../..");
export const workflowsPath = join(root, ".github/workflows");

/** A workflow as its file says it; only the keys that the rules look at have a type. */
export interface Workflow {
  on: Record<string, { inputs?: Record<string, { options?: string[] }> } | null>;
  permissions: Record<string, string> | string;
  defaults?: { run?: { shell?: string } };
  jobs: Record<string, Job>;
}

export interface Job {
  if?: string;
  needs?: string | string[];
  uses?: string;
  secrets?: Record<string, string> | string;
  with?: Record<string, unknown>;
  permissions?: Record<string, string> | string;
  environment?: string | { name: string };
  concurrency?: { group: string; "cancel-in-progress": unknown };
  strategy?: { matrix: Record<string, string[]> };
  env?: Record<string, string>;
  "runs-on"?: string;
  "timeout-minutes"?: number;
  "continue-on-error"?: unknown;
  steps?: Step[];
}

export interface Step {
  id?: string;
  name?: string;
  if?: string;
  "timeout-minutes"?: number;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
  "continue-on-error"?: unknown;
}

/** All workflows by the name of their file. */
export type Workflows = Record<string, Workflow>;

export function readTexts(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(workflowsPath).map((file) => [file, readFileSync(join(workflowsPath, file), "utf8")]),
  );
}

const parsed = new Map<string, Workflow>();

export function parseWorkflows(texts: Record<string, string>): Workflows {
  return Object.fromEntries(Object.entries(texts).map(([file, text]) => [file, parseOnce(text)]));
}

function parseOnce(text: string): Workflow {
  const workflow = parsed.get(text) ?? (parse(text) as Workflow);
  parsed.set(text, workflow);
  return workflow;
}

/** Every job with a name to complain of, as in `deploy.yml: build`. */
export function jobsOf(workflows: Workflows): { where: string; file: string; name: string; job: Job; steps: Step[] }[] {
  return Object.entries(workflows).flatMap(([file, { jobs }]) =>
    Object.entries(jobs).map(([name, job]) => ({ where: `${file}: ${name}`, file, name, job, steps: job.steps ?? [] })),
  );
}

/** The action's name without its commit, as in `actions/checkout`. */
export function actionOf({ uses = "" }: Step): string {
  return uses.split("@")[0] ?? "";
}

export function stepsWith(steps: Step[], action: string): Step[] {
  return steps.filter((step) => actionOf(step) === action);
}
