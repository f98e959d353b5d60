import { appendFileSync } from "node:fs";

/** A stage's name, as in oidc/variables.tf: it becomes part of file names and Markdown. */
export const stageName = /^[a-z][a-z0-9]{1,11}$/;

/** https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message */
export function refuse(sentence: string): never {
  const escaped = sentence.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  console.error(`::error::${escaped}`);
  process.exit(1);
}

/** Never prints the value, which may be a secret. */
export function readVariable(name: string, pattern: RegExp, what: string): string {
  const value = process.env[name] ?? "";
  return pattern.test(value) ? value : refuse(`The environment variable ${name} must be ${what}.`);
}

export function addToSummary(markdown: string): void {
  const file = process.env["GITHUB_STEP_SUMMARY"];
  if (file) appendFileSync(file, markdown);
}
