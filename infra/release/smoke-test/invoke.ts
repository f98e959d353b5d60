import { randomUUID } from "node:crypto";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { functionOf, type Routes } from "../_shared/outputs.ts";
import { parseObject } from "../_shared/json.ts";
import { limitOf, pathOf, reasonOf, type Request, type Way } from "./request.ts";

/** What infra/function/ calls the version that callers get. */
export const liveAlias = "live";

export interface Target {
  functionName: string;
  qualifier: string;
}

/** The one caller that every deployment is: nobody has to keep a password or a token for it. */
const claims = { sub: "smoke-test", token_use: "access" };

export function signedIn(routes: Routes, region: { region?: string } = {}): Way {
  return byInvoking(
    new LambdaClient(region),
    (routeKey) => ({ functionName: functionOf(routes, routeKey), qualifier: liveAlias }),
    true,
  );
}

/**
 * Past API Gateway, to what `targetOf` gives for a route, with the rights and the region that the AWS SDK finds.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function byInvoking(client: LambdaClient, targetOf: (routeKey: string) => Target, isSignedIn: boolean): Way {
  return {
    describe: (request) => {
      const { functionName, qualifier } = targetOf(request.routeKey);
      const method = request.routeKey.replace(/ .*/, "");
      return `${method} ${pathOf(request)}${isSignedIn ? " by a signed-in caller" : ""} (${functionName}:${qualifier})`;
    },
    async send(request, timeout_ms, stop) {
      const { functionName, qualifier } = targetOf(request.routeKey);
      const started_ms = performance.now();
      const event = eventOf(request, isSignedIn);
      const command = new InvokeCommand({
        FunctionName: functionName,
        Qualifier: qualifier,
        Payload: JSON.stringify(event),
      });
      try {
        const abortSignal = limitOf(timeout_ms, stop);
        const { FunctionError: error, Payload: payload } = await client.send(command, { abortSignal });
        const result = payload?.transformToString() ?? "";
        if (error !== undefined) return { status: undefined, reason: `an error of the function: ${result}` };
        const { requestId } = event.requestContext;
        return { ...readResult(result), requestId, duration_ms: performance.now() - started_ms };
      } catch (error) {
        return { status: undefined, reason: reasonOf(error, timeout_ms) };
      }
    },
  };
}

function eventOf({ routeKey, pathParameters, body }: Request, isSignedIn: boolean) {
  return {
    version: "2.0",
    routeKey,
    rawQueryString: "",
    headers: { "content-type": "application/json" },
    requestContext: {
      ...(isSignedIn && { authorizer: { jwt: { claims, scopes: null } } }),
      requestId: `smoke-test-${randomUUID()}`, // a function takes a request with an id that it knows for the same one
      routeKey,
    },
    ...(pathParameters && { pathParameters }),
    ...(body && { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
}

/** Throws where the result is no HTTP answer. */
function readResult(result: string) {
  const {
    statusCode,
    headers = {},
    body = "",
  } = (parseObject(result) ?? {}) as { statusCode?: number; headers?: Record<string, string>; body?: string };
  if (statusCode === undefined) throw new Error(`the function returned ${result || "nothing"}`);
  return { status: statusCode, contentType: headers["content-type"] ?? "", text: body, object: parseObject(body) };
}
