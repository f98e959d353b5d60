import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { isId, rules } from "./event.ts";
import { logRequest, nameOf, withoutFields, type RequestLine } from "./log.ts";
import { Problem } from "./problem.ts";
import { withinTimeLimit } from "./time-limit.ts";

export type Request = APIGatewayProxyEventV2;

/** The `sub` of the caller's token; undefined if tokens are off. */
export type Caller = string | undefined;

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  /** Absent in a 204, 302 or 304. */
  body?: object;
}

/**
 * Wraps an endpoint in a Lambda handler: payload 2.0 in, JSON out, a thrown `Problem` as problem+json,
 * and one log line. Any other error is rethrown to Lambda, which logs its stack, counts it in `Errors`
 * and makes API Gateway respond 500: caught here, a bug would look like a response. The caller is
 * identified here, before anything else, so that no endpoint can forget to.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function endpoint(act: (request: Request, caller: Caller) => Promise<Answer>) {
  return async (
    request: Request,
    context: Pick<Context, "getRemainingTimeInMillis">,
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    if (request.version !== "2.0") {
      throw new Error("This event has another payload format: set payload_format_version of the integration to 2.0.");
    }
    const started_ms = Date.now();
    const { requestId } = request.requestContext;
    const log = ({ status, body, problem, cause }: Outcome) => {
      const eventId = idIn(request.pathParameters) ?? idIn(body);
      logRequest({
        requestId,
        route: request.routeKey,
        status,
        duration_ms: Date.now() - started_ms,
        eventId,
        problem,
        cause,
      });
    };
    try {
      const caller = parseCaller(request);
      const answer = await withinTimeLimit(context, () => act(request, caller));
      log(answer);
      return respond(answer, "application/json");
    } catch (error) {
      if (!(error instanceof Problem)) {
        log({ status: 500, problem: "bug", cause: nameOf(error) });
        throw withoutFields(error);
      }
      log({ status: error.status, problem: error.type, cause: nameOf(error.cause) });
      return respond(
        { status: error.status, headers: error.headers, body: error.body(requestId) },
        "application/problem+json",
      );
    }
  };
}

type Outcome = Pick<Answer, "status" | "body"> & Pick<RequestLine, "problem" | "cause">;

/** The `id` in a path or an event, if it is valid: a caller may put anything into a path. */
function idIn(parts: object | undefined): string | undefined {
  const { id } = (parts ?? {}) as { id?: unknown };
  return isId(id) ? id : undefined;
}

function respond({ status, headers = {}, body }: Answer, contentType: string): APIGatewayProxyStructuredResultV2 {
  if (!body) return { statusCode: status, headers };
  return { statusCode: status, headers: { ...headers, "content-type": contentType }, body: JSON.stringify(body) };
}

/** What API Gateway's JWT authorizer adds to a request: every claim is a string, a list is `[a b]`. */
interface Authorized {
  authorizer?: { jwt?: { claims?: Record<string, unknown> } };
}

const auth = process.env["AUTH"];
if (auth !== "jwt" && auth !== "off") throw new Error('The environment variable AUTH must be "jwt" or "off".');

/**
 * The caller, from the claims of the token that API Gateway has verified. They count with AUTH=off, too: when
 * sign-in is turned on, routes have their authorizer minutes before the functions are released.
 *
 * Throws a `Problem` 401 without claims if AUTH=jwt, because a route without its authorizer must not be open;
 * for an ID token, which API Gateway accepts but which grants no access; and for a `sub` that is not a valid
 * organizer. Truncating it to 100 characters could merge two people.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
function parseCaller({ requestContext }: Request): Caller {
  const claims = (requestContext as Authorized).authorizer?.jwt?.claims;
  if (!claims) {
    if (auth === "off") return undefined;
    throw unauthorized(
      "Bearer",
      "This request has no verified token: send an access token in the Authorization header. If you did, this route is missing its authorizer.",
    );
  }
  const { sub, token_use: use = "access" } = claims; // only Cognito's tokens have token_use
  if (use !== "access")
    throw invalidToken("This is not an access token: sign in again and send the access token, not the ID token.");
  if (!isSub(sub))
    throw invalidToken(
      "The token's sub must be a non-blank string of 1 to 100 characters, because it becomes the organizer.",
    );
  return sub;
}

function isSub(sub: unknown): sub is string {
  return rules.organizer(sub) === undefined;
}

/** RFC 6750, section 3: no error code if there was no token. */
function invalidToken(detail: string): Problem {
  return unauthorized('Bearer error="invalid_token"', detail);
}

function unauthorized(challenge: string, detail: string): Problem {
  return new Problem(401, detail, { headers: { "www-authenticate": challenge } });
}
