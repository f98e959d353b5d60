import { verify, type KeyObject } from "node:crypto";
import { issuer } from "../trust/tokens.ts";

/** How AWS names the provider: its address without `https://`. */
export const providerName = issuer.replace(/^https:\/\//, "");

export type Claims = Record<string, unknown>;

/** The claims that AWS offers as condition keys, besides `aud`; all others it ignores. */
const known = [
  "sub",
  "amr",
  "actor",
  "actor_id",
  "enterprise_id",
  "environment",
  "job_workflow_ref",
  "ref",
  "repository",
  "repository_id",
  "repository_owner_id",
  "workflow",
];

/**
 * Checks a JSON Web Token's signature (RS256), issuer and times, and gives its claims, or the
 * sentence that says why it is refused.
 *
 * RFC 7519; https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export function readToken(token: string, publicKey: KeyObject, now: Date): Claims | string {
  const [head = "", payload = "", signature = "", ...more] = token.split(".");
  const header = parse(head);
  const claims = parse(payload);
  if (!header || !claims || more.length > 0 || !/^[\w-]*$/.test(signature)) return "The token is not a JSON Web Token.";
  if (header["alg"] !== "RS256") return "The token must be signed with RS256.";
  if (!verify("sha256", Buffer.from(`${head}.${payload}`), publicKey, Buffer.from(signature, "base64url")))
    return "The token's signature does not match.";
  if (claims["iss"] !== issuer) return `The token's issuer is not ${issuer}.`;
  const now_s = now.getTime() / 1000;
  if (typeof claims["exp"] !== "number" || claims["exp"] <= now_s) return "The token has expired.";
  if (typeof claims["nbf"] === "number" && claims["nbf"] > now_s) return "The token is not valid yet.";
  return claims;
}

/** The token's condition keys, such as `token.actions.githubusercontent.com:sub`. */
export function contextOf(claims: Claims): Record<string, string[]> {
  const keys = ["aud", ...known].filter((name) => claims[name] !== undefined);
  return Object.fromEntries(keys.map((name) => [`${providerName}:${name}`, [claims[name]].flat().map(String)]));
}

function parse(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}
