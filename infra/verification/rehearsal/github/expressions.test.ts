import { describe, expect, test } from "vitest";
import { fill, fillTyped, holds } from "./expressions.ts";

const contexts = {
  inputs: { commit: "", count: 2, isDry: false },
  vars: {},
  github: { ref: "refs/heads/main", event: { number: 7 } },
};

test.each([
  ["no expression", "plain", "plain"],
  ["one among text", "a ${{ github.event.number }} b", "a 7 b"],
  ["several", "${{ inputs.count }}${{ github.ref }}", "2refs/heads/main"],
  ["an unknown property", "[${{ inputs.nothing }}]", "[]"],
  ["a fallback", "${{ vars.PROJECT || 'events-api' }}", "events-api"],
  ["braces in a text", "${{ vars.NONE || '}}' }}", "}}"],
  ["false", "${{ inputs.isDry }}", "false"],
])("fills in %s", (_what, text, filled) => {
  expect(fill(text, contexts)).toBe(filled);
});

test.each([
  ["a truth", "${{ inputs.commit == '' }}", true],
  ["a number", "${{ inputs.count }}", 2],
  ["an object", "${{ github.event }}", { number: 7 }],
  ["nothing", "${{ inputs.nothing }}", null],
  ["a text, because of text beside the expression", " ${{ inputs.isDry }}!", " false!"],
])("keeps the type of %s", (_what, text, value) => {
  expect(fillTyped(text, contexts)).toEqual(value);
});

describe("a condition", () => {
  const after = {
    success: { success: true, failure: false },
    failure: { success: false, failure: true },
    skipped: { success: false, failure: false },
  };

  test.each<[condition: string | undefined, afterSuccess: boolean, afterFailure: boolean, afterSkipped: boolean]>([
    [undefined, true, false, false],
    ["github.ref == 'refs/heads/main'", true, false, false],
    ["${{ github.ref == 'refs/heads/main' }}", true, false, false],
    ["github.ref == 'refs/heads/other'", false, false, false],
    ["success()", true, false, false],
    ["failure()", false, true, false],
    ["always()", true, true, true],
    ["!cancelled()", true, true, true],
    ["cancelled()", false, false, false],
    ["${{ !cancelled() && inputs.count == 2 }}", true, true, true],
    ["failure() || inputs.isDry", false, true, false],
    ["${{ inputs.commit }}", false, false, false],
    ["'false'", true, false, false],
  ])("%s", (condition, ...expected) => {
    expect(
      [after.success, after.failure, after.skipped].map((standing) => holds(condition, contexts, standing)),
    ).toEqual(expected);
  });

  test("with text beside its expression is refused, because it would always hold", () => {
    expect(() => holds("${{ inputs.isDry }} == true", contexts, after.success)).toThrow("Unexpected symbol: '${{'");
  });
});

test.each([
  ["an unknown context", "${{ secrets.KEY }}", "${{ secrets.KEY }}: Unrecognized named-value: 'secrets'"],
  ["the status outside a condition", "${{ success() }}", "${{ success() }}: Unrecognized function: 'success'"],
  ["half an expression", "${{ 1 == }}", "${{ 1 == }}: Unexpected end of expression"],
])("refuses %s", (_what, text, sentence) => {
  expect(() => fill(text, contexts)).toThrow(sentence);
});
