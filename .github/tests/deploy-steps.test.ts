import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { scratchFolder } from "../../infra/testing/scratch.ts";
import { jobsIn, readTexts } from "./workflows.ts";

// Steps of deploy.yml and deploy-stage.yml that decide with git, Terraform and aws.

// Isolated from this machine: no name, no signing and no outer repository, which GIT_DIR would give in a hook.
vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null");
vi.stubEnv("GIT_CONFIG_NOSYSTEM", "1");
vi.stubEnv("GIT_CEILING_DIRECTORIES", tmpdir());
for (const name of ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"]) vi.stubEnv(name, undefined);

const steps = jobsIn(readTexts()).flatMap((job) => job.steps);

const unknown = "0123456789012345678901234567890123456789";
const repository = scratchFolder();
git("init", "--quiet", "--initial-branch=main");
const [first, second, third] = [commit("1"), commit("2"), commit("3")];
git("update-ref", "refs/remotes/origin/main", third);
git("checkout", "--quiet", "-b", "branch", first);
const branch = commit("Not 2, though of the same second");

function git(...command: string[]): string {
  const author = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
  return execFileSync("git", ["-C", repository, ...author, ...command], { encoding: "utf8" }).trim();
}

function commit(message: string): string {
  git("commit", "--quiet", "--allow-empty", `--message=${message}`);
  return git("rev-parse", "HEAD");
}

const bin = scratchFolder({
  terraform: '#!/bin/sh\nprintf %s "$OUTPUTS"\nexit "$TERRAFORM_EXIT"\n',
  aws: '#!/bin/sh\nprintf "$BLOCK"\nexit "$AWS_EXIT"\n',
});
for (const name of ["terraform", "aws"]) chmodSync(join(bin, name), 0o755);

/** Runs a step as GitHub does. */
function runStep(name: string, environment: Record<string, string>, cwd = repository) {
  const { run = "exit 9" } = steps.find((step) => step.name === name) ?? {};
  const { status, stdout } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", run], {
    cwd,
    env: { ...process.env, ...environment, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` },
    encoding: "utf8",
  });
  return { status, stdout };
}

describe("a deployment takes", () => {
  const find = (wanted: string) => {
    const output = join(scratchFolder({ output: "" }), "output");
    const ended = runStep("Find the commit on main", { WANTED: wanted, GITHUB_OUTPUT: output });
    return { ...ended, output: readFileSync(output, "utf8") };
  };

  test.each([
    ["main's newest commit", third, third],
    ["an older one of main", first, first],
    ["the start of its name", second.slice(0, 10), second],
  ])("%s", (_what, wanted, commit) => {
    expect(find(wanted)).toEqual({ status: 0, stdout: "", output: `commit=${commit}\n` });
  });

  test.each([
    ["a commit of another branch", branch],
    ["another branch", "branch"],
    ["an unknown commit", unknown],
    ["an option", "--help"],
  ])("not %s", (_what, wanted) => {
    const { status, stdout, output } = find(wanted);
    expect([status, output, stdout]).toEqual([
      1,
      "",
      expect.stringMatching(`^::error::${wanted} is not a commit of main: .*\\n$`),
    ]);
  });
});

describe("images must stay private:", () => {
  const look = (block: string, { bucket = "images", exit = 0 } = {}) =>
    runStep("Refuse images that are open to the public", {
      OUTPUTS: bucket,
      TERRAFORM_EXIT: "0",
      BLOCK: block,
      AWS_EXIT: String(exit),
    });
  const refusal = "::error::images does not block public access: turn on all four settings of Block Public Access.\n";

  test.each([
    ["with all four settings on", look("True\tTrue\tTrue\tTrue\n")],
    ["without a bucket", look("", { bucket: "", exit: 1 })],
  ])("%s a deployment continues", (_what, ended) => {
    expect(ended).toEqual({ status: 0, stdout: "" });
  });

  test.each([
    ["with one off", look("True\tTrue\tFalse\tTrue\n"), refusal],
    ["with none", look("None\n"), refusal],
    ["with no answer", look(""), refusal],
    ["if aws fails", look("True\n", { exit: 1 }), ""],
  ])("%s it stops", (_what, { status, stdout }, sentence) => {
    expect([status, stdout]).toEqual([1, sentence]);
  });
});

/** Runs the step that compares the deployed commit, with these outputs from Terraform. */
function check(outputs: string, commit: string, { cwd = repository, exit = 0 } = {}) {
  const environment = { OUTPUTS: outputs, TERRAFORM_EXIT: String(exit), COMMIT: commit };
  return runStep("Refuse to go back", environment, cwd);
}

/** As terraform output -json prints it. */
function deployed(value: unknown): string {
  return JSON.stringify({ base_url: { value: "https://example.com/prod" }, commit: { sensitive: false, value } });
}

describe("a deployment continues", () => {
  test.each([
    ["if nothing is deployed", "{}"],
    ["if the deployed stack has no such output", '{"base_url": {"value": "https://example.com/prod"}}'],
    ["if it was deployed by hand", deployed("unknown")],
    ["with the deployed commit", deployed(third)],
    ["with a later commit", deployed(first)],
  ])("%s", (_what, outputs) => {
    expect(check(outputs, third)).toEqual({ status: 0, stdout: "" });
  });
});

const goesBack = "deploying it would take back what was released since. To go back on purpose";
const isRewritten = "main lost it too, by an amend or a force-push. To deploy this one instead";

describe("a deployment stops", () => {
  test.each([
    ["for an earlier commit", third, second, goesBack],
    ["for a commit of another branch", third, branch, goesBack],
    ["if git does not know the commit to deploy", third, unknown, goesBack],
    ["if the deployed commit was amended and is still known", branch, third, isRewritten],
    ["if the deployed commit was amended and is gone", unknown, third, isRewritten],
  ])("%s, and says the way out", (_what, before, commit, why) => {
    expect(check(deployed(before), commit)).toEqual({
      status: 1,
      stdout: `::error::Commit ${before} is deployed, and commit ${commit} does not contain it: ${why}, run the workflow by hand: gh workflow run deploy.yml --raw-field commit=${commit}\n`,
    });
  });

  test.each([
    ["if the deployed commit is an option", deployed("--help")],
    ["if the deployed commit is empty", deployed("")],
    ["if the deployed commit is null", deployed(null)],
    ["if the output has no value", '{"commit": {}}'],
  ])("%s", (_what, outputs) => {
    const { status, stdout } = check(outputs, third);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^::error::Commit .* is deployed, and commit [0-9a-f]{40} does not contain it: /m);
  });

  test("if there is no repository", () => {
    expect(check(deployed(first), third, { cwd: scratchFolder() }).status).toBe(1);
  });

  test.each(["", "{", "null"])("if Terraform prints %j", (outputs) => {
    expect(check(outputs, third)).toEqual({ status: 1, stdout: "" });
  });

  test("if Terraform fails", () => {
    expect(check("{}", third, { exit: 1 })).toEqual({ status: 1, stdout: "" });
  });
});
