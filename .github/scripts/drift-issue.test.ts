import { describe, expect, test } from "vitest";
import { reportDrift } from "./drift-issue.ts";
import { connectToGitHub } from "./github.ts";
import { bot, startGitHub, type StandIn, type StoredIssue } from "./github-stand-in.ts";

const runUrl = "https://github.com/octo-org/events-api/actions/runs/1";
const title = "What is deployed has drifted";
const drifted = "Plan: 0 to add, 1 to change, 0 to destroy.";
const same = "No changes. Your infrastructure matches the configuration.";
const commit = "a".repeat(40);

/** The plans' texts by stage; `more` stands in each plan too. */
function report(
  gitHub: StandIn,
  texts: Record<string, string>,
  more: { commit?: string; deployedCommit?: string } = {},
): Promise<string> {
  const plans = Object.entries(texts).map(([stage, text]) => ({ stage, text, ...more }));
  return reportDrift(connectToGitHub(gitHub.environment), { stages: ["staging", "prod"], plans, runUrl });
}

function changing(requests: string[]): string[] {
  return requests.filter((request) => !request.startsWith("GET "));
}

test("opens one issue with the plan of each stage that has drifted, and the commits that differ", async () => {
  const gitHub = await startGitHub();
  expect(
    await report(gitHub, { staging: `${drifted}\n</details>`, prod: same }, { commit, deployedCommit: "b".repeat(40) }),
  ).toBe("Opened issue 1.");
  const body = `<!-- .github/scripts/report-drift.ts staging -->

The stages below are not what the main branch describes: somebody changed them by hand, or a change waits to be deployed. Deploy again to put them back, or write what was changed into \`infra/\`. This issue is changed and closed by the workflow that opened it.

### staging: Plan: 0 to add, 1 to change, 0 to destroy.

staging runs ${"b".repeat(40)}, and ${commit} was planned: some of this may only be waiting to be deployed.

<details><summary>The plan</summary>

    Plan: 0 to add, 1 to change, 0 to destroy.
    </details>

</details>

`;
  expect([gitHub.issues, gitHub.comments]).toEqual([[{ number: 1, title, body, state: "open", user: bot }], []]);
});

test("leaves the issue alone while the drift is the same, though GitHub keeps other line ends", async () => {
  const gitHub = await startGitHub();
  const plans = { staging: drifted, prod: drifted };
  await report(gitHub, plans);
  const [issue] = gitHub.issues;
  if (issue) issue.body = issue.body?.trimEnd().replaceAll("\n", "\r\n") ?? null;
  expect(await report(gitHub, plans)).toBe("Issue 1 says it already.");
  expect(changing(gitHub.requests)).toEqual(["POST /issues"]);
});

