import { describe, expect, test } from "vitest";
import { matchesConditions, matchesPattern, type ConditionValue } from "./conditions.ts";

type Row = [operator: string, wanted: ConditionValue | ConditionValue[], given: string[], holds: boolean];

const one: Row[] = [
  ["StringEquals", "main", ["main"], true],
  ["StringEquals", "main", ["Main"], false],
  ["StringEquals", "ma*", ["main"], false],
  ["StringEquals", ["dev", "main"], ["main"], true],
  ["StringEquals", [], ["main"], false],
  ["StringNotEquals", ["dev", "main"], ["main"], false],
  ["StringNotEquals", ["dev", "test"], ["main"], true],
  ["StringEqualsIgnoreCase", "main", ["MAIN"], true],
  ["StringNotEqualsIgnoreCase", "main", ["MAIN"], false],
  ["StringLike", "refs/pull/*/merge", ["refs/pull/12/merge"], true],
  ["StringLike", "refs/pull/?/merge", ["refs/pull/12/merge"], false],
  ["StringLike", "refs/pull/*", ["x/refs/pull/1"], false],
  ["StringLike", "a.c", ["abc"], false],
  ["StringNotLike", "a*", ["abc"], false],
  ["StringNotLike", "a*", ["bc"], true],
  ["Bool", true, ["true"], true],
  ["Bool", "false", ["true"], false],
  [
    "ArnLike",
    "arn:aws:execute-api:*:123456789012:a1/prod/GET/events/*",
    ["arn:aws:execute-api:eu-central-1:123456789012:a1/prod/GET/events/1"],
    true,
  ],
  ["ArnLike", "arn:aws:lambda:*:function:a", ["arn:aws:lambda:r:1:function:a"], false],
  ["ArnLike", "arn:aws:s3:::a", ["a"], false],
  ["ArnNotLike", "arn:aws:lambda:*:1:function:a", ["arn:aws:lambda:r:1:function:a"], false],
  ["ArnNotLike", "arn:aws:lambda:r:1:function:a", ["arn:aws:lambda:r:1:function:b"], true],
];

const absent: Row[] = [
  ["StringEquals", "main", [], false],
  ["StringLike", "*", [], false],
  ["Bool", "false", [], false],
  ["StringNotEquals", "main", [], true],
  ["StringNotLike", "*", [], true],
  ["ArnNotLike", "arn:aws:s3:::a", [], true],
  ["StringEqualsIfExists", "main", [], true],
  ["StringNotEqualsIfExists", "main", [], true],
  ["ForAllValues:StringEquals", "main", [], true],
  ["ForAllValues:StringNotEquals", "main", [], true],
];

const several: Row[] = [
  ["ForAllValues:StringEquals", ["a", "b"], ["a", "b"], true],
  ["ForAllValues:StringEquals", ["a", "b"], ["a", "c"], false],
  ["ForAllValues:StringNotEquals", ["a"], ["b", "c"], true],
  ["ForAllValues:StringNotEquals", ["a"], ["a", "c"], false],
  ["ForAllValues:StringLikeIfExists", "a*", ["ab", "b"], false],
];

describe("a condition", () => {
  test.each([...one, ...absent, ...several])("%s %j on %j: %s", (operator, wanted, given, holds) => {
    expect(matchesConditions({ [operator]: { "aws:Some": wanted } }, { "aws:some": given })).toBe(holds);
  });

  test("finds its key in any case, and holds only if all others do", () => {
    const conditions = { StringEquals: { "AWS:Some": "a", "aws:other": "b" }, Bool: { "aws:third": true } };
    expect(matchesConditions(conditions, { "aws:some": ["a"], "aws:other": ["b"], "aws:third": ["true"] })).toBe(true);
    const absent = { "aws:some": ["a"], "aws:other": [], "aws:third": [] };
    expect(matchesConditions(conditions, { ...absent, "aws:other": ["b"] })).toBe(false);
    expect(matchesConditions(conditions, { ...absent, "aws:third": ["true"] })).toBe(false);
  });

  test.each([
    "StringMatches",
    "IpAddress",
    "NumericEquals",
    "stringEquals",
    "toString",
    "IfExists",
    "Null",
    "ForAnyValue:StringEquals",
    "ForSomeValues:StringEquals",
  ])("with the operator %s is refused", (operator) => {
    expect(() => matchesConditions({ [operator]: { "aws:some": "a" } }, {})).toThrow(
      `The condition operator ${operator} is not supported here.`,
    );
  });

  test.each(["StringEquals", "StringNotEquals", "StringEqualsIfExists", "ForAllValues:StringEquals"])(
    "with %s on a key of which it is unknown whether the request has it is refused",
    (operator) => {
      expect(() => matchesConditions({ [operator]: { "s3:VersionId": "1" } }, { "s3:prefix": [] })).toThrow(
        "The gate does not know whether the request has the condition key s3:VersionId.",
      );
    },
  );

  test("on a tag holds only if the request has the tag, and is refused if its tags are unknown", () => {
    const isOfStage = (context: Record<string, string[]>) =>
      matchesConditions({ StringEquals: { "aws:ResourceTag/Stage": "prod" } }, context);
    expect(isOfStage({ "aws:resourcetag/": [], "aws:resourcetag/stage": ["prod"] })).toBe(true);
    expect(isOfStage({ "aws:resourcetag/": [], "aws:resourcetag/other": ["prod"] })).toBe(false);
    expect(() => isOfStage({ "aws:requesttag/": [] })).toThrow("the condition key aws:ResourceTag/Stage.");
  });

  test("that compares one value is refused if the key has several", () => {
    expect(() => matchesConditions({ StringEquals: { "aws:TagKeys": "a" } }, { "aws:tagkeys": ["a", "b"] })).toThrow(
      "StringEquals compares one value, and aws:TagKeys has 2.",
    );
  });
});

test("a pattern takes every other character literally", () => {
  expect(matchesPattern("a.b+c(d)[e]{f}^g$h|i\\j/k-l", "a.b+c(d)[e]{f}^g$h|i\\j/k-l")).toBe(true);
  expect(matchesPattern("a\nb", "a*")).toBe(true);
  expect(matchesPattern("ab", "a")).toBe(false);
});
