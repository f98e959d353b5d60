import { parseObject } from "../_shared/json.ts";

export interface Request {
  routeKey: string;
  pathParameters?: Record<string, string>;
  body?: object;
}

export interface Way {
  describe: (request: Request) => string;
  /** Waits for the whole answer, no longer than `timeout_ms`, nor when told to stop. */
  send: (request: Request, timeout_ms: number, stop?: AbortSignal) => Promise<Answer | NoAnswer>;
}

export interface Answer {
  status: number;
  contentType: string;
  requestId: string | undefined;
  /** What JSON.parse reads in `text`, where that is an object. */
  text: string;
  object: Record<string, unknown> | undefined;
  duration_ms: number;
}

export interface NoAnswer {
  status: undefined;
  reason: string;
}

/** Through API Gateway, without a token. A redirect is an answer like any other. */
export function overHttp(baseUrl: string): Way {
  return {
    describe: (request) => request.routeKey.replace(/ .*/, ` ${baseUrl}${pathOf(request)}`),
    async send(request, timeout_ms, stop) {
      const started_ms = performance.now();
      const content = request.body && {
        body: JSON.stringify(request.body),
        headers: { "content-type": "application/json" },
      };
      try {
        const response = await fetch(`${baseUrl}${pathOf(request)}`, {
          method: request.routeKey.replace(/ .*/, ""),
          ...content,
          redirect: "manual",
          signal: limitOf(timeout_ms, stop),
        });
        const { status, headers } = response;
        const text = await response.text();
        return {
          status,
          contentType: headers.get("content-type") ?? "",
          requestId: headers.get("apigw-requestid") ?? undefined,
          text,
          object: parseObject(text),
          duration_ms: performance.now() - started_ms,
        };
      } catch (error) {
        return { status: undefined, reason: reasonOf(error, timeout_ms) };
      }
    },
  };
}

export function pathOf({ routeKey, pathParameters = {} }: Request): string {
  return routeKey.replace(/^\S+ /, "").replaceAll(/\{(\w+)\}/g, (_, name: string) => pathParameters[name] ?? "");
}

export function limitOf(timeout_ms: number, stop: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(timeout_ms);
  return stop ? AbortSignal.any([timeout, stop]) : timeout;
}

/** In one line, to stand within a sentence. */
export function describe(answer: Answer | NoAnswer): string {
  if (answer.status === undefined) return inOneLine(answer.reason).slice(0, 500);
  const { status, text, requestId } = answer;
  return `${status} ${inOneLine(text).slice(0, 500) || "without a body"} (apigw-requestid ${requestId ?? "missing"})`;
}

/** In a log of GitHub's, `::` that begins a line and `##[` anywhere are commands, and anybody may write an event. */
export function inOneLine(text: string): string {
  return text
    .replaceAll(/[\p{C}\p{Z}]+/gu, " ")
    .replaceAll("##[", "# #[")
    .trim();
}

/** fetch itself only says "fetch failed". */
export function reasonOf(error: unknown, timeout_ms: number): string {
  if (!(error instanceof Error)) return `no answer (${String(error)})`;
  if (error.name === "TimeoutError" || error.name === "AbortError") return `no answer within ${timeout_ms / 1000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return `no answer (${error.message})`;
  // Where several addresses were tried, the cause has a code and no message.
  return `no answer (${cause.message || ("code" in cause ? String(cause.code) : cause.name)})`;
}
