import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareClaims } from "../../../../.github/scripts/trust-claims.ts";
import { root } from "../../../build/functions.ts";
import { issuer } from "./tokens.ts";
import { trustCases } from "./trust-cases.ts";

// .github/scripts/explain-token.ts must report what the roles do with the same tokens.

const trust = readFileSync(join(root, "oidc/tests/trust.json"), "utf8");

describe("explain-token.ts finds every claim as wanted for the deploy roles that a token opens, and for no others:", () => {
  test.each(trustCases)("$what: $assumes", ({ claims, assumes }) => {
    const open = ["deploy-staging", "deploy-prod"].filter((role) =>
      compareClaims(trust, role, { ...claims, iss: issuer }).every(({ isMet }) => isMet),
    );
    expect(open.map((role) => `events-api-${role}`)).toEqual(assumes.filter((role) => role.includes("-deploy-")));
  });
});
