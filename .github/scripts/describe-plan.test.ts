import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../../infra/testing/scratch.ts";
import { callScript } from "./call-script.ts";
import { readPlans } from "./stage-plan.ts";

const environment = { STAGE: "staging", AWS_ACCOUNT_ID: "123456789012" };
const printed = "\n  # arn:aws:iam::123456789012:role/a\n\nPlan: 1 to add, 0 to change, 0 to destroy.\n";

async function describePlan(input: string, more: Record<string, string> = {}) {
  const folder = join(scratchFolder(), "plans");
  const summary = join(scratchFolder({ summary: "What was there.\n" }), "summary");
  const ended = await callScript("describe-plan.ts", {
    parameters: [folder],
    environment: { ...environment, GITHUB_STEP_SUMMARY: summary, ...more },
    input,
  });
  return { ...ended, folder, summary: readFileSync(summary, "utf8") };
}

test("writes the plan into the folder and onto the page of the job, without the account's number", async () => {
  const { folder, summary, ...ended } = await describePlan(printed, {
    GITHUB_SHA: "a".repeat(40),
    DEPLOYED_COMMIT: "unknown",
  });
  const text = "  # arn:aws:iam::***:role/a\n\nPlan: 1 to add, 0 to change, 0 to destroy.";
  expect(ended).toEqual({ exitCode: 0, output: "staging: Plan: 1 to add, 0 to change, 0 to destroy.\n", errors: "" });
  expect(readPlans(folder, ["staging"])).toEqual([
    { stage: "staging", text, commit: "a".repeat(40), deployedCommit: "unknown" },
  ]);
  expect(summary).toBe(`What was there.
### staging: Plan: 1 to add, 0 to change, 0 to destroy.

Which commit staging runs is not known: most likely it was never deployed.

<details><summary>The plan</summary>

      # arn:aws:iam::***:role/a

    Plan: 1 to add, 0 to change, 0 to destroy.

</details>

`);
});

test("cuts a plan of many megabytes for the page of the job, and keeps it whole in the folder", async () => {
  const lines = "  + a = 123456789012 é\n".repeat(200_000);
  const { folder, summary, exitCode } = await describePlan(lines);
  expect(exitCode).toBe(0);
  expect(readPlans(folder, ["staging"])[0]?.text).toBe(lines.replaceAll("123456789012", "***").trimEnd());
  expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(1024 * 1024 + "What was there.\n".length);
  expect(summary).toMatch(
    /\n<\/details>\n\nThe plan of staging is cut: the whole is in staging\.json, in this run's artifact\.\n\n$/,
  );
});

test("needs no page of a job", async () => {
  const folder = scratchFolder();
  expect(await callScript("describe-plan.ts", { parameters: [folder], environment, input: printed })).toMatchObject({
    exitCode: 0,
    errors: "",
  });
  expect(readPlans(folder, ["staging"])).toHaveLength(1);
});

describe("refuses in one sentence, and writes nothing,", () => {
  test.each<[what: string, sentence: RegExp, more: Record<string, string>, input: string]>([
    ["no plan, as when terraform has failed", /^There is no plan to describe: .*\n$/, {}, ""],
    [
      "no stage",
      /^The environment variable STAGE must be the name of a stage, like staging; it is empty or not set\.\n$/,
      { STAGE: "" },
      printed,
    ],
    [
      "a stage that is a path",
      /^The environment variable STAGE must be the name of a stage, like staging\.\n$/,
      { STAGE: "../a" },
      printed,
    ],
    [
      "no account, whose number would be shown",
      /^The environment variable AWS_ACCOUNT_ID must be .*; it is empty or not set\.\n$/,
      { AWS_ACCOUNT_ID: "" },
      printed,
    ],
    [
      "a part of the account's number",
      /^The environment variable AWS_ACCOUNT_ID must be [^1]*12 digits[^1]*\n$/,
      { AWS_ACCOUNT_ID: "123" },
      printed,
    ],
    [
      "a commit that is none",
      /^The environment variable DEPLOYED_COMMIT must be a commit .*\n$/,
      { DEPLOYED_COMMIT: "main" },
      printed,
    ],
  ])("%s", async (_what, sentence, more, input) => {
    const { folder, summary, exitCode, output, errors } = await describePlan(input, more);
    expect([exitCode, output, errors, summary, existsSync(folder)]).toEqual([
      1,
      "",
      expect.stringMatching(sentence),
      "What was there.\n",
      false,
    ]);
  });

  test("no folder", async () => {
    const refused = await callScript("describe-plan.ts", { environment, input: printed });
    expect(refused).toEqual({
      exitCode: 1,
      output: "",
      errors: "Name the folder for the plan, like: node .github/scripts/describe-plan.ts plans\n",
    });
  });
});

test("shows the sentence on the page of the run, in one line whatever it quotes", async () => {
  const { errors } = await callScript("describe-plan.ts", {
    parameters: ["/dev/null/100%\n::add"],
    environment: { ...environment, GITHUB_ACTIONS: "true" },
    input: printed,
  });
  expect(errors).toMatch(/^::error::.*100%25%0A::add.*\n$/);
});
