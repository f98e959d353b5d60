import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { callServerAt, type Sent } from "../../testing/call.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { runInProcess } from "../runtime/runner.ts";
import { startGateway, type LogLine } from "./gateway.ts";

const routeKeys = [
  "GET /events",
  "POST /events",
  "GET /events/{id}",
  "GET /events/latest",
  "PUT /events/{id}",
  "GET /events/{id}/image",
  "HEAD /events/{id}",
];

/** Answers with the event, or with the result of `answer`. */
let answer: (event: Record<string, unknown>) => unknown;
let logged: LogLine[];

beforeEach(() => {
  answer = (event) => event;
  logged = [];
});

const { url, stop } = await startGateway({
  stage: "prod",
  port: 0,
  routes: () =>
    Promise.resolve(
      routeKeys.map((routeKey) => ({ routeKey, invoke: (event) => Promise.resolve(answer({ ...event })) })),
    ),
  log: (line) => logged.push(line),
});
const unnamed = await startGateway({
  stage: "$default",
  port: 0,
  routes: () => Promise.resolve([{ routeKey: "GET /events", invoke: (event) => Promise.resolve(event) }]),
  log: () => undefined,
});
afterAll(async () => {
  await stop();
  await unnamed.stop();
});

const call = callServerAt(url);
const origin = new URL(url).origin;
const callOrigin = callServerAt(origin);

async function eventOf(request: string, sent?: Sent): Promise<Record<string, unknown>> {
  return (await call(request, sent)).body as Record<string, unknown>;
}

describe("the event", () => {
  test("has exactly the keys of payload format 2.0", async () => {
    const requestId = expect.stringMatching(/^[A-Za-z0-9+/]{15}=$/) as string;
    const port = new URL(url).port;
    expect(
      await eventOf("GET /events/a%20b?status=draft&tag=x&tag=y&note=a+b%2C&empty=", {
        headers: { "X-Test": "1", Cookie: "a=1; b=2", "User-Agent": "test" },
      }),
    ).toEqual({
      version: "2.0",
      routeKey: "GET /events/{id}",
      rawPath: "/prod/events/a b",
      rawQueryString: "status=draft&tag=x&tag=y&note=a+b%2C&empty=",
      cookies: ["a=1", "b=2"],
      headers: {
        "content-length": "0",
        host: `127.0.0.1:${port}`,
        "user-agent": "test",
        "x-amzn-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/) as string,
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-port": port,
        "x-forwarded-proto": "http",
        "x-test": "1",
      },
      queryStringParameters: { status: "draft", tag: "x,y", note: "a b,", empty: "" },
      requestContext: {
        accountId: "000000000000",
        apiId: "local",
        domainName: `127.0.0.1:${port}`,
        domainPrefix: "127",
        http: {
          method: "GET",
          path: "/prod/events/a b",
          protocol: "HTTP/1.1",
          sourceIp: "127.0.0.1",
          userAgent: "test",
        },
        requestId,
        routeKey: "GET /events/{id}",
        stage: "prod",
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/) as string,
        timeEpoch: expect.any(Number) as number,
      },
      pathParameters: { id: "a b" },
      isBase64Encoded: false,
    });
  });

  test("of a minimal request has no cookies, query, path parameters or body", async () => {
    const event = await eventOf("GET /events");
    expect(Object.keys(event).sort()).toEqual([
      "headers",
      "isBase64Encoded",
      "rawPath",
      "rawQueryString",
      "requestContext",
      "routeKey",
      "version",
    ]);
    expect(event["rawQueryString"]).toBe("");
  });

  test("joins repeated headers with a comma and no space, and keeps a forwarded address", async () => {
    const raw = await sendRaw(
      `GET /prod/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: 1\r\na: 2\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n`,
    );
    const { headers } = JSON.parse(raw.slice(raw.indexOf("\r\n\r\n"))) as { headers: Record<string, string> };
    expect([headers["a"], headers["x-forwarded-for"], headers["connection"]]).toEqual([
      "1,2",
      "192.0.2.1, 127.0.0.1",
      undefined,
    ]);
  });

  test.each([
    ["application/json", false],
    ["application/json; charset=utf-8", false],
    ["Application/JSON; Charset=UTF-8", false],
    ["text/plain", false],
    ["text/html; charset=utf-8", false],
    ["application/xml", false],
    ["application/javascript", false],
    ["application/graphql", false],
    ["application/json; charset=iso-8859-1", true],
    ["text/plain; charset=iso-8859-1", true],
    ["application/x-www-form-urlencoded", true],
    ["application/merge-patch+json", true],
    ["application/problem+json", true],
    ["multipart/form-data; boundary=x", true],
    ["application/octet-stream", true],
    ["application/pdf", true],
    ["image/png", true],
    [undefined, true],
  ])("has a body of %s in base64: %s", async (contentType, isBase64Encoded) => {
    const event = await eventOf("POST /events", {
      text: '{"ä":1}',
      headers: contentType === undefined ? {} : { "content-type": contentType },
    });
    const body = isBase64Encoded ? Buffer.from('{"ä":1}').toString("base64") : '{"ä":1}';
    expect([event["isBase64Encoded"], event["body"]]).toEqual([isBase64Encoded, body]);
  });

  test("has the length of a chunked body", async () => {
    const chunked =
      "POST /prod/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    const raw = await sendRaw(chunked);
    const { headers, body } = JSON.parse(raw.slice(raw.indexOf("\r\n\r\n"))) as {
      headers: Record<string, string>;
      body: string;
    };
    expect([headers["content-length"], headers["transfer-encoding"], body]).toEqual(["3", undefined, "abc"]);
  });
});

