import { expect, test } from "vitest";
import { connectToGitHub } from "./github.ts";
import { bot, startGitHub, type StandIn } from "./github-stand-in.ts";
import { commentPlans } from "./plan-comment.ts";

const marker = "<!-- .github/scripts/comment-plans.ts -->";
const runUrl = "https://github.com/octo-org/events-api/actions/runs/1";

/** The plans' texts by stage. */
function comment(gitHub: StandIn, texts: Record<string, string>): Promise<string> {
  const plans = Object.entries(texts).map(([stage, text]) => ({ stage, text }));
  return commentPlans(connectToGitHub(gitHub.environment), "7", { stages: ["staging", "prod"], plans, runUrl });
}

test("makes one comment with all stages, and changes it the next time", async () => {
  const gitHub = await startGitHub();
  expect(await comment(gitHub, { staging: "old", prod: "old" })).toBe("Made a comment of pull request 7.");
  expect(await comment(gitHub, { staging: "No changes. a", prod: "b" })).toBe("Changed the comment of pull request 7.");
  const body = `${marker}

What Terraform would do, as [this run](${runUrl}) planned it.

### staging: No changes. a

<details><summary>The plan</summary>

    No changes. a

</details>

### prod: See the plan.

<details><summary>The plan</summary>

    b

</details>

`;
  expect(gitHub.comments).toEqual([{ id: 1, on: 7, user: bot, body }]);
});

test("finds its comment behind those of others, whoever writes its marker, over all pages", async () => {
  const gitHub = await startGitHub();
  const others = [
    { login: "octocat", type: "User" },
    { login: "github-actions[bot]", type: "User" },
    { login: "dependabot[bot]", type: "Bot" },
    null,
  ];
  gitHub.comments = Array.from({ length: 250 }, (_, index) => ({
    id: index + 1,
    on: 7,
    user: others[index % 4] ?? null,
    body: marker,
  }));
  gitHub.comments.push(
    { id: 251, on: 7, user: bot, body: `I quote: ${marker}` },
    { id: 252, on: 7, user: bot, body: null },
    { id: 253, on: 8, user: bot, body: marker },
    { id: 254, on: 7, user: bot, body: `${marker}\n\nold` },
  );
  const before = structuredClone(gitHub.comments);
  await comment(gitHub, { staging: "a", prod: "b" });
  expect(gitHub.requests).toEqual([...Array<string>(3).fill("GET /issues/7/comments"), "PATCH /issues/comments/254"]);
  expect(gitHub.comments).toEqual([
    ...before.slice(0, -1),
    { ...before.at(-1), body: expect.stringContaining("### staging:") as string },
  ]);
});

test("cuts long plans so that GitHub takes them, each to the same length, and says where the rest is", async () => {
  const gitHub = await startGitHub();
  await comment(gitHub, { staging: "+ 𝄞\n".repeat(50_000), prod: "- é\n".repeat(50_000) });
  const body = gitHub.comments[0]?.body ?? "";
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536);
  expect(Buffer.byteLength(body)).toBeGreaterThan(65_000);
  const [staging = "", prod = ""] = body.split("### ").slice(1);
  expect(Math.abs(Buffer.byteLength(staging) - Buffer.byteLength(prod))).toBeLessThan(50);
  for (const [stage, section] of Object.entries({ staging, prod })) {
    expect(
      section.endsWith(
        `\n\n</details>\n\nThe plan of ${stage} is cut: the whole is in the summary of [the run](${runUrl}).\n\n`,
      ),
    ).toBe(true);
  }
});

test.each<[plans: Record<string, string>, says: string[]]>([
  [{ staging: "a" }, ["**prod was not planned**: the run says why.", "### staging: See the plan."]],
  [{}, ["**staging was not planned**: the run says why.", "**prod was not planned**: the run says why."]],
])("says which stage was not planned when there is %j", async (plans, says) => {
  const gitHub = await startGitHub();
  await comment(gitHub, plans);
  expect(gitHub.comments[0]?.body?.split("\n\n").slice(2, 4)).toEqual(says);
});
