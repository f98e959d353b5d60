import { expect, test } from "vitest";
import { scratchFolder } from "../../infra/testing/scratch.ts";
import { callScript } from "./call-script.ts";
import { bot, startGitHub } from "./github-stand-in.ts";

const drifted = '{"stage": "staging", "text": "Plan: 0 to add, 1 to change, 0 to destroy."}';
const environment = { RUN_URL: "https://github.com/octo-org/events-api/actions/runs/1" };

test("opens the issue about the plans that are in the folder", async () => {
  const gitHub = await startGitHub();
  const parameters = [scratchFolder({ "staging.json": drifted }), "staging", "prod"];
  const ended = await callScript("report-drift.ts", {
    parameters,
    environment: { ...gitHub.environment, ...environment },
  });
  expect(ended).toEqual({ exitCode: 0, output: "Opened issue 1.\n", errors: "" });
  expect(gitHub.issues).toMatchObject([
    { number: 1, user: bot, body: expect.stringContaining("### staging: Plan: 0 to add, 1 to change") as string },
  ]);
});

test("is an error when no stage was planned, and does not even look at the issue", async () => {
  const gitHub = await startGitHub();
  const folder = scratchFolder();
  const refused = await callScript("report-drift.ts", {
    parameters: [folder, "staging", "prod"],
    environment: { ...gitHub.environment, ...environment },
  });
  const sentence = `${folder} has no plan of staging or prod, so whether they have drifted is not known.\n`;
  expect([refused, gitHub.requests]).toEqual([{ exitCode: 1, output: "", errors: sentence }, []]);
});

test("is an error when GitHub refuses the issue", async () => {
  const gitHub = await startGitHub();
  gitHub.refuse = (request) =>
    request === "POST /issues" ? { status: 403, message: "Resource not accessible by integration" } : undefined;
  const parameters = [scratchFolder({ "staging.json": drifted }), "staging"];
  const refused = await callScript("report-drift.ts", {
    parameters,
    environment: { ...gitHub.environment, ...environment },
  });
  const sentence =
    /^GitHub answered 403 \("Resource not accessible by integration"\) to POST \/repos\/octo-org\/events-api\/issues: the job needs the permission .*\n$/;
  expect(refused).toEqual({ exitCode: 1, output: "", errors: expect.stringMatching(sentence) as string });
});
