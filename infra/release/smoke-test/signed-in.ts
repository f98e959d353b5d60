import { randomUUID } from "node:crypto";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { parseObject, reasonOf, type Request, type Way } from "./request.ts";

/** What infra/function/ calls the version that callers get. */
const alias = "live";

/** The one caller that every deployment is: nobody has to keep a password or a token for it. */
const claims = { sub: "smoke-test", token_use: "access" };

const routes = {
  POST: { routeKey: "POST /events", functionName: "create-event" },
  GET: { routeKey: "GET /events/{id}", functionName: "get-event" },
};

/**
 * As somebody who has signed in, past API Gateway: it invokes the functions, of which the names are
 * given, with events such as API Gateway makes when it has checked a token. For that it needs the
 * right to invoke them, a region and credentials, which the AWS SDK finds as everywhere.
 *
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function signedIn(functionNames: string[]): Way {
  const client = new LambdaClient();
  const nameOf = ({ method }: Request) => {
    const name = functionNames.find((each) => each.endsWith(`-${routes[method].functionName}`));
    if (name === undefined) throw new Error(`The output function_names must name the function ${routes[method].functionName}.`);
    return name;
  };
  return {
    describe: (request) => `${request.method} /events${request.method === "GET" ? `/${request.id}` : ""} by a signed-in caller (${nameOf(request)}:${alias})`,
    async send(request, timeout_ms) {
      const started_ms = performance.now();
      const event = eventOf(request);
      const command = new InvokeCommand({ FunctionName: nameOf(request), Qualifier: alias, Payload: JSON.stringify(event) });
      try {
        const { FunctionError: error, Payload: payload } = await client.send(command, { abortSignal: AbortSignal.timeout(timeout_ms) });
        const result = payload?.transformToString() ?? "";
        if (error !== undefined) return { status: undefined, reason: `an error of the function: ${result}` };
        return { ...readResult(result), requestId: event.requestContext.requestId, duration_ms: performance.now() - started_ms };
      } catch (error) {
        return { status: undefined, reason: reasonOf(error, timeout_ms) };
      }
    },
  };
}

/** What the functions read of an event of payload format 2.0. */
function eventOf(request: Request) {
  const { routeKey } = routes[request.method];
  return {
    version: "2.0",
    routeKey,
    rawQueryString: "",
    headers: { "content-type": "application/json" },
    requestContext: {
      authorizer: { jwt: { claims, scopes: null } },
      requestId: `smoke-test-${randomUUID()}`, // a function takes a request with an id that it knows for the same one
      routeKey,
    },
    ...(request.method === "POST" ? { body: JSON.stringify(request.body) } : { pathParameters: { id: request.id } }),
    isBase64Encoded: false,
  };
}

/** A function's result as a caller would have got it. Throws where it is no HTTP answer. */
function readResult(result: string) {
  const { statusCode, headers = {}, body = "" } = (parseObject(result) ?? {}) as { statusCode?: number; headers?: Record<string, string>; body?: string };
  if (statusCode === undefined) throw new Error(`the function returned ${result || "nothing"}`);
  return { status: statusCode, contentType: headers["content-type"] ?? "", text: body, object: parseObject(body) };
}
