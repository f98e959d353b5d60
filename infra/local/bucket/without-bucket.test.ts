import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { root } from "../../build/functions.ts";
import { startDatabase } from "../database/database.ts";

const deleteEvent = join(root, "functions/delete-event/handler.ts");
const { environment, stop } = await startDatabase();
afterAll(stop);

type Handler = (request: object, context: object) => Promise<object>;

test.skipIf(!existsSync(deleteEvent))("delete-event needs no bucket: a deleted event is a 404", async () => {
  for (const [name, value] of Object.entries({ ...environment, AUTH: "off", BUCKET_NAME: undefined }))
    vi.stubEnv(name, value);
  const { handler } = (await import(deleteEvent)) as { handler: Handler };
  const request = {
    version: "2.0",
    routeKey: "DELETE /events/{id}",
    rawQueryString: "",
    headers: {},
    pathParameters: { id: randomUUID() },
    requestContext: { requestId: "request" },
  };
  const answer = await handler(request, { getRemainingTimeInMillis: () => 10_000 });
  expect(answer).toMatchObject({ statusCode: 404 });
  vi.unstubAllEnvs();
});
