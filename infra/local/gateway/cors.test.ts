import { afterAll, describe, expect, test } from "vitest";
import { callServerAt, type Answer, type Call } from "../../testing/call.ts";
import { operations } from "../../testing/contract.ts";
import { startBucket } from "../bucket/bucket.ts";
import cors from "../../cors.json" with { type: "json" };
import { startGateway } from "./gateway.ts";

const page = "http://localhost:5173";
const stranger = "http://localhost:5174";
const toPost = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
const toPut = {
  "access-control-request-method": "PUT",
  "access-control-request-headers": "content-type,if-none-match",
};

/** Requires a token except for its OPTIONS route, and answers with its own CORS headers. */
async function startApi(corsOrigins?: string[]): Promise<Call> {
  const invoke = () =>
    Promise.resolve({
      statusCode: 200,
      headers: { "Access-Control-Allow-Origin": "https://of.the.function", etag: '"1"' },
    });
  const authorizer = (token?: string) =>
    Promise.resolve(
      token === undefined
        ? { status: 401 as const, message: "Unauthorized", headers: [] }
        : { jwt: { claims: {}, scopes: null } },
    );
  const guarded = ["POST /events", "GET /events"].map((routeKey) => ({ routeKey, invoke, authorizer }));
  const routes = [...guarded, { routeKey: "OPTIONS /own", invoke }];
  const api = await startGateway({
    stage: "prod",
    port: 0,
    routes: () => Promise.resolve(routes),
    corsOrigins,
    log: () => undefined,
  });
  afterAll(api.stop);
  return callServerAt(api.url);
}

async function startImages(corsOrigins?: string[]): Promise<Call> {
  const bucket = await startBucket({ objects: new Map(), now: () => new Date(), corsOrigins, onPut: () => undefined });
  afterAll(bucket.stop);
  return callServerAt(bucket.url);
}

/** The parts that a browser checks. */
function seen({ status, headers }: Answer) {
  const of = Object.entries(headers).filter(([name]) => name.startsWith("access-control-") || name === "vary");
  return { status, ...Object.fromEntries(of.map(([name, value]) => [name.replace("access-control-", ""), value])) };
}

const exposed = {
  "expose-headers":
    "accept-encoding,accept-patch,accept-post,apigw-requestid,etag,location,retry-after,www-authenticate",
};
const allowed = {
  "allow-methods": "GET,OPTIONS,POST",
  "allow-headers": "authorization,content-type,if-match,if-none-match",
  "max-age": "3600",
};
const token = { authorization: "Bearer token" };

describe("the gateway allows pages like API Gateway:", async () => {
  const [some, all, none] = [await startApi(["https://example.com", page]), await startApi(["*"]), await startApi()];
  const allow = (origin: string) => ({ "allow-origin": origin });

  test.each<[what: string, call: Call, request: string, headers: Record<string, string>, answer: object]>([
    [
      "a preflight needs no token",
      some,
      "OPTIONS /events",
      { origin: page, ...toPost },
      { status: 204, ...allow(page), ...allowed },
    ],
    [
      "a preflight needs no route",
      some,
      "OPTIONS /events/1/x",
      { origin: page, ...toPost },
      { status: 204, ...allow(page), ...allowed },
    ],
    [
      "* allows any page",
      all,
      "OPTIONS /events",
      { origin: "null", ...toPost },
      { status: 204, ...allow("*"), ...allowed },
    ],
    ["another page gets no headers", some, "OPTIONS /events", { origin: stranger, ...toPost }, { status: 204 }],
    [
      "a route for OPTIONS takes precedence",
      some,
      "OPTIONS /own",
      { origin: page, ...toPost },
      { status: 200, ...allow(page), ...exposed },
    ],
    ["without an origin it is not a preflight", some, "OPTIONS /events", toPost, { status: 404 }],
    [
      "without a method it is not a preflight",
      some,
      "OPTIONS /events",
      { origin: page },
      { status: 404, ...allow(page), ...exposed },
    ],
    ["without CORS there are no preflights", none, "OPTIONS /events", { origin: page, ...toPost }, { status: 404 }],
    [
      "these headers replace the function's own",
      some,
      "GET /events",
      { origin: page, ...token },
      { status: 200, ...allow(page), ...exposed },
    ],
    ["with *, too", all, "GET /events", { origin: page, ...token }, { status: 200, ...allow("*"), ...exposed }],
    ["a request of another page gets none", some, "GET /events", { origin: stranger, ...token }, { status: 200 }],
    ["a request without an origin gets none", all, "GET /events", token, { status: 200 }],
    ["a page can read a refusal", some, "GET /events", { origin: page }, { status: 401, ...allow(page), ...exposed }],
    [
      "without CORS the function's own headers are kept",
      none,
      "GET /events",
      { origin: page, ...token },
      { status: 200, ...allow("https://of.the.function") },
    ],
  ])("%s", async (_what, call, request, headers, answer) => {
    expect(seen(await call(request, { headers }))).toEqual(answer);
  });
});

