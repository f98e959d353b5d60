import nodeCrypto from "node:crypto";
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { bundleModule, writeBundles } from "./bundle.ts";
import { readFunctions, root } from "./functions.ts";
import { listen, stop } from "../local/gateway/server.ts";
import { scratchFolder } from "../testing/scratch.ts";

// The bundler trims internals of the SDK, which an update may move. So each bundle must send, to the byte,
// what the same function sends with the whole SDK.

const functions = readFunctions().filter(({ actions }) => actions.some((action) => action.startsWith("dynamodb:")));

/** Built before the tests. */
const trimmedPath = join(root, "dist");
const wholePath = scratchFolder();
writeBundles(
  await Promise.all(
    functions.map(async ({ name, path }) => ({ name, ...(await bundleModule(join(path, "handler.ts"))) })),
  ),
  wholePath,
);

interface Sent {
  path: string | undefined;
  headers: http.IncomingHttpHeaders;
  body: string;
}

const sent: Sent[] = [];

/** The start of a PNG, which label-image looks for in the bucket. */
const png = Buffer.from("89504e470d0a1a0a", "hex");
const aws = http.createServer((request, response) => {
  void text(request).then((body) => {
    sent.push({ path: request.url, headers: request.headers, body });
    const isGet = request.headers["x-amz-target"] === "DynamoDB_20120810.GetItem";
    if (request.method === "GET")
      response.writeHead(206, { "content-type": "image/png", "content-range": "bytes 0-7/100" }).end(png);
    else response.end(isGet ? JSON.stringify({ Item: { id: { S: "one" }, incarnation: { S: "first" } } }) : "{}");
  });
});
const { port } = await listen(aws, 0);
afterAll(() => stop(aws));

beforeEach(() => {
  // Ids are random and part of the signature.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 2, 15) });
  vi.spyOn(nodeCrypto, "randomBytes").mockImplementation((size: number) => Buffer.alloc(size, 7));
  vi.spyOn(crypto, "randomUUID").mockReturnValue("0-0-0-0-0");
  vi.spyOn(nodeCrypto, "randomUUID").mockReturnValue("0-0-0-0-0");
  vi.stubEnv("TABLE_NAME", "events");
  vi.stubEnv("INDEX_SHARDS", "1");
  vi.stubEnv("BUCKET_NAME", "images");
  vi.stubEnv("LABELS", "on");
  vi.stubEnv("AUTH", "off");
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) vi.stubEnv(name, name);
  // Settings that the whole SDK would read if the options did not override them.
  vi.stubEnv("AWS_PROFILE", "another");
  vi.stubEnv("AWS_RETRY_MODE", "adaptive");
  vi.stubEnv("AWS_MAX_ATTEMPTS", "1");
  vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", undefined);
  vi.spyOn(https, "request").mockImplementation(((
    options: http.RequestOptions,
    answer: (response: http.IncomingMessage) => void,
  ) => http.request({ ...options, host: "127.0.0.1", port, agent: false }, answer)) as typeof https.request);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Loads a fresh copy of a bundle, and calls it once. */
async function requestsOf(bundle: string, event: object): Promise<Sent[]> {
  const require = createRequire(bundle);
  Reflect.deleteProperty(require.cache, require.resolve("./main.cjs"));
  const { handler } = require("./main.cjs") as { handler: (event: object, context: object) => Promise<object> };
  sent.length = 0;
  await handler(event, { getRemainingTimeInMillis: () => 10_000 }).catch(() => undefined); // some need more than this empty answer
  return [...sent];
}

test.each(
  functions.flatMap(({ name, routes }) => ["us-east-1", "ap-southeast-1"].map((region) => ({ name, routes, region }))),
)("$name sends in $region what it would send with the whole SDK", async ({ name, routes, region }) => {
  vi.stubEnv("AWS_REGION", region);
  const event = {
    version: "2.0",
    routeKey: routes[0],
    rawQueryString: "",
    headers: { "content-type": "application/json" },
    pathParameters: { id: "one" },
    requestContext: { requestId: "request" },
    body: JSON.stringify(
      name === "create-upload-url" ? { contentType: "image/png", contentLength: 100 } : { title: "Zürich ☕" },
    ),
    Records: [{ s3: { object: { key: "incoming/one/first/1" } } }],
  };
  const whole = await requestsOf(join(wholePath, name, "main.cjs"), event);
  expect(whole.length).toBeGreaterThan(0);
  expect(whole[0]?.headers.host).toBe(`dynamodb.${region}.amazonaws.com`);
  expect(await requestsOf(join(trimmedPath, name, "main.cjs"), event)).toEqual(whole);
});