describe("a route", () => {
  test.each([
    ["GET /events", "GET /events", undefined],
    ["GET /events?x", "GET /events", undefined],
    ["GET /events/latest", "GET /events/latest", undefined],
    ["GET /events/later", "GET /events/{id}", { id: "later" }],
    ["PUT /events/latest", "PUT /events/{id}", { id: "latest" }],
    ["GET /events/..", "GET /events/{id}", { id: ".." }],
    ["GET /events/%C3%A4+b", "GET /events/{id}", { id: "ä+b" }],
    ["GET /events/a%3Fb", "GET /events/{id}", { id: "a" }],
    ["GET /events/a%2Fimage", "GET /events/{id}/image", { id: "a" }],
  ])("is found for %s: %s", async (request, routeKey, parameters) => {
    const event = await eventOf(request);
    expect([event["routeKey"], event["pathParameters"]]).toEqual([routeKey, parameters]);
  });

  test.each([
    "GET /",
    "GET /events/",
    "GET /event",
    "GET /EVENTS",
    "GET /events/a/b",
    "DELETE /events/a",
    "OPTIONS /events",
    "HEAD /events",
    "GET //events",
  ])("is not found for %s", async (request) => {
    const { status, headers, body } = await call(request);
    expect([status, body]).toEqual([404, request.startsWith("HEAD") ? undefined : { message: "Not Found" }]);
    expect(headers["apigw-requestid"]).toBe(logged[0]?.requestId);
  });

  test.each(["GET /events", "GET /production/events", "GET /prod", "GET /"])(
    "needs the stage, so not for %s",
    async (request) => {
      expect((await callOrigin(request)).status).toBe(404);
    },
  );

  test("needs no stage in the path if it is $default", async () => {
    const { body } = await callServerAt(unnamed.url)("GET /events");
    expect(body).toMatchObject({ rawPath: "/events", requestContext: { stage: "$default" } });
  });

  // Recorded on HTTP APIs, except `%zz`: hotsock/voker, vokerhttp/testdata/ingress-paths.json.
  test.each([
    ["plain", "plain"],
    ["space%20value", "space value"],
    ["question%3Fvalue", "question"],
    ["hash%23value", "hash#value"],
    ["slash%2Fimage", "slash/image"],
    ["unicode-%CE%BB-%E4%B8%96%E7%95%8C", "unicode-λ-世界"],
    ["literal%252Fimage", "literal/image"],
    ["literal%253Fvalue", "literal?value"],
    ["literal%2525value", "literal%value"],
    ["percent%25done", undefined],
    ["%zz", undefined],
  ])("is found for a path that is decoded, cut at a ? and decoded again: %s arrives as %s", async (sent, arrives) => {
    expect(await call(`GET /events/${sent}`)).toMatchObject(
      arrives === undefined
        ? { status: 400, body: { message: "Bad Request" } }
        : { status: 200, body: { rawPath: `/prod/events/${arrives}` } },
    );
  });
});

const handler = 'exports.handler = async () => ({ statusCode: 200, body: "x".repeat(6 * 1024 * 1024 + 100) });';
const tooLarge = await runInProcess(join(scratchFolder({ "main.cjs": handler }), "main.cjs"), {
  name: "large",
  memory_mb: 128,
  timeout_s: 5,
  environment: {},
});

