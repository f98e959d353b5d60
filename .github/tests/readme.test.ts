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
const readmes = ["README.md", "infra/README.md", "oidc/README.md"].map((file) =>
  readFileSync(join(root, file), "utf8"),
);

function matchesOf(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, found = ""]) => found))].sort();
}

test("deploying from a fork takes at most six steps, and one of them protects prod", () => {
  const steps = matchesOf(section, /^\d\. \*\*(.*?)\*\*/gm);
  expect(steps.length).toBeLessThanOrEqual(6);
  expect(steps).toContain("Protect prod");
});

test("the READMEs set exactly the secrets and variables that the workflows read", () => {
  expect(matchesOf(section, /gh secret set (\w+)/g)).toEqual(matchesOf(everyText, /secrets\.(\w+)/g));
  expect(matchesOf(readmes.join("\n"), /gh variable set (\w+)/g)).toEqual(matchesOf(everyText, /vars\.(\w+)/g));
});

test.each(["AWS_REGION", "PROJECT"])("the %s that the README sets is the workflows' default", (name) => {
  expect(matchesOf(section, new RegExp(`gh variable set ${name} --body (\\S+)`, "g"))).toEqual(
    matchesOf(everyText, new RegExp(`vars\\.${name} \\|\\| '([^']*)'`, "g")),
  );
});

test("oidc/README.md describes the roles that the workflows assume", () => {
  const [project = ""] = matchesOf(everyText, /vars\.PROJECT \|\| '([^']*)'/g);
  const taken = matchesOf(everyText, /\$\{\{ vars\.PROJECT \|\| '[^']*' \}\}-([a-z].*)$/gm);
  expect(taken).toEqual(["deploy-${{ inputs.stage }}", "plan"]);
  for (const role of ["deploy-STAGE", "plan"]) expect(readmes[2]).toContain(`| \`${project}-${role}\` |`);
});

test("the workflows that the READMEs start by hand have the inputs given there", () => {
  const started = [...readmes.join("\n").matchAll(/gh workflow run ([a-z-]+\.yml)([^`]*)/g)];
  expect(started.length).toBeGreaterThan(2);
  for (const [line, file = "", rest = ""] of started) {
    const trigger = workflows[file]?.on["workflow_dispatch"];
    expect(trigger, line).toBeDefined();
    const inputs = Object.keys(trigger?.inputs ?? {});
    expect(inputs, line).toEqual(expect.arrayContaining(matchesOf(rest, /--raw-field (\w+)=/g)));
  }
});

test("the READMEs enable only workflows with a schedule", () => {
  const enabled = matchesOf(readmes.join("\n"), /gh workflow enable ([a-z-]+\.yml)/g);
  expect(enabled.map((file) => [file, Object.keys(workflows[file]?.on ?? {}).includes("schedule")])).toEqual([
    ["drift.yml", true],
  ]);
});

test("the README has the sections that the workflows refer to", () => {
  for (const heading of matchesOf(everyText, /"([^"\n]+)" in the README/g))
    expect(readme).toContain(`\n## ${heading}\n`);
});

test("CODEOWNERS has an owner for all but the functions' code and the README", () => {
  const lines = readFileSync(join(root, ".github/CODEOWNERS"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace(/ +@\S+$/, " @OWNER"));
  expect(lines).toEqual(["* @OWNER", "/functions/", "/functions/*/function.json @OWNER", "/README.md"]);
});

test("each stage has its own deploy job", () => {
  const deploying = jobsIn(texts).filter(({ job }) => job.uses === "./.github/workflows/deploy-stage.yml");
  expect(deploying.map(({ where }) => where).sort()).toEqual(stages.map((stage) => `deploy.yml: ${stage}`));
});
