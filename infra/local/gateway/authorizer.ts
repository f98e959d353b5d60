import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from "jose";

export type Authorizer = (authorization: string | undefined, routeScopes: string[]) => Promise<Authorized | Refused>;

export interface Authorized {
  jwt: { claims: Record<string, string>; scopes: string[] | null };
}

interface Refused {
  status: 401 | 403;
  message: string;
  headers: [name: string, value: string][];
}

interface JwtSettings {
  issuer: string;
  /** One of these must be the token's `aud`, or its `client_id` if it has no `aud`. */
  audience: string[];
  keys: JSONWebKeySet;
}

/**
 * Emulates API Gateway's JWT authorizer. It accepts ID tokens: the functions must tell them from access tokens.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
 */
export function jwtAuthorizer(settings: JwtSettings): Authorizer {
  const keys = createLocalJWKSet(settings.keys);
  return async (authorization = "", routeScopes) => {
    if (authorization === "") return unauthorized("Bearer");
    // The prefix is optional. Whether AWS accepts it in any case is not known; RFC 9110 does.
    const token = authorization.replace(/^Bearer +/i, "");
    try {
      const claims = await verify(token, keys, settings);
      const scopes = scopesOf(claims);
      if (routeScopes.length > 0 && !routeScopes.some((scope) => scopes.includes(scope))) return forbidden;
      const present = Object.entries(claims).filter(([, value]) => value !== null);
      const texts = Object.fromEntries(present.map(([name, value]) => [name, asText(value)]));
      return { jwt: { claims: texts, scopes: routeScopes.length > 0 ? scopes : null } };
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      return unauthorized(
        `Bearer scope="${routeScopes.join(" ")}" error="invalid_token" error_description="${describe(error, token)}"`,
      );
    }
  };
}

async function verify(
  token: string,
  keys: ReturnType<typeof createLocalJWKSet>,
  { issuer, audience }: JwtSettings,
): Promise<JWTPayload> {
  const { payload } = await jwtVerify(
    token,
    (header, jws) => {
      // With a single key in the set jose would not require one.
      if (header.kid === undefined) throw new errors.JWKSNoMatchingKey();
      return keys(header, jws);
    },
    { algorithms: ["RS256", "RS384", "RS512"], issuer, requiredClaims: ["exp"] },
  );
  const intended = Object.hasOwn(payload, "aud") ? payload.aud : payload["client_id"];
  if (![intended].flat().some((each) => typeof each === "string" && audience.includes(each)))
    throw claimFailed(payload, "aud");
  if (payload.iat !== undefined && payload.iat > Date.now() / 1000) throw claimFailed(payload, "iat");
  return payload;
}

/**
 * A claim as API Gateway passes it to a function: as text, a list as `[a b]`, an object as JSON.
 * As recorded from AWS: https://github.com/floci-io/floci/pull/2011
 */
function asText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asText).join(" ")}]`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function scopesOf({ scp, scope }: JWTPayload): string[] {
  return [scp ?? scope]
    .flat()
    .flatMap((each) => (typeof each === "string" ? each.split(" ") : []))
    .filter((each) => each !== "");
}

function claimFailed(payload: JWTPayload, claim: string): errors.JWTClaimValidationFailed {
  return new errors.JWTClaimValidationFailed(claim, payload, claim, "check_failed");
}

/** AWS's texts as far as published or recorded; those for `nbf`, `iat`, the key and the signature are made up. */
function describe(error: errors.JOSEError, token: string): string {
  if (token.split(".").length !== 3) return "token contains an invalid number of segments";
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return `signing method ${String(decodeProtectedHeader(token).alg).replaceAll(/\W/g, "")} is invalid`;
  }
  const { code, claim = code } = error as errors.JOSEError & { claim?: string };
  return descriptions[claim] ?? "the token is malformed";
}

/** By the wrong claim, or by jose's code. */
const descriptions: Record<string, string> = {
  [errors.JWKSNoMatchingKey.code]: "the key of the token is not known",
  [errors.JWSSignatureVerificationFailed.code]: "the signature is invalid",
  iss: "issuer does not match",
  aud: "the token does not have a valid audience",
  exp: "the token has expired",
  nbf: "the token is not valid yet",
  iat: "the token was issued in the future",
};

function unauthorized(challenge: string): Refused {
  return { status: 401, message: "Unauthorized", headers: [["www-authenticate", challenge]] };
}

/** Whether AWS sends a header with it is not known. */
const forbidden: Refused = { status: 403, message: "Forbidden", headers: [] };
