import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../programs.ts";
import { fill, fillAll, holds, type Contexts } from "./expressions.ts";
import { nameOf, readAction, type Job, type Permissions, type Shell, type Step, type Texts } from "./workflow-file.ts";

export interface Runner {
  path: string;
  environmentOf: (job: JobDescription) => NodeJS.ProcessEnv;
  /** Substitutes for actions, by name without the version, and for commands. */
  substitutes: Record<string, Substitute>;
}

export type Substitute = (
  job: JobAtWork,
  parameters: Record<string, string>,
) => StepEffects | undefined | Promise<StepEffects | undefined>;

export interface JobDescription {
  workspace: string;
  file: string;
  github: Record<string, unknown>;
  permissions: Permissions;
  environment: string | undefined;
}

export interface JobAtWork extends JobDescription {
  variables: NodeJS.ProcessEnv;
}

export interface StepEffects {
  environment?: Record<string, string>;
  outputs?: Record<string, string>;
}

export interface JobSetting {
  runner: Runner;
  file: string;
  contexts: Contexts & { github: Record<string, unknown> };
  env: Texts;
  shell: Shell;
  permissions: Permissions;
}

export type Result = "success" | "failure" | "skipped";

export interface StepRun {
  name: string;
  outcome: Result;
  output: string;
}

export interface JobRun {
  result: Result;
  steps: StepRun[];
  outputs: Record<string, string>;
  summary: string;
}

interface Place {
  path: string;
  job: JobAtWork;
  contexts: Contexts;
  shell: Shell;
  substitutes: Runner["substitutes"];
  hasFailed: boolean;
  environment: Record<string, string>;
  steps: Record<string, { outcome: Result; outputs: Record<string, string> }>;
  summary: string;
}

interface Done extends StepEffects {
  outcome: Result;
  output: string;
}

/**
 * Runs a job's steps in order, as GitHub's runner does: each command in its own bash, with the documented environment,
 * conditions and files GITHUB_OUTPUT and GITHUB_STEP_SUMMARY; actions by their substitutes.
 * Throws for an action without a substitute and for an invalid expression.
 *
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
 */
export async function runJob(job: Job, setting: JobSetting): Promise<JobRun> {
  const { runner, file, contexts, env, shell, permissions } = setting;
  const path = mkdtempSync(join(runner.path, "job-"));
  const workspace = join(path, "workspace");
  mkdirSync(workspace);
  const named = typeof job.environment === "object" ? job.environment.name : job.environment;
  const environment = named === undefined ? undefined : fill(named, contexts);
  const described = { workspace, file, github: contexts.github, permissions, environment };
  const place: Place = {
    path,
    job: { ...described, variables: runner.environmentOf(described) },
    contexts,
    shell,
    substitutes: runner.substitutes,
    hasFailed: false,
    environment: fillAll({ ...env, ...job.env }, contexts),
    steps: {},
    summary: "",
  };
  const steps = await runSteps(job.steps ?? [], place);
  const outputs = fillAll(job.outputs ?? {}, { ...contexts, steps: place.steps });
  return { result: place.hasFailed ? "failure" : "success", steps, outputs, summary: place.summary };
}

async function runSteps(steps: Step[], place: Place): Promise<StepRun[]> {
  const runs: StepRun[] = [];
  for (const step of steps) {
    const outside = { ...place.contexts, env: place.environment, steps: place.steps };
    const environment = { ...place.environment, ...fillAll(step.env ?? {}, outside) };
    const contexts = { ...outside, env: environment };
    const isDue = holds(step.if, contexts, { success: !place.hasFailed, failure: place.hasFailed });
    const done: Done = isDue ? await perform(step, contexts, place) : { outcome: "skipped", output: "" };
    const { outcome, output, outputs = {} } = done;
    if (outcome === "failure") place.hasFailed = true;
    if (step.id !== undefined) place.steps[step.id] = { outcome, outputs };
    Object.assign(place.environment, done.environment);
    runs.push({ name: fill(nameOf(step), contexts), outcome, output });
  }
  return runs;
}

