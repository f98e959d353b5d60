import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { scratchFolder } from "../../infra/testing/scratch.ts";
import { jobsIn, readTexts } from "./workflows.ts";

// Nothing of this machine: no name and no signing, and no repository around; in a hook git would find its own by GIT_DIR.
vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null");
vi.stubEnv("GIT_CONFIG_NOSYSTEM", "1");
vi.stubEnv("GIT_CEILING_DIRECTORIES", tmpdir());
for (const name of ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"]) vi.stubEnv(name, undefined);

const steps = jobsIn(readTexts()).flatMap((job) => job.steps);
const { run = "exit 9" } = steps.find(({ name }) => name === "Refuse to go back") ?? {};

const unknown = "0123456789012345678901234567890123456789";
const repository = scratchFolder();
git("init", "--quiet", "--initial-branch=main");
const [first, second, third] = [commit(), commit(), commit()];
git("checkout", "--quiet", "-b", "branch", first);
const branch = commit();

function git(...command: string[]): string {
  const author = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
  return execFileSync("git", ["-C", repository, ...author, ...command], { encoding: "utf8" }).trim();
}

function commit(): string {
  git("commit", "--quiet", "--allow-empty", "--message=Change");
  return git("rev-parse", "HEAD");
}

const bin = scratchFolder({ terraform: '#!/bin/sh\nprintf %s "$OUTPUTS"\nexit "$TERRAFORM_EXIT"\n' });
chmodSync(`${bin}/terraform`, 0o755);

/** Runs the step of the deployment as GitHub does, where Terraform prints these outputs. */
function check(outputs: string, commit: string, { cwd = repository, exit = 0 } = {}) {
  const env = { OUTPUTS: outputs, TERRAFORM_EXIT: String(exit), COMMIT: commit };
  const { status, stdout } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", run], {
    cwd,
    env: { ...process.env, ...env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` },
    encoding: "utf8",
  });
  return { status, stdout };
}

/** As terraform output -json prints it. */
function deployed(value: unknown): string {
  return JSON.stringify({ base_url: { value: "https://example.com/prod" }, commit: { sensitive: false, value } });
}

describe("a deployment goes on", () => {
  test.each([
    ["where nothing is deployed", "{}"],
    ["where what is deployed has no such output", '{"base_url": {"value": "https://example.com/prod"}}'],
    ["where it was deployed by hand", deployed("unknown")],
    ["with the commit that is deployed", deployed(third)],
    ["with a later commit", deployed(first)],
  ])("%s", (_what, outputs) => {
    expect(check(outputs, third)).toEqual({ status: 0, stdout: "" });
  });
});

describe("a deployment stops", () => {
  test.each([
    ["for an earlier commit", deployed(third), second],
    ["for a commit of another branch", deployed(third), branch],
    ["where git does not know the deployed commit", deployed(unknown), third],
    ["where git does not know the commit to deploy", deployed(third), unknown],
    ["where the deployed commit is an option", deployed("--help"), third],
    ["where the deployed commit is empty", deployed(""), third],
    ["where the deployed commit is null", deployed(null), third],
    ["where the output has no value", '{"commit": {}}', third],
  ])("%s", (_what, outputs, commit) => {
    const { status, stdout } = check(outputs, commit);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^::error::Deployed is commit .*, and commit [0-9a-f]{40} does not contain it: /m);
  });

  test("where there is no repository", () => {
    expect(check(deployed(first), third, { cwd: scratchFolder() }).status).toBe(1);
  });

  test.each(["", "{", "null"])("where Terraform prints %j", (outputs) => {
    expect(check(outputs, third)).toEqual({ status: 1, stdout: "" });
  });

  test("where Terraform fails", () => {
    expect(check("{}", third, { exit: 1 })).toEqual({ status: 1, stdout: "" });
  });
});
