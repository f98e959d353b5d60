import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { expectCaller, type Caller } from "./caller.ts";
import { isId } from "./event.ts";
import { logRequest, nameOf, withoutFields, type RequestLine } from "./log.ts";
import { largestItem_bytes, Problem, tooLarge } from "./problem.ts";
import { withinTimeLimit } from "./time-limit.ts";

export type Request = APIGatewayProxyEventV2;

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  /** Absent in a 204, 302 or 304. */
  body?: object;
}

/**
 * Makes a Lambda handler of what an endpoint does: payload 2.0 in, JSON out, and a thrown `Problem`
 * as problem+json, with one line in the log. Any other error goes on to Lambda, which logs its stack,
 * counts it in `Errors` and has API Gateway answer 500: caught here, a bug would look like an answer.
 * Who calls is found out here and before all else, so that no endpoint can forget to ask.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function endpoint(act: (request: Request, caller: Caller) => Promise<Answer>) {
  return async (
    request: Request,
    context: Pick<Context, "getRemainingTimeInMillis">,
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    if (request.version !== "2.0") {
      throw new Error("Set payload_format_version of the integration to 2.0: this event is of another version.");
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
      const caller = expectCaller(request);
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

/** The `id` in a path or in an event, if it is one: what a caller puts into a path can be anything. */
function idIn(parts: object | undefined): string | undefined {
  const { id } = (parts ?? {}) as { id?: unknown };
  return isId(id) ? id : undefined;
}

/**
 * JSON may write one byte as six, as in \\u0041. What is longer than that is refused unparsed: 6 MB of
 * brackets become a tree that takes more memory than the function has.
 */
const largestBody_bytes = 6 * largestItem_bytes;

/**
 * The body of a request as JSON.parse reads it: of duplicate keys the last one wins. `mediaTypes` are
 * those that it may have.
 *
 * A `charset` is ignored, because JSON is UTF-8 whatever it says (RFC 8259, section 11).
 * Throws a `Problem`: 415 for another media type and for what is compressed, 413 for what could never
 * be stored, 400 for what is empty, not UTF-8 or not JSON.
 */
export function readJson(request: Request, mediaTypes = ["application/json"]): unknown {
  expectReadable(request, mediaTypes);
  const text = readText(request);
  if (text.trim() === "") throw new Problem(400, "The body is empty: send a JSON object.");
  try {
    return JSON.parse(text);
  } catch {
    // JSON.parse's own message quotes the body.
    throw new Problem(400, "The body is not valid JSON.");
  }
}

/**
 * What a 415 says is taken goes by the method. Accept-Patch goes with PUT too, which does the same: in
 * the answer to any method it says what PATCH takes (RFC 5789, section 3.1). Accept-Encoding goes with
 * a 415 for an encoding and with no other (RFC 9110, section 12.5.3).
 */
function expectReadable({ headers, requestContext }: Request, mediaTypes: string[]): void {
  const refuse = (detail: string, more: Record<string, string> = {}) => {
    const accept = requestContext.http.method === "POST" ? "accept-post" : "accept-patch";
    return new Problem(415, detail, { headers: { [accept]: mediaTypes.join(", "), ...more } });
  };
  const mediaType = headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!mediaTypes.includes(mediaType))
    throw refuse(`The body must be JSON: send the header Content-Type: ${mediaTypes.join(" or ")}.`);
  const codings = (headers["content-encoding"] ?? "").split(",").map((coding) => coding.trim().toLowerCase());
  if (codings.some((coding) => coding !== "" && coding !== "identity")) {
    throw refuse("The body must not be compressed: leave out the header Content-Encoding, or send identity.", {
      "accept-encoding": "identity",
    });
  }
}

/**
 * API Gateway encodes a body in base64 by its content type, not by its bytes: both ways lead through
 * one decoder, so that they mean the same. It drops a byte order mark (RFC 8259, section 8.1).
 */
function readText({ body, isBase64Encoded }: Request): string {
  const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"); // an event made by hand may have a body of null
  if (bytes.length > largestBody_bytes) throw tooLarge();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Problem(400, "The body is not UTF-8.");
  }
}

function respond({ status, headers = {}, body }: Answer, contentType: string): APIGatewayProxyStructuredResultV2 {
  if (!body) return { statusCode: status, headers };
  return { statusCode: status, headers: { ...headers, "content-type": contentType }, body: JSON.stringify(body) };
}
