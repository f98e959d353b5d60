import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { problem, startLocalApi, target, type Fault } from "../../infra/testing/api.ts";

const { call, database } = await startLocalApi();

beforeEach(({ skip }) => {
  skip(target === "deployed", "a deployed function uses the real DynamoDB, which is not slow on demand");
});

/** How a response can fail to arrive. Each takes seconds, so one operation stands for all. */
const faults: [what: string, fault: Fault][] = [
  ["never responds", () => undefined],
  [
    "sends headers forever",
    ({ response }) => {
      response.socket?.write("HTTP/1.1 200 OK\r\n");
      const sending = setInterval(() => response.socket?.write("x-filler: 1\r\n"), 100);
      response.on("close", () => {
        clearInterval(sending);
      });
    },
  ],
  [
    "starts a response and never ends it",
    ({ response }) => {
      response.writeHead(200, { "content-length": 100 }).flushHeaders();
    },
  ],
  [
    "sends a body forever",
    ({ response }) => {
      response.writeHead(200, { "content-length": 1000 });
      const sending = setInterval(() => response.write(" "), 100);
      response.on("close", () => {
        clearInterval(sending);
      });
    },
  ],
];

describe.concurrent("when DynamoDB", () => {
  test.each(faults)("%s, a create gets a 503 and writes nothing", async (_what, fault) => {
    const id = randomUUID();
    database.setFault(id, fault);
    const answer = await call("POST /events", { json: { id, payload: { text: "canary" } } });
    const detail = `The database did not respond as expected. The event may or may not have been created: retry with the id ${id}.`;
    expect(answer).toEqual(problem(503, "unavailable", "Temporarily unavailable", detail));
    database.clearFault(id);
    expect((await call(`GET /events/${id}`)).status).toBe(404);
  });
});
