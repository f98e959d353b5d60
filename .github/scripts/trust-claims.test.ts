import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../infra/build/functions.ts";
import { compareClaims, nearestStatement, readTrust } from "./trust-claims.ts";

const trust = readFileSync(join(root, "oidc/tests/trust.json"), "utf8");
const keys = { "token.actions.githubusercontent.com:ref": "refs/heads/main" };

test("reads the claims that oidc/ trusts, the token's issuer among them", () => {
  const exact = (claim: string, ...wanted: string[]) => ({ claim, wanted, isPattern: false });
  expect(readTrust(trust, "deploy-prod")).toEqual([
    [
      exact("iss", "https://token.actions.githubusercontent.com"),
      exact("aud", "sts.amazonaws.com"),
      exact("environment", "prod"),
      exact("job_workflow_ref", "Octo-Org/Events.API/.github/workflows/deploy-stage.yml@refs/heads/main"),
      exact("ref", "refs/heads/main"),
      exact("repository_id", "987654321"),
      exact("repository_owner_id", "1234567"),
      exact(
        "sub",
        "repo:Octo-Org/Events.API:environment:prod",
        "repo:Octo-Org@1234567/Events.API@987654321:environment:prod",
      ),
    ],
  ]);
  expect(readTrust(trust, "plan")[1]).toContainEqual({ claim: "ref", wanted: ["refs/pull/*/merge"], isPattern: true });
});

describe("refuses in one sentence", () => {
  const command = "`terraform -chdir=oidc output -json trust`";
  test.each<[what: string, text: string, sentence: string]>([
    ["what is not JSON, as without -json", "{\n  deploy-prod = {", `TRUST must be the JSON that ${command} prints.`],
    ["a list", "[]", `TRUST must be the JSON that ${command} prints.`],
    [
      "all outputs, or another stage's role",
      '{"trust": {}, "plan": {}}',
      `TRUST knows no role deploy-prod, but trust, plan: name its stage in oidc/terraform.tfvars, apply oidc/, and take what ${command} prints.`,
    ],
    [
      "a role that is a text",
      '{"deploy-prod": "x"}',
      `TRUST has no claims for deploy-prod: take what ${command} prints.`,
    ],
    [
      "a role without a statement",
      '{"deploy-prod": {}}',
      `TRUST has no claims for deploy-prod: take what ${command} prints.`,
    ],
    [
      "a statement without a claim, which would let everybody in",
      '{"deploy-prod": {"Deploy": {}}}',
      `TRUST has no claims for deploy-prod: take what ${command} prints.`,
    ],
    [
      "an operator that it does not know",
      JSON.stringify({ "deploy-prod": { Deploy: { StringEqualsIfExists: keys } } }),
      "TRUST compares with StringEqualsIfExists, which this script does not know: use StringEquals or StringLike.",
    ],
    [
      "a claim without its provider",
      '{"deploy-prod": {"Deploy": {"StringEquals": {"ref": "x"}}}}',
      `TRUST has no claim and value in ref: take what ${command} prints.`,
    ],
    [
      "a value that is not a text",
      '{"deploy-prod": {"Deploy": {"StringEquals": {"a.b:ref": 1}}}}',
      `TRUST has no claim and value in a.b:ref: take what ${command} prints.`,
    ],
  ])("%s", (_what, text, sentence) => {
    expect(() => readTrust(text, "deploy-prod")).toThrow(new Error(sentence));
  });
});

test.each<[wanted: string[], isPattern: boolean, claim: unknown, isMet: boolean]>([
  [["a"], false, "a", true],
  [["a", "b"], false, "b", true],
  [["a"], false, "A", false],
  [["a"], false, undefined, false],
  [["a"], false, null, false],
  [["null"], false, null, false],
  [["1"], false, 1, true],
  [["a*"], false, "ab", false],
  [["refs/pull/*/merge"], true, "refs/pull/12/merge", true],
  [["refs/pull/*/merge"], true, "refs/pull/12/head", false],
  [["refs/pull/*/merge"], true, "refs/pull/12/merge/2", false],
  [["a.?"], true, "a.b", true],
  [["a.?"], true, "a.", false],
  [["a.?"], true, "axb", false],
  [["(a|b)$"], true, "a", false],
  [["*"], true, undefined, false],
])("compares %j (a pattern: %s) with %j as AWS does", (wanted, isPattern, value, isMet) => {
  const [comparison] = compareClaims([{ claim: "ref", wanted, isPattern }], value === undefined ? {} : { ref: value });
  expect(comparison?.isMet).toBe(isMet);
});

test("of several statements it takes the one that is met, or else the one that lacks least", () => {
  const statements = readTrust(trust, "plan");
  const claims = {
    iss: "https://token.actions.githubusercontent.com",
    ref: "refs/pull/1/merge",
    sub: "repo:Octo-Org/Events.API:pull_request",
  };
  const wanted = nearestStatement(statements, claims).map((comparison) => comparison.wanted.join());
  expect(wanted).toContain("Octo-Org/Events.API/.github/workflows/plan.yml@refs/pull/*/merge");
});
