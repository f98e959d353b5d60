// Refuses to deploy a commit that does not contain what is deployed: somebody who runs last week's run
// again would take back a week of releases, and be told that all is well.
import { spawnSync } from "node:child_process";
import { runCommand } from "./_shared/command.ts";
import { readOutputs } from "./_shared/outputs.ts";

const usage = "terraform -chdir=infra output -json | node dist/release/check-commit.mjs COMMIT";
const remedy = "Fetch the whole history (fetch-depth: 0).";
const fullHash = /^[0-9a-f]{40}$/;
const [commit = "", ...more] = process.argv.slice(2);
const isMisused = !fullHash.test(commit) || more.length > 0;

await runCommand(usage, isMisused && "Name the commit to deploy by its 40 hex digits", (input) => {
  console.log(compare(deployedCommit(readOutputs(input, usage)), commit));
});

/** The output `commit` of what is deployed, undefined where there is none. */
function deployedCommit(outputs: Record<string, unknown>): string | undefined {
  if (!Object.hasOwn(outputs, "commit")) return undefined;
  const value = outputs["commit"];
  if (value === "unknown") return undefined; // deployed by hand: the default of the variable in infra/variables.tf
  if (typeof value !== "string" || !fullHash.test(value))
    throw new Error('The output commit must be 40 hex digits or "unknown".');
  return value;
}

/** Says why this commit may be deployed; throws a sentence where it may not. Asks git in the folder that it runs in. */
function compare(deployed: string | undefined, commit: string): string {
  if (deployed === undefined)
    return "What is deployed names no commit: this is the first deployment, or the last one was by hand.";
  if (deployed === commit) return `Commit ${commit} is what is deployed.`;
  expectKnown(deployed, "which is deployed");
  expectKnown(commit, "which is to be deployed");
  if (git("merge-base", "--is-ancestor", deployed, commit))
    return `Commit ${commit} contains ${deployed}, which is deployed.`;
  if (isShallow()) {
    throw new Error(
      `Whether commit ${commit} contains ${deployed}, which is deployed, cannot be told in a shallow clone. ${remedy}`,
    );
  }
  throw new Error(
    `Deployed is commit ${deployed}, and commit ${commit} does not contain it: ` +
      "to deploy this one would take back what was released since. " +
      "To go back on purpose run the workflow by hand with the input commit.",
  );
}

function expectKnown(commit: string, role: string): void {
  if (!git("cat-file", "-e", commit))
    throw new Error(
      `Git does not know commit ${commit}, ${role}: the history was rewritten, or this is a shallow clone. ${remedy}`,
    );
}

/** The yes (0) or no (1) of a git command. Throws git's own words when it answers neither. */
function git(...command: string[]): boolean {
  const { status, stderr, error } = spawnSync("git", command, { encoding: "utf8" });
  if (status === 0 || status === 1) return status === 0;
  throw new Error(`git ${command.join(" ")} failed: ${error?.message ?? stderr.trim()}`);
}

function isShallow(): boolean {
  return spawnSync("git", ["rev-parse", "--is-shallow-repository"], { encoding: "utf8" }).stdout.trim() === "true";
}
