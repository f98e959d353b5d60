import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  makeJpeg,
  noTokens,
  startApi,
  startLocalApi,
  startApiWithTokens,
  upload,
  type Answer,
  type UploadUrl,
} from "./api.ts";
import { makeUserPool } from "../local/sign-in/tokens.ts";

const open = await startApi();
const authWithoutTokens = process.env["AUTH"];
const guarded = await startApiWithTokens();
const authWithTokens = process.env["AUTH"];

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

/** Loads the module with these environment variables. */
async function apiWith(variables: Record<string, string>) {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  vi.resetModules();
  return import("./api.ts");
}

test("tells the functions whether sign-in is on", () => {
  expect([authWithoutTokens, authWithTokens, noTokens]).toEqual(["off", "jwt", undefined]);
});

test("requires a token only with sign-in", async () => {
  expect((await open.call("GET /events")).status).toBe(200);
  expect((await guarded.call("GET /events")).status).toBe(401);
  for (const { call } of [guarded.alice, guarded.bob]) expect((await call("GET /events")).status).toBe(200);
});

test("has two users", () => {
  expect(guarded.alice.sub).not.toBe(guarded.bob.sub);
});

test("starts two APIs in one file that share nothing", async () => {
  const id = randomUUID();
  expect((await guarded.alice.call("POST /events", { json: { id, title: "x" } })).status).toBe(201);
  expect((await open.call(`GET /events/${id}`)).status).toBe(404);
  expect((await guarded.alice.call(`GET /events/${id}`)).status).toBe(200);
});

describe("with a bucket", () => {
  const image = makeJpeg();

  /** Creates an event and uploads an image for it, like a user; returns its id and the bucket's answer. */
  async function share({ call }: Awaited<ReturnType<typeof startLocalApi>>): Promise<{ id: string; answer: Answer }> {
    const id = randomUUID();
    await call("POST /events", { json: { id, title: "x" } });
    const { body } = await call(`POST /events/${id}/upload-url`, {
      json: { contentType: "image/jpeg", contentLength: image.length },
    });
    return { id, answer: await upload(body as UploadUrl, image) };
  }

  test.each([
    ["on", { labels: [{}, {}] }],
    ["off", { size: image.length }],
  ] as const)("an upload is handled, with labels %s", async (labels, expected) => {
    const api = await startLocalApi({ labels });
    const { id, answer } = await share(api);
    expect(answer.status).toBe(200);
    await api.settled();
    expect([api.bucket.keys().length, api.deadLetters, api.rekognition.requests.length]).toEqual([
      2,
      [],
      labels === "on" ? 1 : 0,
    ]); // the upload and the image
    expect((await api.call(`GET /events/${id}`)).body).toMatchObject({ image: expected });
  });

  test("a URL expires when the bucket's clock passes its end", async () => {
    const api = await startLocalApi();
    api.bucket.setAhead(302);
    expect((await share(api)).answer).toMatchObject({
      status: 403,
      body: expect.stringContaining("<Message>Request has expired</Message>") as string,
    });
  });

  test("a failed call is retried, and the third failure gives a dead letter to retry label-image with", async () => {
    const api = await startLocalApi();
    const failCalls = (calls: number) => {
      api.bucket.failNext("GET", ...Array<"hang up">(3 * calls).fill("hang up"));
    }; // of three attempts each
    failCalls(2);
    await share(api);
    await api.settled();
    expect([api.deadLetters, api.bucket.keys().length]).toEqual([[], 2]);

    failCalls(3);
    const { id } = await share(api);
    await api.settled();
    expect((await api.call(`GET /events/${id}`)).body).not.toHaveProperty("image");
    const [letter] = api.deadLetters;
    failCalls(1);
    await expect(api.invokeLabelImage(letter?.requestPayload ?? {})).rejects.toThrow();
    await api.invokeLabelImage(letter?.requestPayload ?? {});
    expect((await api.call(`GET /events/${id}`)).body).toHaveProperty("image");
  });

  test("requires a token if there is a pool, and fails at the database on demand", async () => {
    const pool = await makeUserPool();
    const { call, database } = await startLocalApi({ pool });
    expect((await call("GET /events")).status).toBe(401);
    database.setFault("broken", ({ response }) => response.destroy());
    const headers = { authorization: await pool.accessToken("alice") };
    expect((await call("GET /events/broken", { headers })).status).toBe(503);
  });
});

describe("deployed", () => {
  const API_URL = guarded.url;

  test("an API without tokens is called without one, and has no users", async () => {
    const api = await apiWith({ API_URL: open.url });
    const { call, sub } = await api.startApi();
    expect([(await call("GET /events")).status, sub]).toEqual([200, undefined]);
    expect(api.noTokens).toBe(
      "the deployed API needs two users: set API_TOKEN and API_OTHER_TOKEN to their access tokens",
    );
  });

  test("an API with tokens is called with API_TOKEN", async () => {
    const { startApi: start } = await apiWith({ API_URL, API_TOKEN: guarded.alice.token });
    const { call, sub } = await start();
    expect([(await call("GET /events")).status, sub]).toEqual([200, guarded.alice.sub]);
  });

  test("an API with tokens is called as two users if two tokens are set, and trusts no other pool", async () => {
    const api = await apiWith({
      API_URL,
      API_TOKEN: guarded.alice.token,
      API_OTHER_TOKEN: guarded.bob.token,
    });
    const { url, call, alice, bob, pool } = await api.startApiWithTokens();
    expect([url, alice.sub, bob.sub, api.noTokens]).toEqual([API_URL, guarded.alice.sub, guarded.bob.sub, undefined]);
    expect([(await call("GET /events")).status, (await alice.call("GET /events")).status]).toEqual([401, 200]);
    expect((await call("GET /events", { headers: { authorization: await pool.accessToken("alice") } })).status).toBe(
      401,
    );
  });
});