describe("the bucket allows pages like S3:", async () => {
  const [some, all, none] = [await startImages([page]), await startImages(["*"]), await startImages()];
  const key = "/images/incoming/1/a";
  const vary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
  const credentials = { "allow-credentials": "true" };
  const upload = { "allow-methods": "PUT", "max-age": "3600", vary };
  const download = { "allow-origin": "*", "allow-methods": "GET", "max-age": "3600", vary };
  const asked = { "allow-headers": "content-type, if-none-match" };

  test.each<[what: string, call: Call, request: string, headers: Record<string, string>, answer: object]>([
    [
      "an upload's preflight",
      some,
      "OPTIONS",
      { origin: page, ...toPut },
      { status: 200, "allow-origin": page, ...credentials, ...upload, ...asked },
    ],
    [
      "an upload's preflight from any page",
      all,
      "OPTIONS",
      { origin: stranger, ...toPut },
      { status: 200, "allow-origin": "*", ...upload, ...asked },
    ],
    ["an upload's preflight from another page", some, "OPTIONS", { origin: stranger, ...toPut }, { status: 403 }],
    [
      "a preflight with a header that is not allowed",
      some,
      "OPTIONS",
      { origin: page, ...toPut, "access-control-request-headers": "x-amz-acl" },
      { status: 403 },
    ],
    [
      "a redirected download's preflight",
      some,
      "OPTIONS",
      { origin: "null", "access-control-request-method": "GET" },
      { status: 200, ...download },
    ],
    [
      "a delete's preflight",
      some,
      "OPTIONS",
      { origin: page, "access-control-request-method": "DELETE" },
      { status: 403 },
    ],
    ["OPTIONS without an origin", some, "OPTIONS", {}, { status: 400 }],
    ["a preflight without CORS", none, "OPTIONS", { origin: page, ...toPut }, { status: 403 }],
    [
      "an upload, even if refused",
      some,
      "PUT",
      { origin: page, "content-length": "0" },
      { status: 403, "allow-origin": page, ...credentials, ...upload },
    ],
    ["a download", some, "GET", { origin: "null" }, { status: 403, ...download }],
    ["a download without an origin", some, "GET", {}, { status: 403 }],
    ["a download without CORS", none, "GET", { origin: page }, { status: 403 }],
  ])("%s", async (_what, call, method, headers, answer) => {
    expect(seen(await call(`${method} ${key}`, { headers }))).toEqual(answer);
  });

  test.each([
    [some, {}, "BadRequest", "Insufficient information. Origin request header needed."],
    [
      some,
      { origin: stranger, ...toPut },
      "AccessForbidden",
      expect.stringMatching(/^CORSResponse: This CORS request is not/),
    ],
  ])("%# refuses a preflight with S3's error", async (call, headers, code, message) => {
    const { body } = await call(`OPTIONS ${key}`, { headers });
    expect(/<Code>(.*)<\/Code><Message>(.*)<\/Message>/.exec(String(body))?.slice(1)).toEqual([code, message]);
  });
});

test("a page can read every header in the document", () => {
  const always = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
  ];
  const promised = operations.flatMap(({ operation }) =>
    Object.values(operation.responses).flatMap(({ headers = {} }) => Object.keys(headers)),
  );
  expect([...always, ...cors.api.expose_headers]).toEqual(expect.arrayContaining([...new Set(promised)]));
});

test("a page can send every header in the document", () => {
  const taken = operations.flatMap(({ operation: { parameters = [] } }) =>
    parameters.filter((parameter) => parameter.in === "header").map(({ name }) => name.toLowerCase()),
  );
  expect(cors.api.allow_headers).toEqual(expect.arrayContaining([...new Set(taken), "authorization", "content-type"]));
});
