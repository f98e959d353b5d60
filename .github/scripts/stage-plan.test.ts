import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../../infra/testing/scratch.ts";
import { hasChanges, headlineOf, readPlans, readPlanText, renderPlans, writePlan } from "./stage-plan.ts";

const cut = { limit_bytes: 65_536, rest: "the whole is elsewhere." };
const quoted = `  + input = <<-EOT
        Plan: 9 to add, 9 to change, 9 to destroy.
        No changes. Nothing at all.
        \`\`\`
        </details>
    EOT`;

describe("what Terraform 1.11 prints:", () => {
  test.each<[what: string, text: string, headline: string, isChange: boolean]>([
    [
      "a new resource that quotes other plans",
      `Terraform will perform the following actions:\n\n${quoted}\n\nPlan: 1 to add, 0 to change, 0 to destroy.\n\nChanges to Outputs:\n${quoted}`,
      "Plan: 1 to add, 0 to change, 0 to destroy.",
      true,
    ],
    [
      "an import",
      "Plan: 1 to import, 0 to add, 2 to change, 0 to destroy.",
      "Plan: 1 to import, 0 to add, 2 to change, 0 to destroy.",
      true,
    ],
    [
      "outputs only",
      `Changes to Outputs:\n${quoted}\n\nYou can apply this plan to save these new output values`,
      "Changes to outputs only.",
      true,
    ],
    [
      "nothing",
      "No changes. Your infrastructure matches the configuration.\n\nTerraform has compared your real infrastructure",
      "No changes. Your infrastructure matches the configuration.",
      false,
    ],
    [
      "nothing, though something changed elsewhere",
      "Note: Objects have changed outside of Terraform\n\nNo changes. Your infrastructure still matches the configuration.",
      "No changes. Your infrastructure still matches the configuration.",
      false,
    ],
    ["words that are not known", "There is some work to do.", "See the plan.", true],
    ["a headline with Markdown", "Plan: 1 to add <!-- and more", "See the plan.", true],
  ])("%s", (_what, text, headline, isChange) => {
    expect([headlineOf({ stage: "staging", text }), hasChanges({ stage: "staging", text })]).toEqual([
      headline,
      isChange,
    ]);
  });
});

describe("the text of a plan", () => {
  test("is shown without the account's number, colours and empty lines around it", () => {
    const printed =
      "\n\u001B[1m  # aws_iam_role.a\u001B[0m\n  arn:aws:iam::1234\u001B[1m56789012:role/a, 0123456789012\n\n";
    expect(readPlanText(printed, "123456789012")).toBe("  # aws_iam_role.a\n  arn:aws:iam::***:role/a, 0***");
  });

  test.each(["", "\n", " \n\n"])("must not be empty, as in %j", (printed) => {
    expect(() => readPlanText(printed, "123456789012")).toThrow(/^There is no plan to describe: /);
  });
});

describe("the file of a plan", () => {
  test("is read as it was written", () => {
    const folder = join(scratchFolder(), "plans");
    const plan = { stage: "staging", text: "“a”\n\u0000", commit: "a".repeat(40), deployedCommit: "unknown" };
    writePlan(folder, plan);
    expect([readPlans(folder, ["prod", "staging"]), readPlans(join(folder, "none"), ["staging"])]).toEqual([
      [plan],
      [],
    ]);
  });

  test.each([
    "",
    "[]",
    "null",
    '{"stage": "staging"}',
    '{"stage": "prod", "text": "x"}',
    '{"stage": "staging", "text": 1}',
    '{"stage": "staging", "text": "x", "commit": "main"}',
    '{"stage": "staging", "text": "x", "deployedCommit": 1}',
  ])("is refused when it holds %s", (content) => {
    const folder = scratchFolder({ "staging.json": content });
    expect(() => readPlans(folder, ["staging"])).toThrow(
      `${join(folder, "staging.json")} is not the plan of staging that describe-plan.ts writes.`,
    );
  });
});

