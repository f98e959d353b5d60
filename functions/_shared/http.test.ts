import { afterEach, expect, test, vi } from "vitest";
import type { Request } from "./http.ts";
import { parseJson } from "./json-body.ts";

vi.stubEnv("AUTH", "off");
const { endpoint } = await import("./http.ts");

const context = { getRemainingTimeInMillis: () => 10_000 };
const request = { version: "2.0", routeKey: "GET /events", requestContext: { requestId: "1" } } as Request;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("refuses another payload format and says what to set", async () => {
  const refused = endpoint(() => Promise.resolve({ status: 204 }))({ ...request, version: "1.0" }, context);
  await expect(refused).rejects.toThrow(
    "This event has another payload format: set payload_format_version of the integration to 2.0.",
  );
});

// Not over HTTP: the gateway removes from a 204 and a 304 what must not be there.
test.each([
  [{ status: 204 }, { statusCode: 204, headers: {} }],
  [
    { status: 304, headers: { etag: '"a-1"' } },
    { statusCode: 304, headers: { etag: '"a-1"' } },
  ],
  [
    { status: 200, body: {} },
    { statusCode: 200, headers: { "content-type": "application/json" }, body: "{}" },
  ],
])("a response has a content type only with a body: %j", async (answer, result) => {
  expect(await endpoint(() => Promise.resolve(answer))(request, context)).toEqual(result);
});

// Not over HTTP: a gateway never sends null, but a handwritten Lambda event may.
test.each([[null], [undefined], [""]])("a body of %j counts as empty: 400", async (body) => {
  const event = { ...request, headers: { "content-type": "application/json" }, body } as Request;
  const { statusCode, body: answer = "" } = await endpoint((sent) =>
    Promise.resolve({ status: 200, body: { read: parseJson(sent) } }),
  )(event, context);
  expect([statusCode, JSON.parse(answer)]).toMatchObject([400, { detail: "The body is empty: send a JSON object." }]);
});

test("rethrows a bug without its fields, because Lambda logs them and the SDK's errors may hold an item", async () => {
  const thrown = Object.assign(new RangeError("The condition failed."), { Item: { title: { S: "canary" } } });
  const bug = endpoint(() => Promise.reject(thrown))(request, context);
  await expect(bug).rejects.toMatchObject({
    name: "RangeError",
    message: "The condition failed.",
    stack: thrown.stack,
  });
  expect(await bug.catch((error: unknown) => Object.keys(error as Error))).toEqual([]);
});

test("what is thrown and is no error goes on as one that names its type, and nothing of it is logged", async () => {
  const logged = vi.spyOn(console, "error").mockReturnValue();
  const thrown = { name: "canary", message: "canary", stack: "canary" } as Error;
  await expect(endpoint(() => Promise.reject(thrown))(request, context)).rejects.toMatchObject({
    name: "Error",
    message: "object",
  });
  expect(logged.mock.calls).toEqual([
    [{ requestId: "1", route: "GET /events", status: 500, duration_ms: expect.any(Number) as number, problem: "bug" }],
  ]);
});

test("logs how many milliseconds a request took", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const logged = vi.spyOn(console, "info").mockReturnValue();
  await endpoint(() => {
    vi.setSystemTime(Date.now() + 40);
    return Promise.resolve({ status: 204 });
  })(request, context);
  expect(logged.mock.calls).toEqual([[{ requestId: "1", route: "GET /events", status: 204, duration_ms: 40 }]]);
});