async function perform(step: Step, contexts: Contexts & { env: Record<string, string> }, place: Place): Promise<Done> {
  const substitute = place.substitutes[step.run ?? step.uses?.split("@")[0] ?? ""];
  const parameters = fillAll(step.with ?? {}, contexts);
  if (substitute) {
    try {
      return { outcome: "success", output: "", ...(await substitute(place.job, parameters)) };
    } catch (error) {
      return { outcome: "failure", output: error instanceof Error ? error.message : String(error) };
    }
  }
  if (step.run !== undefined) return runCommand(step.run, step, contexts, place);
  if (step.uses?.startsWith("./")) return runAction(step.uses, parameters, place);
  throw new Error(`${step.uses ?? nameOf(step)}: no stand-in here.`);
}

/** Runs a checked-out action: its steps get its inputs, no secrets, and the job's environment. */
async function runAction(uses: string, given: Record<string, string>, place: Place): Promise<Done> {
  const { inputs = {}, runs } = readAction(join(place.job.workspace, uses, "action.yml"));
  const filled = Object.entries(inputs).map(([name, input]) => [name, given[name] ?? input.default ?? ""]);
  const contexts: Contexts = { ...place.contexts, inputs: Object.fromEntries(filled) as unknown };
  delete contexts["secrets"];
  const inner = { ...place, contexts, shell: {}, hasFailed: false, steps: {} };
  const steps = await runSteps(runs.steps, inner);
  place.summary = inner.summary;
  return { outcome: inner.hasFailed ? "failure" : "success", output: steps.map(({ output }) => output).join("") };
}

async function runCommand(
  command: string,
  step: Step,
  contexts: Contexts & { env: Record<string, string> },
  place: Place,
): Promise<Done> {
  const { job, shell } = place;
  const path = mkdtempSync(join(place.path, "step-"));
  const file = (name: string, content = "") => {
    writeFileSync(join(path, name), content);
    return join(path, name);
  };
  const files = { GITHUB_OUTPUT: file("output"), GITHUB_STEP_SUMMARY: file("summary") };
  const cwd = join(job.workspace, fill(step["working-directory"] ?? "", contexts));
  if (!existsSync(cwd)) return { outcome: "failure", output: `There is no folder ${cwd}.` };
  const { exitCode, output } = await runProgram(
    "bash",
    [...bash(step.shell ?? shell.shell), file("script", fill(command, contexts))],
    { cwd, env: { ...job.variables, ...contexts.env, ...variablesOf(job), ...files } },
  );
  place.summary += readFileSync(files.GITHUB_STEP_SUMMARY, "utf8");
  try {
    const outputs = readAssignments(readFileSync(files.GITHUB_OUTPUT, "utf8"));
    return { outcome: exitCode === 0 ? "success" : "failure", output, outputs };
  } catch (error) {
    return { outcome: "failure", output: `${output}${String(error)}` };
  }
}

/** GitHub's default is a bash without pipefail: a pipe succeeds although its first program failed. */
function bash(shell: string | undefined): string[] {
  if (shell === undefined) return ["-e"];
  if (shell === "bash") return ["--noprofile", "--norc", "-eo", "pipefail"];
  throw new Error(`shell: ${shell}: only bash runs here.`);
}

/** `github.run_id` is GITHUB_RUN_ID, and so on; only the token must be passed to a step. */
function variablesOf({ github, workspace }: JobAtWork): Record<string, string> {
  const named = Object.entries(github).flatMap(([name, value]) =>
    typeof value === "string" && name !== "token" ? [[`GITHUB_${name.toUpperCase()}`, value] as const] : [],
  );
  return { CI: "true", GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: workspace, ...Object.fromEntries(named) };
}

const assignment = /^(?:([^=\n]+?)<<(\S+)\n(?:([\s\S]*?)\n)?\2|([^=\n]+)=(.*))$/gm;

/**
 * What a step wrote to GITHUB_OUTPUT. Throws for anything but assignments.
 *
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
 */
function readAssignments(text: string): Record<string, string> {
  const rest = text.replaceAll(assignment, "").trim();
  if (rest !== "") throw new Error(`Invalid format: ${rest}`);
  return Object.fromEntries(
    [...text.matchAll(assignment)].map(([, longName, , lines = "", name = "", value = ""]) =>
      longName === undefined ? [name, value] : [longName, lines],
    ),
  );
}
