import { randomUUID } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { decodeJwt } from "jose";
import { afterAll, expect, vi } from "vitest";
import { startDatabase } from "./database.ts";
import { startFaultyDatabase, type FaultyDatabase } from "./faulty-database.ts";
import { startGateway } from "./gateway.ts";
import { guard } from "./guard.ts";
import { runBundles, runSources } from "./running-functions.ts";
import { makeUserPool, type UserPool } from "./tokens.ts";

export type { Fault, FaultyCall } from "./faulty-database.ts";

/** What the tests run against: `source`, `bundle`, or `deployed` where API_URL is set (vitest.config.ts). */
export const target = process.env["TARGET"] ?? "source";

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Parsed where it is JSON, text where it is not, absent where there is none. */
  body?: unknown;
}

export interface Sent {
  /** The body, as JSON with its content type; `text` and `bytes` are sent as they are, without one. */
  json?: unknown;
  text?: string;
  bytes?: Uint8Array;
  /** A list is sent as a header of its own for each of its values. */
  headers?: Record<string, string | string[]>;
}

/** Sends `POST /events` or the like; the path goes out to the letter, `..` and all. */
export type Call = (request: string, sent?: Sent) => Promise<Answer>;

/** A deployed API, and if it asks for tokens the access tokens of two of its users. */
const deployed = { url: process.env["API_URL"], token: process.env["API_TOKEN"], otherToken: process.env["API_OTHER_TOKEN"] };

/** Why the tests that need tokens are to be skipped, where they are. */
export const noTokens =
  deployed.url === undefined || (deployed.token !== undefined && deployed.otherToken !== undefined)
    ? undefined
    : "the deployed API needs two users: give their access tokens as API_TOKEN and API_OTHER_TOKEN";

export interface Api {
  url: string;
  call: Call;
}

/** Somebody who has signed in and sends a token with each request. */
export interface Caller {
  sub: string;
  token: string;
  call: Call;
}

/**
 * The API to test: the one at API_URL, or the local gateway with the handlers' source or bundles and
 * a database in memory. It is stopped when the test file is done.
 *
 * Where API_TOKEN is set, which is for a deployed API with tokens on, that token goes with each call,
 * and `sub` is whose it is.
 */
export async function startApi(): Promise<Api & { sub: string | undefined }> {
  const { url, token } = deployed;
  if (url !== undefined) return { url, call: callAt(url, token), sub: token === undefined ? undefined : subOf(token) };
  const database = await startDatabase();
  afterAll(() => database.stop());
  return { ...(await startLocal({ ...database.environment, AUTH: "off" })), sub: undefined };
}

/**
 * The same with tokens on. `call` sends none; `somebody` and `somebodyElse` send theirs. `pool` makes
 * tokens of any kind, which a deployed API does not trust. Tests are to be skipped where `noTokens`
 * says so, as this then starts the local one.
 */
export async function startApiWithTokens(): Promise<Api & { somebody: Caller; somebodyElse: Caller; pool: UserPool }> {
  const pool = await makeUserPool();
  const { url, token, otherToken } = deployed;
  if (url !== undefined && token !== undefined && otherToken !== undefined) {
    return { url, call: callAt(url), somebody: callerOf(url, token), somebodyElse: callerOf(url, otherToken), pool };
  }
  const database = await startDatabase();
  afterAll(() => database.stop());
  const api = await startLocal({ ...database.environment, AUTH: "jwt" }, pool);
  const signIn = async () => callerOf(api.url, await pool.accessToken(randomUUID()));
  return { ...api, somebody: await signIn(), somebodyElse: await signIn(), pool };
}

/**
 * The same with a database in between that misbehaves on demand; there is none where API_URL is set.
 * With a pool the API asks for its tokens.
 */
export async function startApiWithFaults(pool?: UserPool): Promise<Api & { database: FaultyDatabase }> {
  const real = await startDatabase();
  const database = await startFaultyDatabase(real.environment["AWS_ENDPOINT_URL_DYNAMODB"] ?? "");
  afterAll(async () => {
    await database.stop();
    await real.stop();
  });
  const environment = { ...real.environment, AWS_ENDPOINT_URL_DYNAMODB: database.url, AUTH: pool ? "jwt" : "off" };
  return { ...(await startLocal(environment, pool)), database };
}

/** Tokens are on, but every route has lost its authorizer. `requests` has one for each; there is none where API_URL is set. */
export async function startApiWithoutAuthorizer(): Promise<Api & { requests: string[] }> {
  const database = await startDatabase();
  afterAll(() => database.stop());
  const { routeKeys, ...api } = await startLocal({ ...database.environment, AUTH: "jwt" });
  return { ...api, requests: routeKeys.map((routeKey) => routeKey.replace("{id}", randomUUID())) };
}

async function startLocal(environment: Record<string, string>, pool?: UserPool): Promise<Api & { routeKeys: string[] }> {
  vi.resetModules(); // a handler reads its environment when it is loaded, and a file may start two APIs
  const functions = target === "bundle" ? runBundles(environment) : await runSources(environment);
  const log = ({ error }: { error?: unknown }) => {
    if (error !== undefined) console.error(error);
  };
  const gateway = await startGateway({ stage: "prod", port: 0, ...guard(functions, pool), log });
  afterAll(async () => {
    await gateway.stop();
    await functions.stop();
  });
  const routeKeys = (await functions.routes()).map(({ routeKey }) => routeKey);
  return { call: callAt(gateway.url), url: gateway.url, routeKeys };
}

function callerOf(url: string, token: string): Caller {
  return { sub: subOf(token), token, call: callAt(url, token) };
}

function subOf(token: string): string {
  return decodeJwt(token).sub ?? "";
}

/** Calls the API at a base URL, with a token if there is one. Not fetch, which cleans up paths and headers before it sends them. */
export function callAt(baseUrl: string, token?: string): Call {
  const { protocol, hostname, port, pathname } = new URL(baseUrl);
  const base = pathname.replace(/\/$/, "");
  return async (request, { json, text: plain, bytes, headers = {} } = {}) => {
    const [method, path = ""] = request.split(/ (.*)/s);
    const body = json === undefined ? (bytes ?? (plain === undefined ? undefined : Buffer.from(plain))) : Buffer.from(JSON.stringify(json));
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const open = protocol === "https:" ? httpsRequest : httpRequest;
      const sent = open(
        {
          method,
          hostname: hostname === "localhost" ? "127.0.0.1" : hostname,
          port,
          path: base + path,
          headers: {
            ...(json !== undefined && { "content-type": "application/json" }),
            ...(body && { "content-length": body.length }),
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...headers,
          },
        },
        resolve,
      );
      sent.on("error", reject).end(body);
    });
    return toAnswer(answer);
  };
}

async function toAnswer(response: IncomingMessage): Promise<Answer> {
  const received = await text(response);
  const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
  const isJson = /^application\/(.+\+)?json/.test(headers["content-type"] ?? "");
  const status = response.statusCode ?? 0;
  if (received === "") return { status, headers };
  return { status, headers, body: isJson ? JSON.parse(received) : received };
}

/** The whole answer that a refusal must be, to compare with. */
export function problem(status: number, type: string, title: string, detail: string, errors?: object[]): Answer {
  return {
    status,
    headers: expect.objectContaining({ "content-type": "application/problem+json" }) as Answer["headers"],
    body: {
      type: `urn:problem-type:${type}`,
      title,
      status,
      detail,
      requestId: expect.stringMatching(/^[A-Za-z0-9+/=_-]+$/) as string,
      ...(errors && { errors }),
    },
  };
}
