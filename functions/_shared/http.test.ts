import { expect, test, vi } from "vitest";
import type { Request } from "./http.ts";

vi.stubEnv("AUTH", "off");
const { endpoint } = await import("./http.ts");

const request = { version: "2.0", routeKey: "GET /events", requestContext: { requestId: "1" } } as Request;

// Not over HTTP: the gateway takes from a 204 and a 304 what must not be there.
test.each([
  [{ status: 204 }, { statusCode: 204, headers: {} }],
  [{ status: 304, headers: { etag: '"a-1"' } }, { statusCode: 304, headers: { etag: '"a-1"' } }],
  [{ status: 200, body: {} }, { statusCode: 200, headers: { "content-type": "application/json" }, body: "{}" }],
])("an answer has a content type if it has a body: %j", async (answer, result) => {
  expect(await endpoint(() => Promise.resolve(answer))(request)).toEqual(result);
});

test("a bug goes on to Lambda, which logs what is thrown, without the fields of which the SDK's errors hold an item", async () => {
  const thrown = Object.assign(new RangeError("The condition failed."), { Item: { title: { S: "canary" } } });
  const bug = endpoint(() => Promise.reject(thrown))(request);
  await expect(bug).rejects.toMatchObject({ name: "RangeError", message: "The condition failed.", stack: thrown.stack });
  expect(await bug.catch((error: unknown) => Object.keys(error as Error))).toEqual([]);
});
