import { describe, expect, test } from "vitest";
import { denialByResource, type Policy } from "../gate/iam.ts";
import { claimKeys } from "../gate/web-identity.ts";
import { trustCases as cases } from "./trust-cases.ts";

const provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

/** As in oidc/trust.tf, which oidc/tests/trust.tftest.hcl compares word for word. */
const policies: Record<string, Policy> = {
  "events-api-deploy-staging": trust(deployClaims("staging")),
  "events-api-deploy-prod": trust(deployClaims("prod")),
  "events-api-plan": trust(
    {
      StringEquals: { sub: subjects("pull_request") },
      StringLike: {
        ref: "refs/pull/*/merge",
        job_workflow_ref: "Octo-Org/Events.API/.github/workflows/plan.yml@refs/pull/*/merge",
      },
    },
    {
      StringEquals: {
        sub: subjects("ref:refs/heads/main"),
        ref: "refs/heads/main",
        job_workflow_ref: "Octo-Org/Events.API/.github/workflows/drift.yml@refs/heads/main",
      },
    },
  ),
};

describe("the roles that a token opens:", () => {
  test.each(cases)("$what: $assumes", ({ claims, assumes }) => {
    expect(opened(policies, claims)).toEqual(assumes);
  });
});

test("there are at least 30 distinct tokens, and each role is opened by one", () => {
  expect(cases.length).toBeGreaterThanOrEqual(30);
  expect(new Set(cases.map(({ claims }) => JSON.stringify(Object.entries(claims).sort()))).size).toBe(cases.length);
  expect(new Set(cases.map(({ what }) => what)).size).toBe(cases.length);
  expect(new Set(cases.flatMap(({ assumes }) => assumes))).toEqual(new Set(Object.keys(policies)));
});

describe("a wider trust policy admits one of the tokens:", () => {
  test.each<[what: string, from: string, to: string]>([
    ["without the branch", '"token.actions.githubusercontent.com:ref":"refs/heads/main",', ""],
    [
      "without the workflow",
      ',"token.actions.githubusercontent.com:job_workflow_ref":"Octo-Org/Events.API/.github/workflows/deploy-stage.yml@refs/heads/main"',
      "",
    ],
    ["without the audience", '"token.actions.githubusercontent.com:aud":"sts.amazonaws.com",', ""],
    ["without the repository's id", '"token.actions.githubusercontent.com:repository_id":"987654321",', ""],
    ["without the owner's id", '"token.actions.githubusercontent.com:repository_owner_id":"1234567",', ""],
    ["without the environment", '"token.actions.githubusercontent.com:environment":"staging",', ""],
    [
      "for any subject",
      `"token.actions.githubusercontent.com:sub":${JSON.stringify(subjects("environment:staging"))},`,
      "",
    ],
    ["for absent claims too", "StringEquals", "StringEqualsIfExists"],
    ["for all values of a claim", "StringEquals", "ForAllValues:StringEquals"],
    ["in any letter case", "StringEquals", "StringEqualsIgnoreCase"],
  ])("%s", (_what, from, to) => {
    const exact = JSON.stringify(policies["events-api-deploy-staging"]);
    expect(exact).toContain(from);
    const wider = { ...policies, "events-api-deploy-staging": JSON.parse(exact.replaceAll(from, to)) as Policy };
    const wrong = cases.filter(({ claims, assumes }) => opened(wider, claims).join() !== assumes.join());
    expect(wrong.length).toBeGreaterThan(0);
  });
});

function opened(of: Record<string, Policy>, claims: Record<string, string>): string[] {
  const context = claimKeys(claims);
  const asked = {
    action: "sts:AssumeRoleWithWebIdentity",
    resource: "",
    context,
    principal: { kind: "Federated", value: provider },
  } as const;
  return Object.keys(of).filter((name) => denialByResource(of[name] ?? { Statement: [] }, asked) === undefined);
}

function subjects(context: string): string[] {
  return [`repo:Octo-Org/Events.API:${context}`, `repo:Octo-Org@1234567/Events.API@987654321:${context}`];
}

type ClaimConditions = Record<string, Record<string, string | string[]>>;

function deployClaims(stage: string): ClaimConditions {
  return {
    StringEquals: {
      sub: subjects(`environment:${stage}`),
      ref: "refs/heads/main",
      environment: stage,
      job_workflow_ref: "Octo-Org/Events.API/.github/workflows/deploy-stage.yml@refs/heads/main",
    },
  };
}

function trust(...conditions: ClaimConditions[]): Policy {
  const always = { aud: "sts.amazonaws.com", repository_id: "987654321", repository_owner_id: "1234567" };
  return {
    Statement: conditions.map(({ StringEquals, StringLike }) => ({
      Effect: "Allow",
      Action: "sts:AssumeRoleWithWebIdentity",
      Principal: { Federated: provider },
      Condition: {
        StringEquals: keyed({ ...always, ...StringEquals }),
        ...(StringLike && { StringLike: keyed(StringLike) }),
      },
    })),
  };
}

function keyed(claims: Record<string, string | string[]>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [`token.actions.githubusercontent.com:${name}`, value]),
  );
}
