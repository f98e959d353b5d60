import type { JWTPayload } from "jose";

/**
 * A token's claims as API Gateway hands them to a function: every one is text, a list is `[a b]`, an
 * object JSON, and null is left out.
 *
 * As recorded from AWS: https://github.com/floci-io/floci/pull/2011
 */
export function claimsAsText(claims: JWTPayload): Record<string, string> {
  const present = Object.entries(claims).filter(([, value]) => value !== null);
  return Object.fromEntries(present.map(([name, value]) => [name, asText(value)]));
}

function asText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asText).join(" ")}]`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The scopes that a token holds: `scp`, or else `scope`, as a list or as text with blanks between. */
export function scopesOf({ scp, scope }: JWTPayload): string[] {
  return [scp ?? scope]
    .flat()
    .flatMap((each) => (typeof each === "string" ? each.split(" ") : []))
    .filter((each) => each !== "");
}
