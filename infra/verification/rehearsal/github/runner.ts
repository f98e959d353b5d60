import type { Contexts } from "./expressions.ts";
import type { Defaults, Permissions, Texts } from "./workflow-file.ts";

/** Stands for GitHub's machine. */
export interface Runner {
  /** A folder, in which each job gets one of its own. */
  path: string;
  /** What a job's programs find in their environment, whatever the workflow says. */
  environmentOf: (job: JobDescription) => NodeJS.ProcessEnv;
  /** What is done instead of an action, by its name without the version, or instead of a command, to the letter. */
  substitutes: Record<string, Substitute>;
}

/** Throws what makes the step fail. */
export type Substitute = (
  job: JobAtWork,
  parameters: Record<string, string>,
) => StepEffects | undefined | Promise<StepEffects | undefined>;

export interface JobDescription {
  /** Where its commands run; empty until something is checked out. */
  workspace: string;
  /** The workflow that it is in. */
  file: string;
  github: Record<string, unknown>;
  permissions: Permissions;
  /** The name of the GitHub environment, where the job has one. */
  environment: string | undefined;
}

/** What a substitute may need to know of the job. */
export interface JobAtWork extends JobDescription {
  /** The environment variables of the machine. */
  variables: NodeJS.ProcessEnv;
}

export interface StepEffects {
  /** For the steps after it. */
  environment?: Record<string, string>;
  outputs?: Record<string, string>;
}

/** What a job gets from its workflow. */
export interface JobSetting {
  runner: Runner;
  file: string;
  /** `github`, `inputs`, `vars`, `secrets`, `needs` and `matrix`. */
  contexts: Contexts & { github: Record<string, unknown> };
  env: Texts;
  defaults: Defaults | undefined;
  permissions: Permissions;
}
