import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../infra/build/functions.ts";
import { adviceFor, compareClaims } from "./trust-claims.ts";

const trust = readFileSync(join(root, "oidc/tests/trust.json"), "utf8");
const workflow = "Octo-Org/Events.API/.github/workflows/deploy-stage.yml@refs/heads/main";
const claims = {
  iss: "https://token.actions.githubusercontent.com",
  aud: "sts.amazonaws.com",
  environment: "prod",
  job_workflow_ref: workflow,
  ref: "refs/heads/main",
  repository_id: "987654321",
  repository_owner_id: "1234567",
  sub: "repo:Octo-Org@1234567/Events.API@987654321:environment:prod",
};
const subjects = ["repo:Octo-Org/Events.API:environment:prod", claims.sub];

test("reads the claims that oidc/ trusts, the token's issuer among them", () => {
  expect(compareClaims(trust, "deploy-prod", claims)).toEqual(
    Object.entries(claims).map(([claim, said]) => ({
      claim,
      wanted: claim === "sub" ? subjects : [said],
      said,
      isMet: true,
    })),
  );
});

test.each<[claim: keyof typeof claims, value: unknown, isMet: boolean]>([
  ["sub", subjects[0], true],
  ["environment", "Prod", false],
  ["environment", undefined, false],
  ["environment", null, false],
  ["repository_id", 987654321, true],
  ["ref", "main", false],
  ["ref", "refs/heads/*", false],
])("compares %s as AWS does: %j", (claim, value, isMet) => {
  const compared = compareClaims(trust, "deploy-prod", { ...claims, [claim]: value });
  expect(compared.filter((each) => !each.isMet).map((each) => each.claim)).toEqual(isMet ? [] : [claim]);
});

describe("refuses in one sentence", () => {
  const command = "`terraform -chdir=oidc output -json trust`";
  const incomplete = `TRUST must have one statement with StringEquals for deploy-prod: take what ${command} prints.`;
  test.each<[what: string, text: string, sentence: string]>([
    ["what is not JSON, as without -json", "{\n  deploy-prod = {", `TRUST must be the JSON that ${command} prints.`],
    ["a list", "[]", `TRUST must be the JSON that ${command} prints.`],
    [
      "all outputs, or another stage's role",
      '{"trust": {}, "plan": {}}',
      `TRUST has no role deploy-prod, only trust, plan: name its stage in oidc/terraform.tfvars, apply oidc/, and take what ${command} prints.`,
    ],
    ["a role without a statement", '{"deploy-prod": {}}', incomplete],
    [
      "a statement without a claim, which would let anyone in",
      '{"deploy-prod": {"Deploy": {"StringEquals": {}}}}',
      incomplete,
    ],
    [
      "an unknown operator",
      '{"deploy-prod": {"Deploy": {"StringEquals": {"a:ref": "x"}, "StringLike": {}}}}',
      incomplete,
    ],
    ["two statements", '{"deploy-prod": {"A": {"StringEquals": {"a:ref": "x"}}, "B": {}}}', incomplete],
  ])("%s", (_what, text, sentence) => {
    expect(() => compareClaims(text, "deploy-prod", {})).toThrow(new Error(sentence));
  });
});

test.each<[what: string, changes: Record<string, unknown>, advice: RegExp[]]>([
  ["nothing is wrong", {}, []],
  ["another branch", { ref: "refs/heads/feature" }, [/^The job did not run on main: .* --ref main`/]],
  ["another file", { job_workflow_ref: "x" }, [/^The job is in another file, branch or repository than Octo-Org/]],
  ["another repository", { repository_id: "5", repository_owner_id: "5" }, [/^The repository is not the one that/]],
  [
    "no environment",
    { environment: undefined },
    [/^The job ran in no GitHub environment, or in another: .* must be exactly prod\.$/],
  ],
  ["a customised subject", { sub: "" }, [/^The subject consists of .*use_default=true/]],
  ["another audience", { aud: "sigstore" }, [/^The trust policy wants another audience/]],
  ["an issuer of its own", { iss: "https://octo" }, [/^This GitHub's tokens have another issuer/]],
  ["no id of the repository", { repository_id: undefined }, [/^The token has no repository_id, as on/]],
])("says what to do about %s", (_what, changes, advice) => {
  expect(adviceFor(compareClaims(trust, "deploy-prod", { ...claims, ...changes }))).toEqual(
    advice.map((sentence): unknown => expect.stringMatching(sentence)),
  );
});

test("says which claim differs, even one that only a fork's trust has", () => {
  expect(adviceFor([{ claim: "actor", wanted: ["octocat"], said: "stranger", isMet: false }])).toEqual([
    "oidc/trust.tf wants actor to be octocat: change whichever is wrong.",
  ]);
});
