import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { root } from "../../../build/functions.ts";
import { scratchFolder } from "../../../testing/scratch.ts";
import { checkOutOf, makeRepository } from "./repository.ts";
import { runWorkflow, type Extent, type WorkflowRun } from "./run-workflow.ts";
import type { Substitute } from "./runner.ts";
import { bot, startServices, type Comment, type Issue } from "./services.ts";

// What workflows report to people and do for them: jobs that call gh, against its stand-in.

const services = await startServices(() => Promise.resolve(""));
const { issues: gitHub } = services;
const same = "### staging: No changes. Your infrastructure matches the configuration.\n\nx\n";
const drifted = "### staging: Plan: 0 to add, 1 to change, 0 to destroy.\n\n$(false) `false`\n";

afterAll(services.stop);
beforeEach(() => {
  Object.assign(gitHub, { isEnabled: true, issues: [], comments: [], waiting: [], done: [] });
});

/** Runs a workflow as run number 5; these jobs count as done. */
function runOf(file: string, event: object, substitutes: Record<string, Substitute>, settled: Extent["settled"] = {}) {
  const github = {
    event_name: "schedule",
    ref: "refs/heads/main",
    repository: "acme/events-api",
    server_url: "https://github.com",
    api_url: services.url,
    token: "t",
    run_id: "1",
    run_number: "5",
    ...event,
  };
  const runner = {
    path: scratchFolder(),
    environmentOf: () => ({ PATH: `${join(import.meta.dirname, "bin")}:${process.env["PATH"] ?? ""}` }),
    substitutes,
  };
  const contexts = { github, vars: { AWS_REGION: "eu-central-1" }, secrets: { AWS_ACCOUNT_ID: "123456789012" } };
  const extent = { settled };
  return runWorkflow({ repositoryPath: root, file: `.github/workflows/${file}`, runner, extent, contexts });
}

/** Runs a workflow's last job with these plans, by file name; returns its output. */
async function report(file: string, plans: Record<string, string>): Promise<{ result: string; output: string }> {
  const isPlan = file === "plan.yml";
  const event = isPlan ? { event_name: "pull_request", event: { pull_request: { number: 7 } } } : {};
  const given = scratchFolder(plans);
  const download: Substitute = ({ workspace }) => {
    mkdirSync(join(workspace, "plans"));
    for (const name of Object.keys(plans)) copyFileSync(join(given, name), join(workspace, "plans", name));
  };
  const settled = { build: "success", plan: "failure" } as const;
  const run: WorkflowRun = await runOf(file, event, { "actions/download-artifact": download }, settled);
  const job = run[isPlan ? "comment" : "report"];
  return { result: job?.result ?? "", output: job?.steps.at(-1)?.output ?? "" };
}

describe("plan.yml", () => {
  const head = (stage: string) =>
    `<!-- plan.yml ${stage} -->\n\nWhat Terraform would do to ${stage}, as planned by [this run](https://github.com/acme/events-api/actions/runs/1).\n\n`;

  test("comments each stage once, and updates its comment the next time", async () => {
    expect(await report("plan.yml", { "staging.md": drifted })).toMatchObject({ result: "success" });
    const made: Comment[] = [
      { id: 1, on: 7, user: bot, body: `${head("staging")}${drifted}` },
      { id: 2, on: 7, user: bot, body: `${head("prod")}**prod was not planned**: the run says why.\n` },
    ];
    expect(gitHub.comments).toEqual(made);
    await report("plan.yml", { "staging.md": same, "prod.md": same.replace("staging", "prod") });
    expect(gitHub.comments.map(({ body }) => body)).toEqual([
      `${head("staging")}${same}`,
      `${head("prod")}${same.replace("staging", "prod")}`,
    ]);
  });

  test("never touches what others wrote, even with its mark", async () => {
    const mark = head("staging");
    const others: Comment[] = [
      { id: 1, on: 7, user: { login: "octocat", type: "User" }, body: mark },
      { id: 2, on: 7, user: { login: "github-actions[bot]", type: "User" }, body: mark },
      { id: 3, on: 7, user: null, body: mark },
      { id: 4, on: 7, user: bot, body: `I quote: ${mark}` },
      { id: 5, on: 7, user: bot, body: null },
      { id: 6, on: 8, user: bot, body: mark },
    ];
    gitHub.comments = [...structuredClone(others), { id: 7, on: 7, user: bot, body: mark }];
    await report("plan.yml", { "staging.md": same });
    expect(gitHub.comments.slice(0, 6)).toEqual(others);
    expect(gitHub.done).toEqual(["PATCH issues/comments/7", "POST issues/7/comments"]);
  });

  test("fails if GitHub refuses", async () => {
    const { result, output } = await report("plan.yml", { "staging.md": "x".repeat(70_000) });
    expect([result, output]).toEqual(["failure", "gh: body is too long (HTTP 422)\n"]);
  });
});

