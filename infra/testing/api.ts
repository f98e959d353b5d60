import { randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import { expect, vi } from "vitest";
import { runBundlesHere, runSources } from "../local/runtime/running-functions.ts";
import { makeUserPool } from "../local/sign-in/tokens.ts";
import { startStack, type Stack, type StackOptions } from "../local/stack.ts";
import type { Answer, Call } from "./call.ts";
import { callAt as callAsDocumented } from "./contract.ts";
import {
  between,
  databaseFaults,
  plannedFaults,
  type FaultyCall,
  type Fault as AnyFault,
  type ServiceFault,
} from "./faults.ts";
import { needs, needsRouteOf } from "./left-out.ts";
import { atEnd } from "./serve.ts";

export { readFunctions } from "../build/functions.ts";
export { makeJpeg, makePng } from "../local/bucket/sample-images.ts";
export { callServerAt, type Answer, type Call, type Sent } from "./call.ts";
export type { FaultyCall, ServiceFault } from "./faults.ts";
export { has, needs } from "./left-out.ts";
export * from "./upload.ts";

export type Fault = AnyFault<FaultyCall>;

/** What the tests run against: `source`, `bundle`, or `deployed` if API_URL is set (vitest.config.ts). */
export const target = process.env["TARGET"] ?? "source";

/** Ids that no event has, as written in a path. */
export const idsOfNoEvent: [what: string, id: string][] = [
  ["unknown", randomUUID()],
  ["of 129 characters", "x".repeat(129)],
  ["longer than a DynamoDB key", "x".repeat(2049)],
  ["with a space", "a%20b"],
  ["with a forbidden character", "%C3%A4"],
  ["with a NUL", "a%00b"],
  ["of one space", "%20"],
];

const deployed = {
  url: process.env["API_URL"],
  token: process.env["API_TOKEN"],
  otherToken: process.env["API_OTHER_TOKEN"],
};

/** Why tests that need tokens must be skipped, or undefined. */
export const noTokens =
  deployed.url === undefined || (deployed.token !== undefined && deployed.otherToken !== undefined)
    ? undefined
    : "the deployed API needs two users: set API_TOKEN and API_OTHER_TOKEN to their access tokens";

/**
 * The API at API_URL, called with API_TOKEN; or the local one, which stops at the end of the test or the file. `sub` is
 * the token's user.
 */
export async function startApi() {
  const { url, token } = deployed;
  if (url !== undefined) return { url, call: callAt(url, token), sub: token === undefined ? undefined : subOf(token) };
  return { ...toApi(await start()), sub: undefined };
}

/**
 * The same with sign-in. `call` sends no token; `pool` makes tokens of any kind, which a deployed API does not trust.
 * Skip the tests if `noTokens` is set, as this then starts the local API.
 */
export async function startApiWithTokens() {
  const pool = await makeUserPool();
  const { url, token, otherToken } = deployed;
  if (url !== undefined && token !== undefined && otherToken !== undefined) {
    return { url, call: callAt(url), alice: callerOf(url, token), bob: callerOf(url, otherToken), pool };
  }
  const api = toApi(await start({ pool }));
  const signIn = async () => callerOf(api.url, await pool.accessToken(randomUUID()));
  return { ...api, alice: await signIn(), bob: await signIn(), pool };
}

/** The local API, even if API_URL is set, with faults on demand in the database, the bucket and Rekognition. */
export async function startLocalApi(options: Pick<StackOptions, "pool" | "labels" | "environment"> = {}) {
  const [database, bucket, rekognition] = [databaseFaults(), plannedFaults(), plannedFaults()];
  const faulty = { DYNAMODB: database.meet, S3: bucket.meet, REKOGNITION: rekognition.meet };
  speedUpTimers();
  let ahead_s = 0;
  const now = () => new Date(Date.now() + ahead_s * 1000);
  const stack = await start({ ...options, now, between: between((call) => faulty[call.service](call)) });
  const { objects, labels, deadLetters } = stack.images;
  return {
    ...toApi(stack),
    functions: stack.functions,
    /** Bypasses all faults. */
    databaseUrl: stack.database.environment.AWS_ENDPOINT_URL_DYNAMODB,
    database,
    bucket: {
      ...bucket,
      objects,
      keys: () => [...objects.keys()].sort(),
      /** Sets the bucket's clock ahead, so that URLs expire. */
      setAhead: (to_s: number) => {
        ahead_s = to_s;
      },
    },
    rekognition: {
      requests: labels.requests,
      failNext: (...next: ServiceFault[]) => {
        rekognition.failNext("POST", ...next);
      },
    },
    expire: (by_s: number) => {
      stack.images.expire(new Date(Date.now() + by_s * 1000));
    },
    invokeLabelImage: (event: object) => {
      needs("label-image");
      return stack.functions.invoke("label-image", event);
    },
    settled: stack.events.settled,
    deadLetters,
  };
}

/** Timeouts and delays pass three times as fast (see setup.ts): for tests in which nothing waits for another process. */
export function speedUpTimers(): void {
  const ticks = setInterval(() => vi.isFakeTimers() && vi.advanceTimersByTime(10), 5);
  atEnd(() => {
    clearInterval(ticks);
  });
}

async function start(options: Omit<StackOptions, "run"> = {}): Promise<Stack> {
  vi.resetModules(); // a handler reads its environment on load, and a file may start two APIs
  const stack = await startStack({
    ...options,
    run: target === "bundle" ? runBundlesHere : runSources,
    log: ({ error }) => {
      if (error !== undefined) console.error(error);
    },
  });
  atEnd(stack.stop);
  return stack;
}

function toApi({ url }: Stack) {
  return { url, call: callAt(url) };
}

/** Skips the test if a fork has deleted the called function. */
export function callAt(baseUrl: string, token?: string): Call {
  const call = callAsDocumented(baseUrl, token);
  return async (request, sent) => {
    needsRouteOf(request);
    return call(request, sent);
  };
}

function callerOf(url: string, token: string) {
  return { sub: subOf(token), token, call: callAt(url, token) };
}

function subOf(token: string): string {
  return decodeJwt(token).sub ?? "";
}

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
