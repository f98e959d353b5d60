import { randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import { afterAll, expect, vi } from "vitest";
import type { Objects } from "../local/bucket/bucket-objects.ts";
import type { Answer, Call } from "./call.ts";
import { callAt } from "./contract.ts";
import { startDatabase } from "../local/database/database.ts";
import { startFaultyDatabase, type FaultyDatabase } from "./faulty-database.ts";
import { startGateway } from "../local/gateway/gateway.ts";
import { guard } from "../local/sign-in/guard.ts";
import type { DeadLetter, ImageEvents } from "../local/bucket/image-events.ts";
import { startImages, type Images, type ImagesOptions } from "../local/bucket/images.ts";
import { runBundlesHere, runSources, type RunningFunctions } from "../local/runtime/running-functions.ts";
import type { ServiceFault } from "../local/bucket/stand-in.ts";
import { makeUserPool, type UserPool } from "../local/sign-in/tokens.ts";

export { readFunctions } from "../build/functions.ts";
export { callServerAt, type Answer, type Call, type Sent } from "./call.ts";
export { callAt } from "./contract.ts";
export type { Fault, FaultyCall } from "./faulty-database.ts";
export type { ServiceFault } from "../local/bucket/stand-in.ts";
export { makeJpeg, makePng } from "../local/bucket/sample-images.ts";
export { untilEvent, untilLabelled, upload, type UploadChanges, type UploadUrl } from "./upload.ts";

/** What the tests run against: `source`, `bundle`, or `deployed` where API_URL is set (vitest.config.ts). */
export const target = process.env["TARGET"] ?? "source";

/** Ids, as they stand in a path, at which there is no event. */
export const idsOfNoEvent: [what: string, id: string][] = [
  ["unknown", randomUUID()],
  ["of 129 characters", "x".repeat(129)],
  ["longer than DynamoDB lets a key be", "x".repeat(2049)],
  ["with a blank", "a%20b"],
  ["with a character that no id has", "%C3%A4"],
  ["with a NUL", "a%00b"],
  ["of a blank alone", "%20"],
];

/** A deployed API, and if it asks for tokens the access tokens of two of its users. */
const deployed = {
  url: process.env["API_URL"],
  token: process.env["API_TOKEN"],
  otherToken: process.env["API_OTHER_TOKEN"],
};

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
 * a database and a bucket in memory. It is stopped when the test file is done.
 *
 * Where API_TOKEN is set, which is for a deployed API with tokens on, that token goes with each call,
 * and `sub` is whose it is.
 */
export async function startApi(): Promise<Api & { sub: string | undefined }> {
  const { url, token } = deployed;
  if (url !== undefined) return { url, call: callAt(url, token), sub: token === undefined ? undefined : subOf(token) };
  const database = await startDatabase();
  afterAll(() => database.stop());
  return { ...(await startLocal({ ...database.environment, AUTH: "off" })).api, sub: undefined };
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
  const { api } = await startLocal({ ...database.environment, AUTH: "jwt" }, pool);
  const signIn = async () => callerOf(api.url, await pool.accessToken(randomUUID()));
  return { ...api, somebody: await signIn(), somebodyElse: await signIn(), pool };
}

/**
 * The same with a database in between that misbehaves on demand; there is none where API_URL is set.
 * With a pool the API asks for its tokens.
 */
export async function startApiWithFaults(pool?: UserPool): Promise<Api & { database: FaultyDatabase }> {
  const { environment, database } = await startDatabaseWithFaults();
  const { api } = await startLocal({ ...environment, AUTH: pool ? "jwt" : "off" }, pool);
  return { ...api, database };
}

/** APIs that share a database and know of so many shards of the indexes each, as before and after that number is raised. */
export async function startApisWithShards(...shards: number[]): Promise<{ apis: Api[]; databaseUrl: string }> {
  const { environment, stop } = await startDatabase();
  afterAll(stop);
  const apis: Api[] = [];
  for (const number of shards)
    apis.push((await startLocal({ ...environment, INDEX_SHARDS: String(number), AUTH: "off" })).api);
  return { apis, databaseUrl: environment["AWS_ENDPOINT_URL_DYNAMODB"] ?? "" };
}

export interface ApiWithBucket extends Api {
  database: FaultyDatabase;
  bucket: {
    objects: Objects;
    /** In order. */
    keys: () => string[];
    /** The next requests with this method, LIST for a list, fail, one for each fault. */
    failNext: (method: string, ...faults: ServiceFault[]) => void;
    forgetFaults: () => void;
    /** Sets the bucket's clock, by which it tells whether a URL has expired, so far ahead. */
    setAhead: (ahead_s: number) => void;
  };
  rekognition: {
    /** The next requests fail, one for each fault. */
    failNext: (...faults: ServiceFault[]) => void;
    /** What was asked so far, in order. */
    requests: object[];
  };
  /** Calls label-image once with an event of S3. Rejects with what it throws. */
  invokeLabelImage: (event: object) => Promise<unknown>;
  /** Does what S3's lifecycle does so many seconds from now. */
  expire: (ahead_s: number) => void;
  /** Waits until all uploads so far have been looked at, with all repetitions. */
  settled: () => Promise<void>;
  /** The events that failed for good, in order. */
  deadLetters: DeadLetter[];
}

/**
 * The same with a look into the bucket, and with a database, a bucket and a Rekognition that misbehave
 * on demand; there is none where API_URL is set. With a pool the API asks for its tokens.
 */
export async function startApiWithBucket({
  pool,
  labels,
}: { pool?: UserPool; labels?: "on" | "off" } = {}): Promise<ApiWithBucket> {
  const { environment, database } = await startDatabaseWithFaults();
  let ahead_s = 0;
  const now = () => new Date(Date.now() + ahead_s * 1000);
  const { api, functions, images, events } = await startLocal({ ...environment, AUTH: pool ? "jwt" : "off" }, pool, {
    labels,
    now,
  });
  const { objects, bucket, labels: rekognition, deadLetters } = images;
  return {
    ...api,
    database,
    bucket: {
      objects,
      keys: () => [...objects.keys()].sort(),
      failNext: bucket.failNext,
      forgetFaults: bucket.forgetFaults,
      setAhead: (to_s) => {
        ahead_s = to_s;
      },
    },
    rekognition,
    expire: (by_s) => {
      images.expire(new Date(Date.now() + by_s * 1000));
    },
    invokeLabelImage: (event) => functions.invoke("label-image", event),
    settled: events.settled,
    deadLetters,
  };
}

async function startDatabaseWithFaults(): Promise<{ environment: Record<string, string>; database: FaultyDatabase }> {
  const real = await startDatabase();
  const database = await startFaultyDatabase(real.environment["AWS_ENDPOINT_URL_DYNAMODB"] ?? "");
  afterAll(async () => {
    await database.stop();
    await real.stop();
  });
  return { environment: { ...real.environment, AWS_ENDPOINT_URL_DYNAMODB: database.url }, database };
}

/** Tokens are on, but every route has lost its authorizer. `requests` has one for each; there is none where API_URL is set. */
export async function startApiWithoutAuthorizer(): Promise<Api & { requests: string[] }> {
  const database = await startDatabase();
  afterAll(() => database.stop());
  const { api, functions } = await startLocal({ ...database.environment, AUTH: "jwt" });
  return { ...api, requests: (await functions.routes()).map(({ routeKey }) => routeKey.replace("{id}", randomUUID())) };
}

interface Local {
  api: Api;
  functions: RunningFunctions;
  images: Images;
  events: ImageEvents;
}

async function startLocal(
  environment: Record<string, string>,
  pool?: UserPool,
  imagesOptions: ImagesOptions = {},
): Promise<Local> {
  vi.resetModules(); // a handler reads its environment when it is loaded, and a file may start two APIs
  const images = await startImages(imagesOptions);
  const all = { ...environment, ...images.environment };
  const functions = await (target === "bundle" ? runBundlesHere : runSources)(all);
  const events = images.deliverTo(functions);
  const log = ({ error }: { error?: unknown }) => {
    if (error !== undefined) console.error(error);
  };
  const gateway = await startGateway({ stage: "prod", port: 0, ...guard(functions, pool), log });
  afterAll(async () => {
    await gateway.stop();
    await events.stop();
    await functions.stop();
    await images.stop();
  });
  return { api: { url: gateway.url, call: callAt(gateway.url) }, functions, images, events };
}

function callerOf(url: string, token: string): Caller {
  return { sub: subOf(token), token, call: callAt(url, token) };
}

function subOf(token: string): string {
  return decodeJwt(token).sub ?? "";
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
