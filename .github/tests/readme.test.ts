import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../infra/build/functions.ts";
import { stages } from "./rules.ts";
import { jobsIn, readTexts, workflowsIn } from "./workflows.ts";

const texts = readTexts();
const workflows = workflowsIn(texts);
const everyText = Object.values(texts).join("\n");

const readme = readFileSync(join(root, "README.md"), "utf8");
const section = /\n## Deploy from your fork\n(.*?)\n## /s.exec(readme)?.[1] ?? "";

function matchesOf(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, found = ""]) => found))].sort();
}

test("it takes six steps at most to deploy from a fork, and one of them protects prod", () => {
  const steps = matchesOf(section, /^\d\. \*\*(.*?)\*\*/gm);
  expect(steps.length).toBeLessThanOrEqual(6);
  expect(steps).toContain("Protect prod");
});

test("the secrets and variables that the README sets are those that the workflows read", () => {
  expect(matchesOf(section, /gh secret set (\w+)/g)).toEqual(matchesOf(everyText, /secrets\.(\w+)/g));
  expect(matchesOf(section, /gh variable set (\w+)/g)).toEqual(matchesOf(everyText, /vars\.(\w+)/g));
});

test("the environments that the README protects are the stages, each of them open to main only", () => {
  expect(matchesOf(section, /--method PUT repos\/\{owner\}\/\{repo\}\/environments\/(\w+)/g)).toEqual(stages);
  expect(
    matchesOf(
      section,
      /--method POST repos\/\{owner\}\/\{repo\}\/environments\/(\w+)\/deployment-branch-policies --raw-field name=main\n/g,
    ),
  ).toEqual(stages);
});

test("the roles that the README names are those that oidc/ makes and the workflows take", () => {
  const project = matchesOf(everyText, /vars\.PROJECT \|\| '([^']*)'/g).join();
  expect(matchesOf(section, new RegExp(`\`(${project}-(?:deploy-\\w+|plan))\``, "g"))).toEqual(
    [...stages.map((stage) => `${project}-deploy-${stage}`), `${project}-plan`].sort(),
  );
  expect(section).toContain(
    `where they are not \`${matchesOf(everyText, /vars\.AWS_REGION \|\| '([^']*)'/g).join()}\` and \`${project}\``,
  );
});

test("the workflows that the README starts by hand have the inputs that it gives them", () => {
  const started = [...readme.matchAll(/gh workflow run ([a-z-]+\.yml)([^`]*)/g)];
  expect(started.length).toBeGreaterThan(2);
  for (const [line, file = "", rest = ""] of started) {
    const trigger = workflows[file]?.on["workflow_dispatch"];
    expect(trigger, line).toBeDefined();
    const inputs = Object.keys(trigger?.inputs ?? {});
    expect(inputs, line).toEqual(expect.arrayContaining(matchesOf(rest, /--raw-field (\w+)=/g)));
  }
});

test("what a notice of the workflows calls a section of the README is one", () => {
  for (const heading of matchesOf(everyText, /"([^"\n]+)" in the README/g))
    expect(readme).toContain(`\n## ${heading}\n`);
});

test("CODEOWNERS has an owner for all but what functions do and words", () => {
  const lines = readFileSync(join(root, ".github/CODEOWNERS"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(/\s+/));
  expect(lines).toEqual([["*", "@OWNER"], ["/functions/"], ["/functions/*/function.json", "@OWNER"], ["/README.md"]]);
});

test("each stage is deployed by a job of its own", () => {
  const deploying = jobsIn(texts).filter(({ job }) => job.uses === "./.github/workflows/deploy-stage.yml");
  expect(deploying.map(({ where }) => where).sort()).toEqual(stages.map((stage) => `deploy.yml: ${stage}`));
});
