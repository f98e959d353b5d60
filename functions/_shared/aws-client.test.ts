import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { HttpRequest } from "@smithy/core/protocols";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const names = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "TABLE_NAME"];

beforeEach(() => {
  for (const name of names) vi.stubEnv(name, name);
  vi.stubEnv("INDEX_SHARDS", "4");
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

test.each(
  [...names, "INDEX_SHARDS"].flatMap(
    (name) =>
      [
        [name, undefined],
        [name, ""],
      ] as const,
  ),
)("loading fails with the name of the variable: %s=%j", async (name, value) => {
  vi.stubEnv(name, value);
  await expect(import("./table.ts")).rejects.toThrow(`The environment variable ${name} is not set.`);
});

test.each(["0", "1.5", "-1", "65", "many", "4 shards"])("loading fails with an INDEX_SHARDS of %j", async (value) => {
  vi.stubEnv("INDEX_SHARDS", value);
  await expect(import("./table.ts")).rejects.toThrow(
    "The environment variable INDEX_SHARDS must be an integer from 1 to 64.",
  );
});

test("reads the number of shards from INDEX_SHARDS", async () => {
  expect((await import("./table.ts")).shards).toBe(4);
});

test("reads region and credentials from the environment", async () => {
  const { credentials, region } = await import("./aws-client.ts");
  expect([region, credentials]).toEqual([
    "AWS_REGION",
    { accessKeyId: "AWS_ACCESS_KEY_ID", secretAccessKey: "AWS_SECRET_ACCESS_KEY", sessionToken: "AWS_SESSION_TOKEN" },
  ]);
});

describe("a request", () => {
  const patient = { connection_ms: 60_000, answer_ms: 60_000, body_ms: 60_000 };
  const never = { getRemainingTimeInMillis: () => 1e6 };

  /** Sends one to a service that does this; gives the error, once its connection is closed. */
  async function failure(answer: (response: ServerResponse) => unknown, limits: object, context = never) {
    const [{ sender }, { withinTimeLimit }] = [await import("./aws-client.ts"), await import("./time-limit.ts")];
    const sockets: Socket[] = [];
    const service = createServer((_request, response) => answer(response));
    service.on("connection", (socket) => sockets.push(socket));
    await once(service.listen(0, "127.0.0.1"), "listening");
    const { port } = service.address() as AddressInfo;
    const request = new HttpRequest({ protocol: "http:", hostname: "127.0.0.1", port, path: "/", method: "GET" });
    const { handle } = sender({ ...patient, ...limits });
    const error: unknown = await withinTimeLimit(context, () => handle(request)).catch((error: unknown) => error);
    await once(service.close(), "close"); // it waits for the connections
    expect(sockets).toHaveLength(1);
    return error;
  }

  test.each<[string, (response: ServerResponse) => unknown, object, string]>([
    ["whose answer does not begin in time", () => undefined, { answer_ms: 1 }, "TimeoutError"],
    ["whose body does not end in time", (response) => response.write("{"), { body_ms: 1 }, "TimeoutError"],
    ["whose connection is reset", (response) => response.destroy(), {}, "ECONNRESET"],
    [
      "whose connection is reset within the body",
      (response) => response.writeHead(200).write("{", () => response.destroy()),
      {},
      "ECONNRESET",
    ],
  ])("%s fails, and so does its connection", async (_what, answer, limits, name) => {
    expect(await failure(answer, limits)).toMatchObject({ name });
  });

  test("is given up when the invocation's time is up", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const context = { getRemainingTimeInMillis: () => 10_000 };
    const error = await failure(() => vi.advanceTimersByTime(9_000), {}, context);
    expect(error).toMatchObject({ message: "The time limit was reached." });
  });
});
