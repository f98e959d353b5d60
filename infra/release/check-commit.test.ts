import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { scratchFolder } from "../testing/scratch.ts";
import { runBundle, type Ended } from "./_tests/run-bundle.ts";

// Nothing of this machine: no name and no signing, and no repository around; in a hook git would find its own by GIT_DIR.
vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null");
vi.stubEnv("GIT_CONFIG_NOSYSTEM", "1");
vi.stubEnv("GIT_CEILING_DIRECTORIES", tmpdir());
for (const name of ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"]) vi.stubEnv(name, undefined);

const usage = "terraform -chdir=infra output -json | node dist/release/check-commit.mjs COMMIT";
const remedy = "Fetch the whole history (fetch-depth: 0).";
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

function check(input: string, commit: string, cwd = repository): Promise<Ended> {
  return runBundle("check-commit", [commit], { input, cwd });
}

/** As terraform output -json prints it. */
function deployed(value: unknown): string {
  const output = { sensitive: false, type: "string" };
  return JSON.stringify({ base_url: { ...output, value: "https://example.com/prod" }, commit: { ...output, value } });
}

describe("goes on", () => {
  const none = "What is deployed names no commit: this is the first deployment, or the last one was by hand.\n";

  test.each([
    ["where nothing is deployed", "{}", none],
    ["where what is deployed has no such output", '{"base_url": {"value": "https://example.com/prod"}}', none],
    ["where it was deployed by hand", deployed("unknown"), none],
    ["with the commit that is deployed", deployed(third), `Commit ${third} is what is deployed.\n`],
    ["with a later commit", deployed(first), `Commit ${third} contains ${first}, which is deployed.\n`],
  ])("%s", async (_what, input, output) => {
    expect(await check(input, third)).toEqual({ exitCode: 0, output, errors: "" });
  });
});

describe("refuses", () => {
  const reasons = `the history was rewritten, or this is a shallow clone. ${remedy}`;

  test.each([
    ["an earlier commit", second],
    ["a commit of another branch", branch],
  ])("%s", async (_what, earlier) => {
    const errors =
      `Deployed is commit ${third}, and commit ${earlier} does not contain it: ` +
      "to deploy this one would take back what was released since. " +
      "To go back on purpose run the workflow by hand with the input commit.\n";
    expect(await check(deployed(third), earlier)).toEqual({ exitCode: 1, output: "", errors });
  });

  test("a deployed commit that git does not know", async () => {
    const errors = `Git does not know commit ${unknown}, which is deployed: ${reasons}\n`;
    expect(await check(deployed(unknown), third)).toEqual({ exitCode: 1, output: "", errors });
  });

  test("a commit to deploy that git does not know", async () => {
    const errors = `Git does not know commit ${unknown}, which is to be deployed: ${reasons}\n`;
    expect(await check(deployed(third), unknown)).toEqual({ exitCode: 1, output: "", errors });
  });

  test("to tell in a shallow clone, whose history ends too early", async () => {
    const shallow = scratchFolder();
    git("clone", "--quiet", "--depth=1", "--no-single-branch", pathToFileURL(repository).href, shallow);
    const errors = `Whether commit ${third} contains ${branch}, which is deployed, cannot be told in a shallow clone. ${remedy}\n`;
    expect(await check(deployed(branch), third, shallow)).toEqual({ exitCode: 1, output: "", errors });
  });

  test("to tell where there is no repository, in git's own words", async () => {
    const { exitCode, output, errors } = await check(deployed(first), third, scratchFolder());
    expect([exitCode, output]).toEqual([1, ""]);
    expect(errors).toMatch(/^git cat-file -e [0-9a-f]{40} failed: fatal: not a git repository/);
  });

  test.each(["", "{", "[]", "null", '"unknown"'])("%j for outputs", async (input) => {
    const errors = `What came in is not what terraform output -json prints. This is how: ${usage}\n`;
    expect(await check(input, third)).toEqual({ exitCode: 1, output: "", errors });
  });

  test.each([
    ["a short commit", deployed("0123456")],
    ["a commit in capitals", deployed("ABCDEF0123456789012345678901234567890123")],
    ["an option", deployed("--help")],
    ["nothing", deployed("")],
    ["null", deployed(null)],
    ["an output without a value", '{"commit": {}}'],
    ["what is no output", '{"commit": "unknown"}'],
  ])("%s for the deployed commit", async (_what, input) => {
    expect(await check(input, third)).toEqual({
      exitCode: 1,
      output: "",
      errors: 'The output commit must be 40 hex digits or "unknown".\n',
    });
  });

  test.each([[[]], [[""]], [["main"]], [["0123456"]], [[unknown, unknown]]])(
    "the parameters %j",
    async (parameters) => {
      const errors = `Name the commit to deploy by its 40 hex digits: ${usage}\n`;
      expect(await runBundle("check-commit", parameters, { input: "{}", cwd: repository })).toEqual({
        exitCode: 2,
        output: "",
        errors,
      });
    },
  );
});
