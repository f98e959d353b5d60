import { isOn } from "./environment.ts";
import { rules } from "./event.ts";
import type { Request } from "./http.ts";
import { Problem } from "./problem.ts";

/** The `sub` of whoever calls; undefined where tokens are off, and nobody is known. */
export type Caller = string | undefined;

/** What API Gateway's JWT authorizer adds to a request: every claim is text, a list is `[a b]`. */
interface Authorized {
  authorizer?: { jwt?: { claims?: Record<string, unknown> } };
}

const hasTokens = isOn("AUTH", "jwt");

/**
 * Who calls, as the token says that API Gateway has checked. `endpoint` asks this for every route.
 *
 * Throws a `Problem` 401 without claims, because a route that lost its authorizer must not be open;
 * for an ID token, which says who somebody is and opens nothing, though API Gateway lets it through;
 * and for a `sub` that could be no organizer. Cutting it to 100 characters would make one of two people.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export function expectCaller({ requestContext }: Request): Caller {
  if (!hasTokens) return undefined;
  const claims = (requestContext as Authorized).authorizer?.jwt?.claims;
  if (!claims)
    throw unauthorized(
      "Bearer",
      "No token of this request was checked: send an access token in the header Authorization. If you did, this route has lost its authorizer.",
    );
  const { sub, token_use: use = "access" } = claims; // only Cognito's tokens say what they are for
  if (use !== "access")
    throw invalidToken("This is no access token: sign in again and send the access token, not the ID token.");
  if (!isSub(sub))
    throw invalidToken(
      "The token's sub must be text of 1 to 100 characters that is not blank, because it becomes the organizer.",
    );
  return sub;
}

function isSub(sub: unknown): sub is string {
  return rules.organizer(sub) === undefined;
}

/** RFC 6750, section 3: no error where there was no token. */
function invalidToken(detail: string): Problem {
  return unauthorized('Bearer error="invalid_token"', detail);
}

function unauthorized(challenge: string, detail: string): Problem {
  return new Problem(401, detail, { headers: { "www-authenticate": challenge } });
}
