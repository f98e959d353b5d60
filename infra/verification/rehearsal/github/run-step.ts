import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../programs.ts";
import { readAssignments } from "./assignments.ts";
import { fill, fillAll, fillTyped, holds, type Contexts } from "./expressions.ts";
import type { JobAtWork, JobSetting, StepEffects } from "./runner.ts";
import { nameOf, readAction, type Defaults, type Step } from "./workflow-file.ts";

export type Result = "success" | "failure" | "skipped";

export interface StepRun {
  name: string;
  outcome: Result;
  /** What it printed, or what made it fail. */
  output: string;
}

/** What the steps of a job leave for those after them. */
export interface JobState {
  hasFailed: boolean;
  environment: Record<string, string>;
  /** Those that have an id, as expressions see them. */
  steps: Record<string, { outcome: Result; conclusion: Result; outputs: Record<string, string> }>;
  summary: string;
}

interface StepSetting extends Pick<JobSetting, "runner" | "contexts"> {
  /** A folder that does not exist yet, for the files of this step. */
  path: string;
  defaults: NonNullable<Defaults["run"]>;
  atWork: JobAtWork;
  state: JobState;
}

/** What came of a step that was not skipped. */
interface Done {
  outcome: Result;
  output: string;
  effects: StepEffects;
}

/** Runs one step, unless its condition does not hold, and keeps in the state what it leaves. */
export async function runStep(step: Step, setting: StepSetting): Promise<StepRun> {
  const { state } = setting;
  const outside = { ...setting.contexts, env: state.environment, steps: state.steps };
  const environment = { ...state.environment, ...fillAll(step.env ?? {}, outside) };
  const contexts = { ...outside, env: environment };
  const isDue = holds(step.if, contexts, { success: !state.hasFailed, failure: state.hasFailed });
  const { outcome, output, effects } = isDue ? await perform(step, contexts, environment, setting) : skipped;
  const mayFail = fillTyped(String(step["continue-on-error"] ?? false), contexts);
  const conclusion = outcome === "failure" && String(mayFail) === "true" ? "success" : outcome;
  if (conclusion === "failure") state.hasFailed = true;
  if (step.id !== undefined) state.steps[step.id] = { outcome, conclusion, outputs: effects.outputs ?? {} };
  Object.assign(state.environment, effects.environment);
  return { name: fill(nameOf(step), contexts), outcome, output };
}

const skipped: Done = { outcome: "skipped", output: "", effects: {} };

async function perform(
  step: Step,
  contexts: Contexts,
  environment: Record<string, string>,
  setting: StepSetting,
): Promise<Done> {
  const substitute = setting.runner.substitutes[step.run ?? step.uses?.split("@")[0] ?? ""];
  if (!substitute && step.uses?.startsWith("./")) return runAction(step, step.uses, contexts, setting);
  if (!substitute) return runCommand(step, contexts, environment, setting);
  try {
    const effects = await substitute(setting.atWork, fillAll(step.with ?? {}, contexts));
    return { outcome: "success", output: "", effects: effects ?? {} };
  } catch (error) {
    return { outcome: "failure", output: error instanceof Error ? error.message : String(error), effects: {} };
  }
}

/** Runs the steps of an action that was checked out: they know its inputs and no secret, and share the job's environment. */
async function runAction(step: Step, uses: string, contexts: Contexts, setting: StepSetting): Promise<Done> {
  const { path, atWork, state } = setting;
  const { inputs = {}, runs } = readAction(join(atWork.workspace, uses, "action.yml"));
  const given = fillAll(step.with ?? {}, contexts);
  const unknown = Object.keys(given).filter((name) => !(name in inputs));
  if (unknown.length > 0) throw new Error(`${uses} has no input ${unknown.join(", ")}.`);
  const missing = Object.entries(inputs).filter(([name, { required = false }]) => required && !(name in given));
  if (missing.length > 0) throw new Error(`${uses} needs the input ${missing.map(([name]) => name).join(", ")}.`);
  const filled = Object.entries(inputs).map(([name, input]) => [name, given[name] ?? input.default ?? ""]);
  const inner: JobState = { ...state, hasFailed: false, steps: {} };
  const others = { ...setting.contexts };
  delete others["secrets"];
  const outputs: string[] = [];
  for (const [index, each] of runs.steps.entries()) {
    const { output } = await runStep(each, {
      ...setting,
      path: `${path}-${index + 1}`,
      contexts: { ...others, inputs: Object.fromEntries(filled) as unknown },
      state: inner,
    });
    outputs.push(output);
  }
  state.summary = inner.summary;
  return { outcome: inner.hasFailed ? "failure" : "success", output: outputs.join(""), effects: {} };
}

async function runCommand(
  step: Step,
  contexts: Contexts,
  environment: Record<string, string>,
  setting: StepSetting,
): Promise<Done> {
  const { path, defaults, atWork, state } = setting;
  if (step.run === undefined) throw new Error(`${step.uses ?? nameOf(step)}: nothing stands for it here.`);
  mkdirSync(path);
  const file = (name: string, content = "") => {
    writeFileSync(join(path, name), content);
    return join(path, name);
  };
  const files = { GITHUB_OUTPUT: file("output"), GITHUB_ENV: file("env"), GITHUB_STEP_SUMMARY: file("summary") };
  const cwd = join(atWork.workspace, fill(step["working-directory"] ?? defaults["working-directory"] ?? "", contexts));
  if (!existsSync(cwd)) return { outcome: "failure", output: `There is no folder ${cwd}.`, effects: {} };
  const { exitCode, output } = await runProgram(
    "bash",
    [...bash(step.shell ?? defaults.shell), file("script", fill(step.run, contexts))],
    {
      cwd,
      env: { ...atWork.variables, ...environment, ...variablesOf(atWork), ...files },
    },
  );
  state.summary += readFileSync(files.GITHUB_STEP_SUMMARY, "utf8");
  try {
    const written = {
      environment: readAssignments(readFileSync(files.GITHUB_ENV, "utf8")),
      outputs: readAssignments(readFileSync(files.GITHUB_OUTPUT, "utf8")),
    };
    return { outcome: exitCode === 0 ? "success" : "failure", output, effects: written };
  } catch (error) {
    return { outcome: "failure", output: `${output}${String(error)}`, effects: {} };
  }
}

/** GitHub's default is a bash without pipefail, where a pipe succeeds although its first program has failed. */
function bash(shell: string | undefined): string[] {
  if (shell === undefined) return ["-e"];
  if (shell === "bash") return ["--noprofile", "--norc", "-eo", "pipefail"];
  throw new Error(`shell: ${shell}: only bash is run here.`);
}

/** `github.run_id` is GITHUB_RUN_ID, and so on; only the token has to be handed to a step. */
function variablesOf({ github, workspace }: JobAtWork): Record<string, string> {
  const named = Object.entries(github).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string" && entry[0] !== "token",
  );
  const variables = Object.fromEntries(named.map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, value]));
  return { CI: "true", GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: workspace, ...variables };
}