describe("an answer", () => {
  const plain = "text/plain; charset=utf-8";

  test.each([
    ["only a body", { statusCode: 201, body: "x" }, 201, plain, "x"],
    ["no body", { statusCode: 200 }, 200, plain, undefined],
    [
      "a content type",
      { statusCode: 200, headers: { "Content-Type": "text/html" }, body: "<p>" },
      200,
      "text/html",
      "<p>",
    ],
    [
      "null for everything optional",
      { statusCode: 200, headers: null, multiValueHeaders: null, cookies: null, body: null, isBase64Encoded: null },
      200,
      plain,
      undefined,
    ],
    ["a body in base64", { statusCode: 200, body: "w6Q=", isBase64Encoded: true }, 200, plain, "ä"],
    ["no statusCode", { message: "x" }, 200, "application/json", { message: "x" }],
    ["a list", [1], 200, "application/json", [1]],
    ["a number", 5, 200, "application/json", 5],
    ["null", null, 200, "application/json", null],
    ["text that is JSON", '{"a":1}', 200, "application/json", { a: 1 }],
  ])("of %s", async (_what, result, status, contentType, body) => {
    answer = () => result;
    const got = await call("GET /events");
    expect([got.status, got.headers["content-type"], got.body]).toEqual([status, contentType, body]);
  });

  test("carries headers, as text, and one set-cookie for each cookie", async () => {
    answer = () => ({
      statusCode: 200,
      headers: { "X-Number": 5, "Content-Length": "99" },
      cookies: ["a=1", "b=2"],
      body: "x",
    });
    const { headers } = await call("GET /events");
    expect([headers["x-number"], headers["content-length"], headers["set-cookie"]]).toEqual(["5", "1", "a=1,b=2"]);
  });

  test.each([204, 304])("of %i has no body, even if the function returns one", async (statusCode) => {
    answer = () => ({ statusCode, headers: { etag: '"1"' }, body: "x" });
    const { status, headers, body } = await call("GET /events");
    expect([status, headers["etag"], headers["content-type"], body]).toEqual([statusCode, '"1"', undefined, undefined]);
  });

  test("to HEAD has no body", async () => {
    answer = () => ({ statusCode: 200, body: "x" });
    expect((await call("HEAD /events/a")).body).toBeUndefined();
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("canary");
      },
    ],
    ["answers with more than Lambda's maximum", () => tooLarge.invoke({})],
    ["answers with a fraction for a status", () => ({ statusCode: 200.5 })],
    ["answers with text for a status", () => ({ statusCode: "200" })],
    ["answers with an impossible status", () => ({ statusCode: 99 })],
    ["answers with an object for a body", () => ({ statusCode: 200, body: {} })],
    ["answers with a line break in a header", () => ({ statusCode: 200, headers: { a: "b\nc" } })],
    ["answers with a line break in a cookie", () => ({ statusCode: 200, cookies: ["a=1\nb"] })],
    ["answers with an interim status", () => ({ statusCode: 100 })],
    ["answers with a list for headers", () => ({ statusCode: 200, headers: [] })],
    ["answers with text for cookies", () => ({ statusCode: 200, cookies: "a=1" })],
  ])("is a plain 500 if the function %s, and the log has the reason", async (_what, result) => {
    answer = result;
    const { status, headers, body } = await call("GET /events?access_token=canary");
    expect([status, headers["content-type"], body]).toEqual([
      500,
      "application/json",
      { message: "Internal Server Error" },
    ]);
    expect(logged).toEqual([
      {
        method: "GET",
        path: "/prod/events",
        status: 500,
        duration_ms: expect.any(Number) as number,
        requestId: headers["apigw-requestid"],
        error: expect.any(Error) as Error,
      },
    ]);
  });
});