describe("drift.yml", () => {
  const head = `<!-- drift.yml staging -->

staging is not what the main branch describes: it was changed by hand, or a change waits to be deployed.
Deploy again to restore it, or put the change into infra/. The workflow that opened this issue updates and closes it.

`;
  const opened: Issue = {
    number: 1,
    title: "staging has drifted",
    body: `${head}${drifted}`,
    state: "open",
    user: bot,
  };

  test("opens an issue for a stage that has drifted", async () => {
    const prod = same.replace("staging", "prod");
    expect(await report("drift.yml", { "staging.md": drifted, "prod.md": prod })).toMatchObject({ result: "success" });
    expect([gitHub.issues, gitHub.comments]).toEqual([[opened], []]);
  });

  test("leaves the issue alone while the drift is the same, despite GitHub's other line ends", async () => {
    gitHub.issues = [{ ...opened, body: `${head}${drifted}`.trimEnd().replaceAll("\n", "\r\n") }];
    expect(await report("drift.yml", { "staging.md": drifted })).toMatchObject({ result: "success" });
    expect(gitHub.done).toEqual([]);
  });

  test("updates the issue when the drift changes, and comments for its subscribers", async () => {
    gitHub.issues = [{ ...opened }];
    await report("drift.yml", { "staging.md": drifted.replace("1 to change", "2 to change") });
    expect(gitHub.issues).toEqual([{ ...opened, body: opened.body?.replace("1 to change", "2 to change") }]);
    expect(gitHub.comments).toMatchObject([
      { on: 1, body: "[The drift has changed.](https://github.com/acme/events-api/actions/runs/1)" },
    ]);
  });

  test("closes the issue with a comment when the drift is gone, and opens another when it returns", async () => {
    gitHub.issues = [{ ...opened }];
    await report("drift.yml", { "staging.md": same });
    expect(gitHub.issues).toMatchObject([{ number: 1, state: "closed", state_reason: "completed" }]);
    expect(gitHub.comments).toMatchObject([
      { on: 1, body: "[The drift is gone.](https://github.com/acme/events-api/actions/runs/1)" },
    ]);
    await report("drift.yml", { "staging.md": same });
    await report("drift.yml", { "staging.md": drifted });
    expect(gitHub.done).toEqual(["POST issues/1/comments", "PATCH issues/1", "POST issues"]);
  });

  test("keeps the issue of a stage that was not planned", async () => {
    gitHub.issues = [{ ...opened }];
    await report("drift.yml", {});
    expect([gitHub.issues, gitHub.done]).toEqual([[opened], []]);
  });

  test("never touches what others wrote, pull requests and closed issues; it uses its oldest issue", async () => {
    const others: Issue[] = [
      { ...opened, user: { login: "octocat", type: "User" } },
      { ...opened, user: null },
      { ...opened, pull_request: {} },
      { ...opened, state: "closed" },
      { ...opened, body: null },
      { ...opened, body: `I quote: ${head}` },
    ].map((issue, index) => ({ ...issue, number: index + 1 }));
    gitHub.issues = [...structuredClone(others), { ...opened, number: 7 }, { ...opened, number: 8 }];
    await report("drift.yml", { "staging.md": same });
    expect(gitHub.issues.slice(0, 6)).toEqual(others);
    expect(gitHub.done).toEqual(["POST issues/7/comments", "PATCH issues/7"]);
  });

  test.each([
    ["fails, and says where the drift is shown,", drifted, "failure", /^::error::Drift is shown .*\n$/],
    ["passes when nothing has drifted", same, "success", /^$/],
  ])("%s if issues are disabled, as in a fork", async (_what, plan, result, output) => {
    gitHub.isEnabled = false;
    expect(await report("drift.yml", { "staging.md": plan })).toEqual({
      result,
      output: expect.stringMatching(output) as string,
    });
    expect(gitHub.done).toEqual([]);
  });
});

describe("deploy.yml, once its plan of prod is ready for approval,", async () => {
  const repository = await makeRepository(scratchFolder());
  const settled = { ci: "success", build: "success", attest: "success", staging: "success", plan: "success" } as const;

  async function deploy(waiting: number[]) {
    gitHub.waiting = waiting.map((number) => ({ id: number * 100, run_number: number }));
    const event = { event_name: "push", sha: repository.first, event: { repository: { private: true } } };
    const checkOut = { "actions/checkout": checkOutOf(repository) };
    const { newest, prod } = await runOf("deploy.yml", event, checkOut, { ...settled, prod: "success" });
    return { output: newest?.steps[0]?.output, summary: newest?.summary, prod: prod?.result };
  }

  test("continues if no run waits", async () => {
    expect(await deploy([])).toEqual({ output: "", summary: "", prod: "success" });
    expect(gitHub.done).toEqual([]);
  });

  test("cancels every older waiting run, so that none is approved after it or holds it back", async () => {
    expect(await deploy([3, 4])).toEqual({
      output: "",
      summary:
        "Run 300 waited for approval and was cancelled: this one is newer.\nRun 400 waited for approval and was cancelled: this one is newer.\n",
      prod: "success",
    });
    expect(gitHub.done).toEqual(["POST actions/runs/300/cancel", "POST actions/runs/400/cancel"]);
  });

  test("continues if one has been approved or rejected by then", async () => {
    expect(await deploy([4, 4])).toEqual({
      output:
        "gh: Cannot cancel a workflow run that is completed. (HTTP 409)\n::warning::Run 400 waited for approval and could not be cancelled: reject it if it still waits.\n",
      summary: "Run 400 waited for approval and was cancelled: this one is newer.\n",
      prod: "success",
    });
  });

  test("makes way for a newer waiting run, and says so", async () => {
    expect(await deploy([4, 6, 7])).toEqual({
      output:
        "::error::A newer run waits for approval: 600, 700. Approve that run, or reject it and run this one again.\n",
      summary: "",
      prod: "skipped",
    });
    expect(gitHub.done).toEqual([]);
  });
});
