import { describe, expect, test } from "vitest";
import { describePlan, headlineOf, readPlan } from "./plan-markdown.ts";

const quoted = `  + input = <<-EOT
        Plan: 9 to add, 9 to change, 9 to destroy.
        No changes. Nothing at all.
        \`\`\`
        </details>
    EOT`;
const adds = "Plan: 1 to add, 0 to change, 0 to destroy.";
const imports = "Plan: 1 to import, 0 to add, 2 to change, 0 to destroy.";
const [same, still] = ["matches", "still matches"].map(
  (word) => `No changes. Your infrastructure ${word} the configuration.`,
);

describe("the headline of what Terraform prints:", () => {
  test.each<[what: string, plan: string, headline: string | undefined]>([
    [
      "a new resource that quotes plans",
      `Terraform will\n\n${quoted}\n\n${adds}\n\nChanges to Outputs:\n${quoted}`,
      adds,
    ],
    ["an import", imports, imports],
    ["outputs only", `Changes to Outputs:\n${quoted}\n\nYou can apply this plan`, "Changes to outputs only."],
    ["nothing", `${same ?? ""}\n\nTerraform has compared your real infrastructure`, same],
    ["nothing, though something changed elsewhere", `Note: Objects have changed\n\n${still ?? ""}`, still],
    ["unknown words", "There is some work to do.", "See the plan."],
    ["Markdown", "Plan: 1 to add <!-- and more", "See the plan."],
  ])("%s", (_what, plan, headline) => {
    expect(headlineOf(plan)).toBe(headline);
  });
});

test("a plan is shown without the account's number, colours and surrounding blank lines", () => {
  const printed =
    "\n\u001B[1m  # aws_iam_role.a\u001B[0m\n  arn:aws:iam::1234\u001B[1m56789012:role/a, 0123456789012\n\n";
  expect(readPlan(printed, "123456789012")).toBe("  # aws_iam_role.a\n  arn:aws:iam::***:role/a, 0***");
});

test("a plan is a code block that nothing in it can end", () => {
  expect(describePlan("staging", "No changes. Yes.\r\n\r</details>\n```\n\n# heading\n<!-- plan.yml prod -->", 1000))
    .toBe(`### staging: No changes. Yes.

<details><summary>The plan</summary>

    No changes. Yes.

    </details>
    \`\`\`

    # heading
    <!-- plan.yml prod -->

</details>

`);
});

test.each([
  [
    "b".repeat(40),
    `staging runs ${"b".repeat(40)}, and ${"a".repeat(40)} was planned: some of this may only be waiting to be deployed.`,
  ],
  ["unknown", "The commit that staging runs is unknown: most likely it was never deployed."],
  ["a".repeat(40), "<details><summary>The plan</summary>"],
])("says which commit is deployed when that is %s", (deployed, sentence) => {
  const shown = describePlan("staging", "x", 1000, { planned: "a".repeat(40), deployed });
  expect(shown.split("\n\n")[1]).toBe(sentence);
});

test("a long plan fills the limit, ends with a whole line, and says where the rest is", () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index} 𝄞é`);
  const shown = describePlan("staging", lines.join("\n"), 2000);
  expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(2000);
  expect(Buffer.byteLength(shown)).toBeGreaterThan(1950);
  const [start = "", ...rest] = shown.split("\n\n</details>\n\n");
  expect(rest).toEqual(["The plan of staging is cut: all of it is in staging.txt, in its run's artifact.\n\n"]);
  const kept = start.split("\n").slice(4);
  expect(kept).toEqual(lines.slice(0, kept.length).map((line) => `    ${line}`));
});

test("an overlong line is left out", () => {
  expect(describePlan("staging", `a\n${"𝄞".repeat(1000)}`, 1000)).toMatch(/\n\n {4}a\n\n<\/details>/);
});
