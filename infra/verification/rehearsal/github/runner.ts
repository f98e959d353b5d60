import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Job, Step } from "../../../../.github/tests/workflows.ts";
import { runProgram } from "../programs.ts";
import { fill, fillAll, holds, type Contexts } from "./expressions.ts";
import { inputsOf, nameOf, readAction } from "./workflow-file.ts";

interface Runner {
  path: string;
  environmentOf: (job: JobAtWork) => NodeJS.ProcessEnv;
  /** Stand-ins for actions, by name without the version, and for commands. They throw to fail. */
  substitutes: Record<string, Substitute>;
}

export type Substitute = (job: JobAtWork, parameters: Record<string, string>) => unknown;

export interface JobAtWork {
  workspace: string;
  file: string;
  github: Record<string, unknown>;
  permissions: Record<string, string>;
  environment: string | undefined;
  /** The machine's variables, and the job's own, to which an action may add some for later steps. */
  variables: NodeJS.ProcessEnv;
  env: Record<string, string>;
}

export interface JobSetting {
  file: string;
  runner: Runner;
  contexts: Contexts & {
    github: Record<string, unknown> & { event_name: string };
    vars: Record<string, string>;
    secrets: Record<string, string>;
  };
}

export type Result = "success" | "failure" | "skipped";

export interface JobRun {
  result: Result;
  steps: { name: string; outcome: Result; output: string }[];
  outputs: Record<string, string>;
  summary: string;
}

/** What the steps of a job share, or those of one of its actions. */
interface Place {
  path: string;
  job: JobAtWork;
  contexts: Contexts;
  substitutes: Runner["substitutes"];
  hasFailed: boolean;
  steps: Record<string, { outcome: Result; outputs: Record<string, string> }>;
}

type StepContexts = Contexts & Pick<JobAtWork, "env">;

interface Done {
  outcome: Result;
  output: string;
  outputs?: Record<string, string>;
}

/**
 * Runs the steps of a job as GitHub does, in an empty folder.
 *
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
 */
export async function runJob(job: Job, { file, runner, contexts }: JobSetting): Promise<JobRun> {
  const path = mkdtempSync(join(runner.path, "job-"));
  const [workspace, summary] = [join(path, "workspace"), join(path, "summary")];
  mkdirSync(workspace);
  writeFileSync(summary, "");
  const environment = typeof job.environment === "object" ? job.environment.name : job.environment;
  const atWork: JobAtWork = {
    workspace,
    file,
    github: contexts.github,
    permissions: job.permissions ?? {},
    environment: environment && fill(environment, contexts),
    variables: {},
    env: fillAll(job.env, contexts),
  };
  atWork.variables = runner.environmentOf(atWork);
  const place: Place = {
    path,
    job: atWork,
    contexts,
    substitutes: runner.substitutes,
    hasFailed: false,
    steps: {},
  };
  const steps = await runSteps(job.steps ?? [], place);
  const outputs = fillAll(job.outputs, { ...contexts, steps: place.steps });
  return { result: place.hasFailed ? "failure" : "success", steps, outputs, summary: readFileSync(summary, "utf8") };
}

async function runSteps(steps: Step[], place: Place): Promise<JobRun["steps"]> {
  const runs: JobRun["steps"] = [];
  for (const step of steps) {
    const outside = { ...place.contexts, env: place.job.env, steps: place.steps };
    const contexts = { ...outside, env: { ...place.job.env, ...fillAll(step.env, outside) } };
    const isDue = holds(step.if, contexts, { success: !place.hasFailed, failure: place.hasFailed });
    const done: Done = isDue ? await perform(step, contexts, place) : { outcome: "skipped", output: "" };
    const { outcome, output, outputs = {} } = done;
    if (outcome === "failure") place.hasFailed = true;
    if (step.id !== undefined) place.steps[step.id] = { outcome, outputs };
    runs.push({ name: fill(nameOf(step), contexts), outcome, output });
  }
  return runs;
}

async function perform(step: Step, contexts: StepContexts, place: Place): Promise<Done> {
  const substitute = place.substitutes[step.run ?? step.uses?.split("@")[0] ?? ""];
  const parameters = fillAll(step.with, contexts);
  if (substitute) {
    try {
      await substitute(place.job, parameters);
      return { outcome: "success", output: "" };
    } catch (error) {
      return { outcome: "failure", output: (error as Error).message };
    }
  }
  if (step.run !== undefined) return runCommand(step.run, step, contexts, place);
  if (step.uses?.startsWith("./")) return runAction(step.uses, parameters, place);
  throw new Error(`${step.uses ?? nameOf(step)}: no stand-in here.`);
}

/** Runs a checked-out action: its steps get its inputs, no secrets, and the job's environment. */
async function runAction(uses: string, given: Record<string, string>, place: Place): Promise<Done> {
  const { inputs, runs } = readAction(join(place.job.workspace, uses, "action.yml"));
  const contexts: Contexts = { ...place.contexts, inputs: inputsOf(inputs, given) };
  delete contexts["secrets"];
  const inner = { ...place, contexts, hasFailed: false, steps: {} };
  const steps = await runSteps(runs.steps, inner);
  return { outcome: inner.hasFailed ? "failure" : "success", output: steps.map(({ output }) => output).join("") };
}

/** Of one line: no workflow here writes more. */
const assignment = /^([^=<\n]+)=(.*)$/gm;

async function runCommand(command: string, step: Step, contexts: StepContexts, place: Place): Promise<Done> {
  const { job } = place;
  const path = mkdtempSync(join(place.path, "step-"));
  const file = (name: string, content = "") => {
    writeFileSync(join(path, name), content);
    return join(path, name);
  };
  const files = { GITHUB_OUTPUT: file("output"), GITHUB_STEP_SUMMARY: join(place.path, "summary") };
  const cwd = join(job.workspace, fill(step["working-directory"] ?? "", contexts));
  if (!existsSync(cwd)) return { outcome: "failure", output: `There is no folder ${cwd}.` };
  const bash = ["--noprofile", "--norc", "-eo", "pipefail", file("script", fill(command, contexts))];
  const env = { ...job.variables, ...contexts.env, ...variablesOf(job), ...files };
  const { exitCode, output } = await runProgram("bash", bash, { cwd, env });
  const written = readFileSync(files.GITHUB_OUTPUT, "utf8");
  const invalid = written.replaceAll(assignment, "").trim();
  if (invalid !== "") return { outcome: "failure", output: `${output}Error: Invalid format: ${invalid}` };
  const assigned = [...written.matchAll(assignment)].map(([, name = "", value = ""]) => [name, value] as const);
  const outputs = Object.fromEntries(assigned);
  return { outcome: exitCode === 0 ? "success" : "failure", output, outputs };
}

/** `github.run_id` is GITHUB_RUN_ID, and so on; only the token must be passed to a step. */
function variablesOf({ github, workspace }: JobAtWork): Record<string, string> {
  const named = Object.entries(github).flatMap(([name, value]) =>
    typeof value === "string" && name !== "token" ? [[`GITHUB_${name.toUpperCase()}`, value] as const] : [],
  );
  return { CI: "true", GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: workspace, ...Object.fromEntries(named) };
}
