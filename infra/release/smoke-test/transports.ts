import { randomUUID } from "node:crypto";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { isThrottlingError, isTransientError } from "@smithy/core/retry";
import { parseObject } from "../_shared/json.ts";
import { functionOf, type Routes } from "../_shared/outputs.ts";

export interface Request {
  routeKey: string;
  pathParameters?: Record<string, string>;
  body?: object;
}

export interface Transport {
  describe: (request: Request) => string;
  /** Waits for the whole answer, until `timeout_ms` or a stop. */
  send: (request: Request, timeout_ms: number, stop?: AbortSignal) => Promise<Answer | NoAnswer>;
}

export interface Answer {
  status: number;
  contentType: string;
  requestId: string | undefined;
  text: string;
  /** The object in `text`, if it is one. */
  object: Record<string, unknown> | undefined;
  duration_ms: number;
}

export interface NoAnswer {
  status: undefined;
  reason: string;
  /** Whether it was lost in transit, not by the function. */
  isLost: boolean;
}

/** Through API Gateway, without a token. It does not follow redirects. */
export function overHttp(baseUrl: string): Transport {
  return {
    describe: (request) => `${methodOf(request)} ${baseUrl}${pathOf(request)}`,
    send: sendBy(async (request, signal) => {
      const content = request.body && {
        body: JSON.stringify(request.body),
        headers: { "content-type": "application/json" },
      };
      const method = methodOf(request);
      const response = await fetch(`${baseUrl}${pathOf(request)}`, { method, ...content, redirect: "manual", signal });
      return {
        status: response.status,
        contentType: response.headers.get("content-type") ?? "",
        requestId: response.headers.get("apigw-requestid") ?? undefined,
        text: await response.text(),
      };
    }),
  };
}

/** infra/function/'s name for the version that callers get. */
export const liveAlias = "live";

/** The one caller of every deployment: it needs no stored password or token. */
const claims = { sub: "smoke-test", token_use: "access" };

export function signedIn(routes: Routes, region: { region?: string } = {}): Transport {
  return byInvoking(region, (routeKey) => ({ functionName: functionOf(routes, routeKey), qualifier: liveAlias }), true);
}

/**
 * Bypasses API Gateway: invokes the target of a route, with the credentials and the region that the AWS SDK finds.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function byInvoking(
  region: { region?: string },
  targetOf: (routeKey: string) => Target,
  isSignedIn: boolean,
): Transport {
  const invoke = invoker(region);
  return {
    describe: (request) => {
      const { functionName, qualifier } = targetOf(request.routeKey);
      const caller = isSignedIn ? " by a signed-in caller" : "";
      return `${methodOf(request)} ${pathOf(request)}${caller} (${functionName}:${qualifier})`;
    },
    send: sendBy(async (request, abortSignal) => {
      const event = eventOf(request, isSignedIn);
      const result = await invoke(targetOf(request.routeKey), event, abortSignal);
      return typeof result === "string" ? { ...readResult(result), requestId: event.requestContext.requestId } : result;
    }),
  };
}

/** Notifies a function that S3 calls of no objects, whatever the request: it loads and does nothing. 200 without an error. */
export function byNotifying(region: { region?: string }, target: Target): Transport {
  const invoke = invoker(region);
  return {
    describe: () => `a notification without records (${target.functionName}:${target.qualifier})`,
    send: sendBy(async (_request, abortSignal) => {
      const result = await invoke(target, { Records: [] }, abortSignal);
      return typeof result === "string" ? { status: 200, contentType: "", requestId: undefined, text: result } : result;
    }),
  };
}

interface Target {
  functionName: string;
  qualifier: string;
}

function invoker(region: { region?: string }) {
  const client = new LambdaClient({ ...region, maxAttempts: 1 }); // the SDK would retry silently
  return async (target: Target, event: object, abortSignal: AbortSignal): Promise<string | NoAnswer> => {
    const { functionName: FunctionName, qualifier: Qualifier } = target;
    const command = new InvokeCommand({ FunctionName, Qualifier, Payload: JSON.stringify(event) });
    const { FunctionError: error, Payload: payload } = await client.send(command, { abortSignal });
    const result = payload?.transformToString() ?? "";
    return error === undefined
      ? result
      : { status: undefined, reason: `an error of the function: ${result}`, isLost: false };
  };
}

type Received = Omit<Answer, "object" | "duration_ms">;

function sendBy(exchange: (request: Request, signal: AbortSignal) => Promise<Received | NoAnswer>): Transport["send"] {
  return async (request, timeout_ms, stop) => {
    const started_ms = performance.now();
    const timeout = AbortSignal.timeout(timeout_ms);
    try {
      const answer = await exchange(request, stop ? AbortSignal.any([timeout, stop]) : timeout);
      if (answer.status === undefined) return answer;
      return { ...answer, object: parseObject(answer.text), duration_ms: performance.now() - started_ms };
    } catch (error) {
      // The SDK also calls a reset a timeout.
      const reason = timeout.aborted ? `within ${timeout_ms / 1000} s` : `(${reasonOf(error)})`;
      return { status: undefined, reason: `no answer ${reason}`, isLost: timeout.aborted || isOfConnection(error) };
    }
  };
}

function methodOf({ routeKey }: Request): string {
  return routeKey.replace(/ .*/, "");
}

function pathOf({ routeKey, pathParameters = {} }: Request): string {
  return routeKey.replace(/^\S+ /, "").replaceAll(/\{(\w+)\}/g, (_, name: string) => pathParameters[name] ?? "");
}

function eventOf({ routeKey, pathParameters, body }: Request, isSignedIn: boolean) {
  return {
    version: "2.0",
    routeKey,
    rawQueryString: "",
    headers: { "content-type": "application/json" },
    requestContext: {
      ...(isSignedIn && { authorizer: { jwt: { claims, scopes: null } } }),
      requestId: `smoke-test-${randomUUID()}`, // a function treats a request with a known id as the same request
      routeKey,
    },
    ...(pathParameters && { pathParameters }),
    ...(body && { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
}

function readResult(result: string) {
  const {
    statusCode,
    headers = {},
    body = "",
  } = (parseObject(result) ?? {}) as { statusCode?: number; headers?: Record<string, string>; body?: string };
  if (statusCode === undefined) throw new Error(`the function returned ${result || "nothing"}`);
  return { status: statusCode, contentType: headers["content-type"] ?? "", text: body };
}

export function describe(answer: Answer | NoAnswer): string {
  if (answer.status === undefined) return inOneLine(answer.reason).slice(0, 500);
  const { status, text, requestId } = answer;
  return `${status} ${inOneLine(text).slice(0, 500) || "without a body"} (apigw-requestid ${requestId ?? "missing"})`;
}

/** In a GitHub log, `::` at the start of a line and `##[` anywhere are commands, and anyone may write an event. */
export function inOneLine(text: string): string {
  return text
    .replaceAll(/[\p{C}\p{Z}]+/gu, " ")
    .replaceAll("##[", "# #[")
    .trim();
}

/** As fetch and the SDK report it. */
function isOfConnection(error: unknown): boolean {
  const ofSdk = error as Error & { cause?: Error };
  return error instanceof TypeError || isTransientError(ofSdk) || isThrottlingError(ofSdk);
}

/** fetch itself only says "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  // If several addresses were tried, the cause has a code but no message.
  return cause.message || ("code" in cause ? String(cause.code) : cause.name);
}