describe("a request", () => {
  test.each([
    ["a body of 10 MB and a byte", { bytes: Buffer.alloc(10 * 1024 * 1024 + 1) }],
    ["a body that base64 makes larger than Lambda's maximum", { bytes: Buffer.alloc(5 * 1024 * 1024) }],
    [
      "a body that JSON makes larger than Lambda's maximum",
      { text: '"'.repeat(3.5 * 1024 * 1024), headers: { "content-type": "text/plain" } },
    ],
  ])("with %s is 413", async (_what, sent) => {
    expect(await call("POST /events", sent)).toMatchObject({
      status: 413,
      body: { message: "Request Entity Too Large" },
    });
  });

  test.each([
    [
      "a head of more than 10 KB",
      `GET /prod/events?a=canary HTTP/1.1\r\nHost: x\r\nA: ${"x".repeat(10_240)}\r\n\r\n`,
      [431, "Request Header Fields Too Large", "GET", "/prod/events"],
    ],
    [
      "a malformed header",
      "GET /prod/events?a=canary HTTP/1.1\r\nHost: x\r\n: canary\r\n\r\n",
      [400, "Bad Request", "GET", "/prod/events"],
    ],
    [
      "a malformed length",
      "POST /prod/events HTTP/1.1\r\nHost: x\r\nContent-Length: canary\r\n\r\n",
      [400, "Bad Request", "POST", "/prod/events"],
    ],
    [
      "a malformed chunk",
      "POST /prod/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\ncanary\r\n",
      [400, "Bad Request", "POST", "/prod/events"],
    ],
    ["bytes that are not HTTP", "Bearer canary\r\n\r\n", [400, "Bad Request", "-", "-"]],
    ["another version of HTTP", "GET /prod/events HTTP/3.0\r\nHost: x\r\n\r\n", [400, "Bad Request", "-", "-"]],
    [
      "no Host",
      "GET /prod/events?a=canary HTTP/1.1\r\nConnection: close\r\n\r\n",
      [400, "Bad Request", "GET", "/prod/events"],
    ],
    [
      "two Host headers",
      "GET /prod/events HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n",
      [400, "Bad Request", "GET", "/prod/events"],
    ],
    [
      "another server as its target",
      "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
      [400, "Bad Request", "CONNECT", "example.com:443"],
    ],
  ])("with %s is answered and logged like any other", async (_what, bytes, [status, message, method, path]) => {
    const [head = "", body = ""] = (await sendRaw(bytes)).split("\r\n\r\n");
    const [first, ...lines] = head.split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => line.toLowerCase().split(": ")).filter(([name]) => name !== "date"),
    ) as Record<string, string>;
    const requestId = expect.stringMatching(/^[A-Za-z0-9+/]{15}=$/) as string;
    expect([first, headers, JSON.parse(body)]).toEqual([
      `HTTP/1.1 ${status} ${message}`,
      {
        "content-type": "application/json",
        "apigw-requestid": expect.any(String) as string,
        "content-length": String(body.length),
        connection: "close",
      },
      { message },
    ]);
    expect(logged).toEqual([{ method, path, status, duration_ms: expect.any(Number) as number, requestId }]);
    expect(headers["apigw-requestid"]).toBe(logged[0]?.requestId.toLowerCase());
  });

  test("keeps all header lines within 10 KB", async () => {
    const lines = Array.from({ length: 2_000 }, () => "a:\r\n").join("");
    const raw = await sendRaw(
      `GET /prod/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}If-Match: "1"\r\n\r\n`,
    );
    expect(JSON.parse(raw.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      headers: { a: ",".repeat(1_999), "if-match": '"1"' },
    });
  });

  test.each(["Expect: nothing", "Upgrade: websocket\r\nConnection: upgrade"])(
    "with the header %j is answered like any other",
    async (header) => {
      const raw = await sendRaw(`GET /prod/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header}\r\n\r\n`);
      expect(raw.split("\r\n")[0]).toBe("HTTP/1.1 200 OK");
    },
  );

  test("that is aborted does not affect others", async () => {
    const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" });
    await new Promise((resolve) =>
      socket.write("POST /prod/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc", resolve),
    );
    socket.destroy();
    expect((await call("GET /events")).status).toBe(200);
  });
});

describe("a client that takes the gateway for a proxy", () => {
  const start = () => startGateway({ stage: "prod", port: 0, routes: () => Promise.resolve([]), log: () => undefined });
  const connectTo = (gateway: { url: string }) => {
    const socket = connect({ port: Number(new URL(gateway.url).port), host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => undefined).write("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n");
    return socket;
  };

  test("and resets the connection does not affect others", async () => {
    const gateway = await start();
    const reset = async () => {
      const socket = connectTo(gateway);
      await once(socket, "connect");
      socket.resetAndDestroy();
      await once(socket, "close");
    };
    await Promise.all(Array.from({ length: 100 }, reset));
    expect((await callServerAt(gateway.url)("GET /events")).status).toBe(404);
    await gateway.stop();
  });

  test("and holds the connection open does not hold up a stop", async () => {
    const gateway = await start();
    const socket = connectTo(gateway);
    await once(socket, "data");
    await gateway.stop();
    socket.destroy();
  });
});

test("a stop aborts incomplete requests, accepts no new ones, and waits for running ones", async () => {
  let finish: () => void = () => undefined;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const invoke = () =>
    new Promise((resolve) => {
      finish = () => {
        resolve({ statusCode: 200, body: "done" });
      };
      begin();
    });
  const routes = () => Promise.resolve([{ routeKey: "POST /events", invoke }]);
  const gateway = await startGateway({ stage: "$default", port: 0, routes, log: (line) => logged.push(line) });
  const part = connect({ port: Number(new URL(gateway.url).port), host: "127.0.0.1" });
  const cutOff = new Promise((resolve) => part.on("close", resolve));
  const continued = new Promise((resolve) => part.once("data", resolve));
  part.write("POST /events HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n{");
  const answer = callServerAt(gateway.url)("POST /events");
  await Promise.all([begun, continued]);
  const stopped = gateway.stop();
  await cutOff;
  await expect(callServerAt(gateway.url)("POST /events")).rejects.toThrow("ECONNREFUSED");
  finish();
  expect(await answer).toMatchObject({ status: 200, body: "done" });
  await stopped;
  expect(logged.map(({ status }) => status)).toEqual([200]);
});

/** The bytes received until the connection ends, for bytes that no client would send. */
async function sendRaw(bytes: string): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" });
  socket.write(bytes);
  return text(socket);
}
