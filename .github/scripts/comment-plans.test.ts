import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../../infra/testing/scratch.ts";
import { callScript } from "./call-script.ts";
import { bot, startGitHub } from "./github-stand-in.ts";

const environment = { PULL_REQUEST: "7", RUN_URL: "https://github.com/octo-org/events-api/actions/runs/1" };

test("comments the plans that are in the folder, in the order of the stages", async () => {
  const gitHub = await startGitHub();
  const folder = scratchFolder({
    "prod.json": '{"stage": "prod", "text": "x"}',
    "staging.json": '{"stage": "staging", "text": "x"}',
    "dev.json": "{",
  });
  const ended = await callScript("comment-plans.ts", {
    parameters: [folder, "staging", "prod"],
    environment: { ...gitHub.environment, ...environment },
  });
  expect(ended).toEqual({ exitCode: 0, output: "Made a comment of pull request 7.\n", errors: "" });
  expect(gitHub.comments).toEqual([
    { id: 1, on: 7, user: bot, body: expect.stringMatching(/### staging: [^]*### prod: /) as string },
  ]);
});

describe("refuses in one sentence", () => {
  test.each<[what: string, more: Record<string, string>, sentence: RegExp]>([
    [
      "no number of a pull request",
      { PULL_REQUEST: "" },
      /^The environment variable PULL_REQUEST must be the number of a pull request; it is empty or not set\.\n$/,
    ],
    [
      "an address that would end the link",
      { RUN_URL: "https://x/) <b>" },
      /^The environment variable RUN_URL must be the address of the run\.\n$/,
    ],
  ])("%s", async (_what, more, sentence) => {
    const refused = await callScript("comment-plans.ts", {
      parameters: ["plans", "staging"],
      environment: { ...environment, ...more },
    });
    expect(refused).toEqual({ exitCode: 1, output: "", errors: expect.stringMatching(sentence) as string });
  });

  test.each([[[]], [["plans"]], [["plans", "../prod"]]])("the parameters %j", async (parameters) => {
    const sentence =
      "Call it with the folder of the plans and the stages, like: node .github/scripts/comment-plans.ts plans staging prod\n";
    expect(await callScript("comment-plans.ts", { parameters, environment })).toEqual({
      exitCode: 1,
      output: "",
      errors: sentence,
    });
  });

  test("a file that is not a plan", async () => {
    const folder = scratchFolder({ "staging.json": "{" });
    const refused = await callScript("comment-plans.ts", { parameters: [folder, "staging"], environment });
    expect(refused).toEqual({
      exitCode: 1,
      output: "",
      errors: `${join(folder, "staging.json")} is not the plan of staging that describe-plan.ts writes.\n`,
    });
  });
});