describe("plans as Markdown", () => {
  test("stand one below the other, with the text in a code block that nothing in it can end", () => {
    const text = `No changes. Yes.\r\n\r</details>\n\`\`\`\n\n# heading`;
    expect(
      renderPlans(
        [
          { stage: "staging", text },
          { stage: "prod", text: "x" },
        ],
        cut,
      ),
    ).toBe(`### staging: No changes. Yes.

<details><summary>The plan</summary>

    No changes. Yes.

    </details>
    \`\`\`

    # heading

</details>

### prod: See the plan.

<details><summary>The plan</summary>

    x

</details>

`);
  });

  test.each([
    [
      "it is another one",
      "b".repeat(40),
      `staging runs ${"b".repeat(40)}, and ${"a".repeat(40)} was planned: some of this may only be waiting to be deployed.`,
    ],
    ["it is not known", "unknown", "Which commit staging runs is not known: most likely it was never deployed."],
  ])("say which commit is deployed when %s", (_what, deployedCommit, sentence) => {
    const [, second] = renderPlans(
      [{ stage: "staging", text: "x", commit: "a".repeat(40), deployedCommit }],
      cut,
    ).split("\n\n");
    expect(second).toBe(sentence);
  });

  test.each([
    {},
    { commit: "a".repeat(40) },
    { deployedCommit: "a".repeat(40) },
    { commit: "a".repeat(40), deployedCommit: "a".repeat(40) },
  ])("say nothing of commits when there is nothing to compare: %j", (commits) => {
    expect(renderPlans([{ stage: "staging", text: "x", ...commits }], cut)).toBe(
      renderPlans([{ stage: "staging", text: "x" }], cut),
    );
  });

  test("fill what they are given, and what is cut off ends with a whole line and a note", () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index} 𝄞é`);
    const shown = renderPlans([{ stage: "staging", text: lines.join("\n") }], { ...cut, limit_bytes: 2000 });
    expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(2000);
    expect(Buffer.byteLength(shown)).toBeGreaterThan(1950);
    const [start = "", ...rest] = shown.split("\n\n</details>\n\n");
    expect(rest).toEqual(["The plan of staging is cut: the whole is elsewhere.\n\n"]);
    const kept = start.split("\n").slice(4);
    expect(kept).toEqual(lines.slice(0, kept.length).map((line) => `    ${line}`));
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7])(
    "do not cut a character in half when a line is longer than the room, with %i bytes more",
    (more) => {
      const shown = renderPlans([{ stage: "staging", text: "𝄞".repeat(1000) }], { ...cut, limit_bytes: 1000 + more });
      expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(1000 + more);
      expect(shown).toMatch(/\n {4}(𝄞)+\n\n<\/details>/u);
    },
  );

  test("share the room: a short one is shown whole, long ones get the same, in the order given", () => {
    const texts = { dev: "d\n".repeat(50_000), staging: "é𝄞", prod: "p\n".repeat(20_000), other: "o\n".repeat(30_000) };
    const shown = renderPlans(
      Object.entries(texts).map(([stage, text]) => ({ stage, text })),
      cut,
    );
    const counts = ["d", "é𝄞", "p", "o"].map(
      (line) => shown.split("\n").filter((each) => each === `    ${line}`).length,
    );
    expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(65_536);
    expect(counts).toEqual([counts[3], 1, counts[3], expect.any(Number)]);
    expect(counts[3]).toBeGreaterThan(3000);
    expect(
      [...shown.matchAll(/^(?:### (\w+):|The plan of (\w+) is cut)/gm)].map(
        ([, stage, ofStage]) => stage ?? `${ofStage ?? ""} is cut`,
      ),
    ).toEqual(["dev", "dev is cut", "staging", "prod", "prod is cut", "other", "other is cut"]);
  });

  test("leave the text out when there is no room at all", () => {
    expect(
      renderPlans([{ stage: "staging", text: "a line\n".repeat(1000) }], { ...cut, limit_bytes: 0 }),
    ).not.toContain("a line");
  });
});
