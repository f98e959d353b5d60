import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { afterAll, expect } from "vitest";
import { startDatabase } from "./database.ts";
import { startFaultyDatabase, type FaultyDatabase } from "./faulty-database.ts";
import { startGateway } from "./gateway.ts";
import { runBundles, runSources } from "./running-functions.ts";

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
  headers?: Record<string, string>;
}

/** Sends `POST /events` or the like; the path goes out to the letter, `..` and all. */
export type Call = (request: string, sent?: Sent) => Promise<Answer>;

/**
 * The API to test: the one at API_URL, or the local gateway with the handlers' source or bundles and
 * a database in memory. It is stopped when the test file is done.
 */
export async function startApi(): Promise<{ call: Call; url: string }> {
  const url = process.env["API_URL"];
  if (url !== undefined) return { call: callAt(url), url };
  const database = await startDatabase();
  afterAll(() => database.stop());
  return startLocal(database.environment);
}

/** The same with a database in between that misbehaves on demand; there is none where API_URL is set. */
export async function startApiWithFaults(): Promise<{ call: Call; url: string; database: FaultyDatabase }> {
  const real = await startDatabase();
  const database = await startFaultyDatabase(real.environment["AWS_ENDPOINT_URL_DYNAMODB"] ?? "");
  afterAll(async () => {
    await database.stop();
    await real.stop();
  });
  return { ...(await startLocal({ ...real.environment, AWS_ENDPOINT_URL_DYNAMODB: database.url })), database };
}

async function startLocal(environment: Record<string, string>): Promise<{ call: Call; url: string }> {
  const functions = target === "bundle" ? runBundles(environment) : await runSources(environment);
  const log = ({ error }: { error?: unknown }) => {
    if (error !== undefined) console.error(error);
  };
  const gateway = await startGateway({ stage: "prod", port: 0, routes: () => functions.routes(), log });
  afterAll(async () => {
    await gateway.stop();
    await functions.stop();
  });
  return { call: callAt(gateway.url), url: gateway.url };
}

/** Calls the API at a base URL. Not fetch, which cleans up paths and headers before it sends them. */
export function callAt(baseUrl: string): Call {
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
