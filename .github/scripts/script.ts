import { appendFileSync } from "node:fs";

/**
 * Runs a script to its end. An error is one sentence on the console, shown on the page of the run too when GitHub Actions
 * runs it, and exit code 1; there is no stack.
 *
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
 */
export async function runScript(script: () => Promise<void>): Promise<void> {
  try {
    await script();
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error);
    const escaped = sentence.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
    console.error(process.env["GITHUB_ACTIONS"] === "true" ? `::error::${escaped}` : sentence);
    process.exitCode = 1;
  }
}

/** A stage's name, as oidc/variables.tf has it: it goes into a file's name and into Markdown. */
export const stageName = /^[a-z][a-z0-9]{1,11}$/;

/** The environment variable `name`. Throws what it must be, and never what it is, for it may be a secret. */
export function expectVariable(name: string, pattern: RegExp, what: string, environment = process.env): string {
  const value = environment[name] ?? "";
  if (!pattern.test(value))
    throw new Error(
      `The environment variable ${name} must be ${what}${value === "" ? "; it is empty or not set" : ""}.`,
    );
  return value;
}

/** Where the run is that a comment links to. */
export function expectRunUrl(): string {
  return expectVariable("RUN_URL", /^https?:\/\/[^\s()<>]+$/, "the address of the run");
}

/** Reads `FOLDER STAGE...` from the command line; throws how `script` is called. */
export function expectFolderAndStages(script: string): { folder: string; stages: string[] } {
  const [folder = "", ...stages] = process.argv.slice(2);
  if (folder === "" || stages.length === 0 || !stages.every((stage) => stageName.test(stage))) {
    throw new Error(
      `Call it with the folder of the plans and the stages, like: node .github/scripts/${script} plans staging prod`,
    );
  }
  return { folder, stages };
}

/** Adds to the page of the job, where GitHub Actions runs it. */
export function addToSummary(markdown: string): void {
  const file = process.env["GITHUB_STEP_SUMMARY"];
  if (file !== undefined && file !== "") appendFileSync(file, markdown);
}
