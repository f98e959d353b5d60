import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../../infra/build/functions.ts";

/** A workflow file; only the keys that the rules and the rehearsal read have a type. */
export interface Workflow {
  on: Record<string, { inputs?: Inputs } | null | undefined>;
  permissions?: Record<string, string>;
  defaults?: { run?: { shell?: string } };
  jobs: Record<string, Job>;
}

export type Inputs = Record<string, { default?: unknown }>;
/** YAML reads unquoted values as numbers and booleans. */
export type Values = Record<string, string | number | boolean | null>;

interface JobOrStep {
  if?: string | boolean;
  "timeout-minutes"?: number;
  "continue-on-error"?: unknown;
  env?: Values;
  /** With its inputs: a step's action, or the workflow that a job calls instead of having steps. */
  uses?: string;
  with?: Values;
}

export interface Job extends JobOrStep {
  needs?: string | string[];
  permissions?: Record<string, string>;
  environment?: string | { name: string };
  concurrency?: object;
  "runs-on"?: string;
  strategy?: { matrix: Record<string, unknown[]> };
  outputs?: Record<string, string>;
  secrets?: Record<string, string>;
  steps?: Step[];
}

export interface Step extends JobOrStep {
  id?: string;
  name?: string;
  run?: string;
  shell?: string;
  "working-directory"?: string;
}

export type Texts = Record<string, string>;

export function readTexts(): Texts {
  const files = readdirSync(join(root, ".github"), { recursive: true, encoding: "utf8" });
  const kept = files.filter((file) => /^(workflows|actions\/[a-z-]+)\/[a-z-]+\.yml$/.test(file)).sort();
  return Object.fromEntries(kept.map((file) => [file, readFileSync(join(root, ".github", file), "utf8")]));
}

export function workflowsIn(texts: Texts): Record<string, Workflow> {
  const files = Object.entries(texts).filter(([file]) => file.startsWith("workflows/"));
  return Object.fromEntries(
    files.map(([file, text]) => [file.slice("workflows/".length), parseOnce(text) as Workflow]),
  );
}

/** Each job, with the steps of this repository's actions among its own; `where` is like `deploy.yml: build`. */
export function jobsIn(texts: Texts) {
  return Object.entries(workflowsIn(texts)).flatMap(([file, { jobs }]) =>
    Object.entries(jobs).map(([name, job]) => ({
      where: `${file}: ${name}`,
      file,
      job,
      steps: (job.steps ?? []).flatMap((step) => {
        const action = texts[`${step.uses?.replace("./.github/", "") ?? ""}/action.yml`];
        return [step, ...(action === undefined ? [] : (parseOnce(action) as { runs: { steps: Step[] } }).runs.steps)];
      }),
    })),
  );
}

export function stepsWith(texts: Texts, action: string) {
  return jobsIn(texts).flatMap((job) =>
    job.steps.filter(({ uses = "" }) => uses.split("@")[0] === action).map((step) => ({ ...job, step })),
  );
}

const parsed = new Map<string, unknown>();

function parseOnce(text: string): unknown {
  const value = parsed.get(text) ?? (parse(text) as unknown);
  parsed.set(text, value);
  return value;
}
