import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { validate, type ValidationConfig } from "@actions/languageservice";
import { describe, expect, test } from "vitest";
import { TextDocument } from "vscode-languageserver-textdocument";
import { actions } from "./actions.ts";
import { jobsOf, parseWorkflows, readTexts, root, workflowsPath } from "./workflows.ts";

const texts = readTexts();

let documents = 0;

/** What GitHub's editor would underline: keys, types, expressions, contexts, needs, inputs of actions and workflows. */
async function complaintsAbout(text: string): Promise<string[]> {
  const uri = pathToFileURL(join(workflowsPath, `${++documents}.yml`)).href; // what it has read it keeps by this name
  const found = await validate(TextDocument.create(uri, "github-actions-workflow", 1, text), knowledge);
  return found.map(({ message, range }) => `line ${range.start.line + 1}: ${JSON.stringify(message)}`);
}

/** What GitHub would look up: the inputs of the actions, and the workflows that are called. */
const knowledge: ValidationConfig = {
  actionsMetadataProvider: {
    fetchActionMetadata: ({ owner, name }) => {
      const action = actions[`${owner}/${name}`];
      if (!action) return Promise.resolve(undefined);
      const inputs = Object.fromEntries(action.inputs.map((input) => [input, { description: input }]));
      return Promise.resolve({ name, description: name, inputs });
    },
  },
  fileProvider: {
    getFileContent: (reference) => {
      if (!("path" in reference)) throw new Error("The workflows call only workflows of this repository.");
      return Promise.resolve({ name: reference.path, content: readFileSync(join(root, reference.path), "utf8") });
    },
  },
};

describe.each(Object.entries(texts))("%s", (_file, text) => {
  test("is what GitHub takes for a workflow", async () => {
    expect(await complaintsAbout(text)).toEqual([]);
  });
});

test.each([
  ["a misspelt key", "deploy.yml", "timeout-minutes: 10", "timeout-minuts: 10"],
  ["an unknown job in needs", "deploy.yml", "needs: [ready, ci]", "needs: [ready, cj]"],
  ["an expression that does not parse", "ci.yml", "${{ matrix.node }}", "${{ matrix.node"],
  ["a step that there is not", "deploy.yml", "steps.digest.outputs", "steps.digset.outputs"],
  ["an unknown scope", "ci.yml", "contents: read", "content: read"],
  ["a misspelt input of an action", "ci.yml", "persist-credentials", "persist-credential"],
  ["an input that the called workflow has not", "deploy.yml", "      stage: staging", "      stag: staging"],
  ["a missing input of the called workflow", "deploy.yml", "      stage: staging\n", ""],
])("this test notices %s", async (_what, file, old, wrong) => {
  const text = texts[file] ?? "";
  expect(text).toContain(old);
  expect(await complaintsAbout(text.replace(old, wrong))).not.toEqual([]);
});

const shellLines = jobsOf(parseWorkflows(texts)).flatMap(({ where, steps }) =>
  steps.flatMap(({ run }, index) => (run === undefined ? [] : [{ where: `${where}, step ${index + 1}`, run }])),
);

/** What a program that checks shell, given as its standard input, says of each step. */
function complaintsOf(program: string, ...parameters: string[]): string[] {
  return shellLines.flatMap(({ where, run }) => {
    const { status, output } = spawnSync(program, parameters, { input: run, encoding: "utf8" });
    return status === 0 ? [] : [`${where}: ${output.join("")}`];
  });
}

test("the steps are valid shell", () => {
  expect(complaintsOf("bash", "-n")).toEqual([]);
});

test("shellcheck warns of nothing in the steps", ({ skip }) => {
  const isThere = (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, "shellcheck")));
  skip(!isThere, "there is no shellcheck on this machine; GitHub's runners have it");
  // SC2154: it cannot know what `env:` assigns, and takes TF_VAR_region for a variable of the script.
  expect(complaintsOf("shellcheck", "--shell=bash", "--exclude=SC2154", "-")).toEqual([]);
});