test("changes the issue when the drift changes, and tells those who watch", async () => {
  const gitHub = await startGitHub();
  await report(gitHub, { staging: drifted, prod: same });
  expect(await report(gitHub, { staging: same, prod: drifted })).toBe("Changed issue 1.");
  expect(gitHub.issues).toEqual([
    {
      number: 1,
      title,
      body: expect.stringMatching(/^<!-- \S+ prod -->[^]*### prod: Plan: 0/) as string,
      state: "open",
      user: bot,
    },
  ]);
  expect(gitHub.issues[0]?.body).not.toContain("### staging");
  expect(gitHub.comments).toEqual([{ id: 1, on: 1, user: bot, body: `[The drift is another one now.](${runUrl})` }]);
});

test("closes the issue with a comment when nothing drifts any more, and opens another one when it drifts again", async () => {
  const gitHub = await startGitHub();
  await report(gitHub, { staging: drifted, prod: drifted });
  expect(await report(gitHub, { staging: same, prod: same })).toBe("Nothing has drifted: closed issue 1.");
  expect(gitHub.issues).toMatchObject([{ number: 1, state: "closed", state_reason: "completed" }]);
  expect(gitHub.comments).toMatchObject([{ on: 1, body: `[Nothing drifts any more.](${runUrl})` }]);
  expect(await report(gitHub, { staging: same, prod: same })).toBe("Nothing has drifted.");
  expect(await report(gitHub, { staging: drifted, prod: same })).toBe("Opened issue 2.");
});

describe("a stage that was not planned this time", () => {
  test("keeps the issue open that it is in", async () => {
    const gitHub = await startGitHub();
    await report(gitHub, { staging: drifted, prod: drifted });
    expect(await report(gitHub, { staging: same })).toBe("Changed issue 1.");
    const [issue] = gitHub.issues;
    expect([issue?.state, issue?.body?.split("\n\n")[0], issue?.body?.split("\n\n")[2]]).toEqual([
      "open",
      "<!-- .github/scripts/report-drift.ts prod -->",
      "**prod** had drifted, and was not planned since.",
    ]);
    expect(await report(gitHub, { staging: same })).toBe("Issue 1 says it already.");
    expect(await report(gitHub, { prod: same })).toBe("Nothing has drifted: closed issue 1.");
  });

  test("is not in an issue that it was not in before", async () => {
    const gitHub = await startGitHub();
    await report(gitHub, { staging: drifted, prod: same });
    expect(await report(gitHub, { staging: same })).toBe("Nothing has drifted: closed issue 1.");
  });
});

test("never touches what others wrote, pull requests and closed issues, over all pages", async () => {
  const gitHub = await startGitHub();
  const body = "<!-- .github/scripts/report-drift.ts staging -->";
  const issue: StoredIssue = { number: 0, title, body, state: "open", user: bot };
  const others: StoredIssue[] = [
    { ...issue, user: { login: "octocat", type: "User" } },
    { ...issue, user: { login: "github-actions[bot]", type: "User" } },
    { ...issue, user: null },
    { ...issue, pull_request: {} },
    { ...issue, state: "closed" },
    { ...issue, body: null },
    { ...issue, body: `I quote: ${body}` },
  ];
  gitHub.issues = Array.from({ length: 210 }, (_, index) => ({ ...issue, ...others[index % 7], number: index + 1 }));
  const before = structuredClone(gitHub.issues);
  expect(await report(gitHub, { staging: same, prod: same })).toBe("Nothing has drifted.");
  expect([gitHub.issues, gitHub.requests]).toEqual([before, ["GET /issues", "GET /issues"]]);

  gitHub.issues.push({ ...issue, number: 211 }, { ...issue, number: 212 });
  expect(await report(gitHub, { staging: same, prod: same })).toBe("Nothing has drifted: closed issue 211.");
  expect(changing(gitHub.requests)).toEqual(["POST /issues/211/comments", "PATCH /issues/211"]);
});

test("cuts long plans so that GitHub takes them", async () => {
  const gitHub = await startGitHub();
  await report(gitHub, { staging: "~ é\n".repeat(50_000), prod: drifted });
  const body = gitHub.issues[0]?.body ?? "";
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536);
  expect(body).toContain(
    "\n\n</details>\n\nThe plan of staging is cut: the whole is in the summary of the workflow's last run.\n\n### prod: ",
  );
});

describe("where issues are disabled, as in a fork,", () => {
  const disabled = () => ({ status: 410, message: "Issues are disabled for this repo" });

  test("says where the drift is shown, and fails", async () => {
    const gitHub = Object.assign(await startGitHub(), { refuse: disabled });
    const sentence =
      "The drift of staging and prod is shown in this run's summary only, since issues are disabled in octo-org/events-api: enable them under Settings, General, Features.";
    await expect(report(gitHub, { staging: drifted, prod: drifted })).rejects.toThrow(sentence);
  });

  test("is content when nothing has drifted", async () => {
    const gitHub = Object.assign(await startGitHub(), { refuse: disabled });
    expect(await report(gitHub, { staging: same, prod: same })).toBe("Nothing has drifted.");
  });
});
