import type { KeyObject } from "node:crypto";
import { jwtVerify, type JWTPayload } from "jose";
import { issuer } from "../trust/tokens.ts";

export const providerName = issuer.replace(/^https:\/\//, "");

/** The claims that AWS offers as condition keys; it ignores all others. */
const known =
  "aud sub amr actor actor_id enterprise_id environment job_workflow_ref ref repository repository_id repository_owner_id workflow";

/**
 * Verifies a JSON Web Token's signature (RS256), issuer, times and audience, and returns its claims, or a
 * sentence with the reason for the refusal.
 *
 * RFC 7519; https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export async function readToken(token: string, publicKey: KeyObject, audience: string[]): Promise<JWTPayload | string> {
  if (/\s/.test(token)) return "The token is refused: it contains white space."; // which jose skips
  const wanted = { issuer, audience, algorithms: ["RS256"], requiredClaims: ["exp"] };
  return jwtVerify(token, publicKey, wanted).then(
    ({ payload }) => payload,
    (error: unknown) => `The token is refused: ${(error as Error).message}.`,
  );
}

export function claimKeys(claims: JWTPayload): Record<string, string[]> {
  const valuesOf = (name: string) => [claims[name] ?? []].flat().map(String);
  return Object.fromEntries(known.split(" ").map((name) => [`${providerName}:${name}`, valuesOf(name)]));
}
