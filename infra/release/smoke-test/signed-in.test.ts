import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readFunctions } from "../../build/functions.ts";
import { startApi } from "../../testing/api.ts";
import { startGateway } from "../../local/gateway/gateway.ts";
import { runSources } from "../../local/runtime/running-functions.ts";
import { verify } from "../../local/bucket/signature.ts";
import { makeUserPool } from "../../local/sign-in/tokens.ts";
import { startStack } from "../../local/stack.ts";
import { serve } from "../../testing/serve.ts";
import { forward } from "../_tests/forward.ts";
import { failureOf } from "../_tests/run-bundle.ts";
import { checker, smokeTest } from "./checks.ts";
import { signedIn } from "./transports.ts";

const routes = Object.fromEntries(
  readFunctions().flatMap(({ name, routes: own }) => own.map((routeKey) => [routeKey, `events-api-test-${name}`])),
);
const role = {
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "deploy",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_SESSION_TOKEN: "session",
};

/** What the Lambda stand-in does instead of invoking a function. */
type Fault = (response: ServerResponse) => unknown;
let fault: Fault | undefined;
let invoked: string[] = [];

const withoutTokens = await startApi();
const { url, unguardedUrl, lambdaUrl } = await startWithTokens();

beforeEach(() => {
  [fault, invoked] = [undefined, []];
  for (const [name, value] of Object.entries({ ...role, AWS_ENDPOINT_URL_LAMBDA: lambdaUrl })) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** The functions with tokens on: behind a gateway with authorizers, behind one that lost them, and by Invoke. */
async function startWithTokens() {
  vi.resetModules();
  const {
    url: guardedUrl,
    functions,
    stop: stopStack,
  } = await startStack({ run: runSources, pool: await makeUserPool() });
  const unguarded = await startGateway({ stage: "prod", port: 0, routes: functions.routes, log: () => undefined });
  const running = await functions.routes();
  const invoke = async (name: string, event: object) => {
    return running.find(({ routeKey }) => routes[routeKey] === name)?.invoke(event);
  };
  const lambdaUrl = await serve((request, response) => void answerInvoke(request, response, invoke));
  afterAll(async () => {
    await unguarded.stop();
    await stopStack();
  });
  return { url: guardedUrl, unguardedUrl: unguarded.url, lambdaUrl };
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
async function answerInvoke(
  request: IncomingMessage,
  response: ServerResponse,
  invoke: (name: string, event: object) => Promise<unknown>,
): Promise<void> {
  const { method = "", url: path = "", headersDistinct: headers } = request;
  const body = await buffer(request);
  const signer = verify(
    { method, url: path, headers, body },
    (key) => (key === role.AWS_ACCESS_KEY_ID ? { secret: "secret", sessionToken: "session" } : undefined),
    new Date(),
  );
  const [, name = "", qualifier = ""] =
    /^\/2015-03-31\/functions\/([^/]+)\/invocations\?Qualifier=(\w+)$/.exec(path) ?? [];
  invoked.push(`${name}:${qualifier}`);
  if ("reason" in signer || method !== "POST" || name === "")
    refuse(response, 403, "AccessDeniedException", `${method} ${path}: ${JSON.stringify(signer)}`);
  else if (fault) fault(response);
  else response.end(JSON.stringify(await invoke(name, JSON.parse(body.toString()) as object)));
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response
    .writeHead(status, { "content-type": "application/json", "x-amzn-errortype": type })
    .end(JSON.stringify({ message }));
}

const refusal =
  (...refused: [status: number, type: string, message: string]): Fault =>
  (response) => {
    refuse(response, ...refused);
  };

interface Setting {
  names?: Record<string, string>;
  hasTokens?: boolean;
  pause?: () => Promise<void>;
  timeout_ms?: number;
  now?: () => number;
}

/** Runs it with pauses that take no time: the lines without their durations, and the sentence if it fails. */
async function run(
  baseUrl: string,
  {
    names = routes,
    hasTokens = true,
    pause = () => Promise.resolve(),
    timeout_ms = 15_000,
    now = () => 0,
  }: Setting = {},
) {
  const lines: string[] = [];
  const print = (line: string) => {
    lines.push(line.replace(/ in \d+ ms$/, ""));
  };
  const transport = hasTokens ? signedIn(names) : undefined;
  const check = checker({ print, clock: { now, pause }, timeout_ms });
  const sentence = await failureOf(smokeTest(baseUrl, { signedIn: transport, routes, check, print }));
  return { lines, sentence };
}

const refused = ["Create nothing without a token: 401", "Show nothing without a token: 401"];

test("is refused without a token, passes otherwise, however often it runs, and prints a line for each check", async () => {
  for (const created of [201, 200, 200]) {
    const passed = [
      `Create an event repeatedly: ${created}`,
      "Read it: 200",
      "Refuse an invalid event: 400",
      "Answer 404 to an unknown id: 404",
    ];
    expect(await run(url)).toEqual({ lines: [...refused, ...passed], sentence: undefined });
  }
  const once = ["create-event", "get-event", "create-event", "get-event"].map((name) => `events-api-test-${name}:live`);
  expect(invoked).toEqual([...once, ...once, ...once]);
});

/** An address that leads to the first URL, and to the second after the first pause. */
async function startSwitch(before: string, after: string): Promise<{ url: string; pause: () => Promise<void> }> {
  let target = before;
  const address = await serve((request, response) => void forward(request, response, target));
  const pause = () => {
    target = after;
    return Promise.resolve();
  };
  return { url: address, pause };
}

describe("waits for authorizers", () => {
  test("that appear a moment later", async () => {
    const { url: address, pause } = await startSwitch(unguardedUrl, url);
    const { lines, sentence } = await run(address, { pause });
    expect([lines.filter((line) => line.startsWith("Retrying")).length, lines.length, sentence]).toEqual([
      1,
      7,
      undefined,
    ]);
  });

  test("that disappear a moment later", async () => {
    const { url: address, pause } = await startSwitch(url, withoutTokens.url);
    const { lines, sentence } = await run(address, { pause, hasTokens: false });
    expect([lines.filter((line) => line.startsWith("Retrying")).length, lines.length, sentence]).toEqual([
      1,
      5,
      undefined,
    ]);
  });
});

describe("retries Lambda, and prints it, after", () => {
  test.each<[string, Fault, string]>([
    ["a throttle", refusal(429, "TooManyRequestsException", "Rate exceeded."), "Rate exceeded."],
    ["an error of Lambda itself", refusal(500, "ServiceException", "Oops."), "Oops."],
    ["a connection that is reset", (response) => response.destroy(), "socket hang up"],
  ])("%s", async (_what, itsFault, reason) => {
    fault = (response) => {
      fault = undefined;
      itsFault(response);
    };
    const { lines, sentence } = await run(url);
    expect([lines[2], lines.length, sentence, invoked.length]).toEqual([
      `Retrying in 1 s: POST /events by a signed-in caller (events-api-test-create-event:live) gave no answer (${reason}).`,
      7,
      undefined,
      5,
    ]);
  });
});

describe("notices", () => {
  const unauthorized = `should give 401 with {"message":"Unauthorized"}, API Gateway's answer without a token, but gave`;

  test("a route that has lost its authorizer, though the function is not open", async () => {
    const { lines, sentence } = await run(unguardedUrl);
    expect(lines.map((line) => line.slice(0, 7))).toEqual(Array(6).fill("Retryin"));
    expect(sentence).toMatch(
      `Create nothing without a token FAILED: POST ${unguardedUrl}/events ${unauthorized} 401 {"type":"urn:problem-type:unauthorized"`,
    );
  });

  test("an API that requires no token, and leaves no event there", async () => {
    const { body: before } = await withoutTokens.call("GET /events");
    const { lines, sentence } = await run(withoutTokens.url);
    expect(lines).toEqual([]);
    expect(sentence).toMatch(
      `Create nothing without a token FAILED: POST ${withoutTokens.url}/events ${unauthorized} 400 {"type":"urn:problem-type:invalid-request"`,
    );
    expect((await withoutTokens.call("GET /events")).body).toEqual(before);
  });

  test("tokens that the outputs do not mention", async () => {
    const { lines, sentence } = await run(url, { hasTokens: false });
    expect(lines.map((line) => line.slice(0, 7))).toEqual(Array(6).fill("Retryin"));
    expect(sentence).toMatch(/^Create an event repeatedly FAILED: .*, but gave 401 {"message":"Unauthorized"} /);
  });

  test("a missing function", async () => {
    const { sentence } = await run(url, { names: { "GET /events/{id}": "events-api-test-get-event" } });
    expect(sentence).toBe("The output routes must name the function of POST /events.");
  });

  const created =
    "Create an event repeatedly FAILED: POST /events by a signed-in caller (events-api-test-create-event:live) should give 201 or 200 with the event " +
    "smoke-test-signed-in, or 409 if another caller has created it, but gave";

  test.each<[string, Fault, string]>([
    ["a role that may not invoke", refusal(403, "AccessDeniedException", "It may not."), "no answer (It may not.)"],
    [
      "a missing alias",
      refusal(404, "ResourceNotFoundException", "Function not found."),
      "no answer (Function not found.)",
    ],
    [
      "an error of the function",
      (response) => {
        response
          .writeHead(200, { "x-amz-function-error": "Unhandled" })
          .end('{"errorType":"Error",\n"errorMessage":"A mistake."}');
      },
      'an error of the function: {"errorType":"Error", "errorMessage":"A mistake."}',
    ],
    ["a result that is no HTTP answer", (response) => response.end("null"), "no answer (the function returned null)"],
    ["no result", (response) => response.end(), "no answer (the function returned nothing)"],
    ["a wrong answer", (response) => response.end('{"statusCode":200,"body":"{}"}'), "200 {} (apigw-requestid ID)"],
  ])("%s", async (_what, itsFault, gave) => {
    fault = itsFault;
    const { lines, sentence } = await run(url);
    expect([lines, sentence?.replace(/smoke-test-[0-9a-f-]{36}/, "ID")]).toEqual([refused, `${created} ${gave}.`]);
  });

  test("a function that never answers in time", async () => {
    fault = () => undefined;
    const { lines, sentence } = await run(url, { timeout_ms: 500, now: () => invoked.length * 60_000 });
    expect([lines, sentence]).toEqual([refused, `${created} no answer within 0.5 s.`]);
  });

  test("a 409 that does not say which problem", async () => {
    fault = (response) => {
      response.end(
        '{"statusCode":409,"headers":{"content-type":"application/problem+json"},"body":"{\\"status\\":409}"}',
      );
    };
    expect((await run(url)).sentence).toMatch(`${created} 409 {"status":409} `);
  });
});
