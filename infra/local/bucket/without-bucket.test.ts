import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { root } from "../../build/functions.ts";
import { needs } from "../../testing/api.ts";
import { startDatabase } from "../database/database.ts";

const deleteEvent = join(root, "functions/delete-event/handler.ts");
const { environment, act, stop } = await startDatabase();
afterAll(stop);

type Handler = (request: object, context: object) => Promise<object>;

/** The answer of delete-event in a project without the functions for images. */
async function deletion(id: string): Promise<object> {
  for (const [name, value] of Object.entries({ ...environment, AUTH: "off", BUCKET_NAME: undefined }))
    vi.stubEnv(name, value);
  const { handler } = (await import(deleteEvent)) as { handler: Handler };
  const request = {
    version: "2.0",
    routeKey: "DELETE /events/{id}",
    rawQueryString: "",
    headers: {},
    pathParameters: { id },
    requestContext: { requestId: "request" },
  };
  return handler(request, { getRemainingTimeInMillis: () => 10_000 });
}

// Not describe.skipIf: a file whose tests are all skipped that way runs no hooks, and its database would never stop.
beforeEach(() => {
  needs("delete-event");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("delete-event needs no bucket", () => {
  test("for an event that does not exist: 404", async () => {
    expect(await deletion(randomUUID())).toMatchObject({ statusCode: 404 });
  });

  test("for an event that had an upload URL before the functions for images were removed: 204", async () => {
    const id = randomUUID();
    await act("PutItem", { TableName: "events", Item: { id: { S: id }, uploads: { N: "1" } } });
    expect(await deletion(id)).toEqual({ statusCode: 204, headers: {} });
    expect(await deletion(id)).toMatchObject({ statusCode: 404 });
  });
});
