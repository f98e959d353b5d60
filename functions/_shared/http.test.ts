import { expect, test, vi } from "vitest";
import type { Request } from "./http.ts";

vi.stubEnv("AUTH", "off");
const { endpoint } = await import("./http.ts");

// Not over HTTP: the gateway takes from a 204 and a 304 what must not be there.
test.each([
  [{ status: 204 }, { statusCode: 204, headers: {} }],
  [{ status: 304, headers: { etag: '"a-1"' } }, { statusCode: 304, headers: { etag: '"a-1"' } }],
  [{ status: 200, body: {} }, { statusCode: 200, headers: { "content-type": "application/json" }, body: "{}" }],
])("an answer has a content type if it has a body: %j", async (answer, result) => {
  expect(await endpoint(() => Promise.resolve(answer))({ version: "2.0" } as Request)).toEqual(result);
});
