import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFunctions } from "../../build/functions.ts";
import { follow } from "./follow.ts";
import { expectContent, makeFork, type Fork } from "./fork.ts";

/** Type checks, builds and suites run in processes of their own. */
const patience_ms = 600_000;

const names = readFunctions().map(({ name }) => name);

/** What a test would say in one sentence each, where it fails for them. */
function sentencesIn(said: string): string[] {
  return said
    .split("\n")
    .flatMap((line) => /^(?:Error: )?((?:functions\/openapi\.yaml|README\.md): .*)$/.exec(line)?.[1] ?? []);
}

const tellingSuites = ["functions/get-event", "infra/testing", "infra/build/tidy.test.ts"];

/** What is fast to try and tells most; `FORKS=whole npm test` tries all that `npm test` does. */
async function expectGoodFork({ build, run, runSuites }: Fork): Promise<void> {
  await expectContent(run("typescript/bin/tsc"));
  await expectContent(build());
  await expectContent(
    process.env["FORKS"] === "whole"
      ? runSuites()
      : runSuites("--project", "source", "--project", "infra", ...tellingSuites),
  );
}

const forks = [
  { what: "create and get", without: names.filter((name) => !["create-event", "get-event"].includes(name)) },
  { what: "all but images", without: ["create-upload-url", "get-image", "label-image"] },
  { what: "all but lists", without: ["list-events"] },
].filter(({ without }) => without.length > 0 && without.every((name) => names.includes(name))); // this may be such a fork

test.each(forks)(
  "who takes $what deletes folders, then what the checks name, and all is well",
  { timeout: patience_ms },
  async ({ without }) => {
    const fork = makeFork();
    for (const name of without) rmSync(join(fork.path, "functions", name), { recursive: true });
    const { said } = await fork.runSuites("infra/testing/routes.test.ts");
    const sentences = sentencesIn(said);
    expect(sentences.length, said).toBeGreaterThan(0);
    for (const sentence of sentences) follow(fork, sentence);
    await expectContent(fork.run("prettier/bin/prettier.cjs", "--write", "functions/openapi.yaml"));
    await expectGoodFork(fork);
  },
);

test("who deletes infra/verification has a project that builds and is tested", { timeout: patience_ms }, async () => {
  const fork = makeFork();
  rmSync(join(fork.path, "infra/verification"), { recursive: true });
  await expectGoodFork(fork);
});
