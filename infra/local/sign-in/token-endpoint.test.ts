import { decodeJwt } from "jose";
import { afterAll, describe, expect, test } from "vitest";
import { callServerAt } from "../../testing/call.ts";
import { startGateway } from "../gateway/gateway.ts";
import { tokenEndpoint } from "./token-endpoint.ts";
import { makeUserPool } from "./tokens.ts";

const pool = await makeUserPool();
const answer = (text: string) => Promise.resolve({ statusCode: 200, body: text });

async function start(stage: string, routeKey: string) {
  const routes = () => Promise.resolve([{ routeKey, invoke: () => answer("a route") }]);
  const gateway = await startGateway({ stage, port: 0, routes, fallback: tokenEndpoint(pool), log: () => undefined });
  afterAll(gateway.stop);
  return { url: gateway.url, call: callServerAt(new URL("/", gateway.url).href) };
}

const { url, call } = await start("prod", "GET /token");
const unnamed = await start("$default", "GET /token");
const alike = await start("token", "GET /token");
const { port } = new URL(url);

const text = (status: number, body: string) => ({
  status,
  headers: expect.objectContaining({
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
  }) as object,
  body: `${body}\n`,
});
const misunderstood = text(
  400,
  "Use /token?sub=NAME, with a name of 1 to 100 characters; &scope= sets the token's scopes.",
);
const refusal = text(403, "Tokens are issued only to localhost.");
const notFound = expect.objectContaining({ status: 404, body: { message: "Not Found" } }) as object;

async function claimsOf(query: string) {
  const { status, body } = await call(`GET /token?${query}`);
  expect(status).toBe(200);
  return decodeJwt(body as string);
}

test("issues an access token as a line of text, with no-store", async () => {
  const got = await call("GET /token?sub=alice");
  expect(got).toEqual({ ...text(200, ""), body: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/) as string });
  expect(decodeJwt(got.body as string)).toMatchObject({
    sub: "alice",
    token_use: "access",
    scope: "aws.cognito.signin.user.admin",
  });
});

test("issues other scopes, for any name", async () => {
  expect(await claimsOf("sub=alice&scope=events/write+admin")).toMatchObject({
    sub: "alice",
    scope: "events/write admin",
  });
  expect(await claimsOf("scope=&sub=alice")).toMatchObject({ scope: "" });
  expect(await claimsOf(`sub=${encodeURIComponent(`Ö, 🎈 & "'<`)}`)).toMatchObject({ sub: `Ö, 🎈 & "'<` });
  expect(await claimsOf(`sub=${encodeURIComponent("🎈".repeat(100))}`)).toMatchObject({ sub: "🎈".repeat(100) });
});

describe("explains its parameters for", () => {
  test.each([
    ["nothing", ""],
    ["no name", "?scope=x"],
    ["an empty name", "?sub="],
    ["a blank name", "?sub=+%20"],
    ["an invisible name", "?sub=%E2%80%8B"],
    ["too long a name", `?sub=${"a".repeat(101)}`],
    ["two names", "?sub=alice&sub=bob"],
    ["two scopes", "?sub=alice&scope=a&scope=b"],
    ["a misspelt parameter", "?sub=alice&scopes=a"],
  ])("%s", async (_what, query) => {
    expect(await call(`GET /token${query}`)).toEqual(misunderstood);
  });
});

describe("issues a token to requests for", () => {
  test.each(["localhost", `localhost:${port}`, "LOCALHOST", `127.0.0.1:${port}`, `[::1]:${port}`])(
    "%s",
    async (host) => {
      expect((await call("GET /token?sub=alice", { headers: { host } })).status).toBe(200);
    },
  );
});

describe("issues none, against DNS rebinding, to requests for", () => {
  test.each([
    "example.com",
    `example.com:${port}`,
    "localhost.example.com",
    "127.0.0.1.example.com",
    "alocalhost",
    "localhost:80.example.com",
    "10.0.0.1",
  ])("%s", async (host) => {
    expect(await call("GET /token?sub=alice", { headers: { host } })).toEqual(refusal);
  });
});

test("answers only GET, only at its path", async () => {
  for (const request of [
    "POST /token?sub=alice",
    "HEAD /token?sub=alice",
    "OPTIONS /token?sub=alice",
    "GET /token/?sub=alice",
    "GET /token/x?sub=alice",
    "GET /tokens?sub=alice",
    "GET /?sub=alice",
    `GET http://localhost:${port}/token?sub=alice`,
  ]) {
    const got = await call(request);
    expect(request.startsWith("HEAD") ? { ...got, body: { message: "Not Found" } } : got, request).toEqual(notFound);
  }
});

test("does not hide a route of the API at its path", async () => {
  expect((await callServerAt(url)("GET /token?sub=alice")).body).toBe("a route");
  expect((await unnamed.call("GET /token?sub=alice")).body).toBe("a route");
  expect((await alike.call("GET /token?sub=alice")).body).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  expect((await alike.call("GET /token/token")).body).toBe("a route");
});
