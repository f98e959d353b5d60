import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { problem, startApi } from "../../infra/local/api.ts";

const { call } = await startApi();

const notFound = problem(404, "not-found", "Not found", "There is no event with this id.");

test("answers with an event as it was created, ETag included", async () => {
  const created = await call("POST /events", { json: { title: "Workshop", payload: { key: "value" } } });
  const { id } = created.body as { id: string };
  const answer = await call(`GET /events/${id}`);
  expect([answer.status, answer.body, answer.headers["etag"]]).toEqual([200, created.body, created.headers["etag"]]);
});

test("takes an encoded id for the same", async () => {
  const id = `a~b.${randomUUID()}`;
  const created = await call("POST /events", { json: { id, title: "x" } });
  const answer = await call(`GET /events/${id.replace("~", "%7E").replaceAll("-", "%2d")}`);
  expect([answer.status, answer.body]).toEqual([200, created.body]);
});

test("ignores a body and its type", async () => {
  const created = await call("POST /events", { json: { title: "x" } });
  const { id } = created.body as { id: string };
  const answer = await call(`GET /events/${id}`, { text: "not JSON", headers: { "content-type": "text/plain" } });
  expect([answer.status, answer.body]).toEqual([200, created.body]);
});

test.each([
  ["unknown", randomUUID()],
  ["of 129 characters", "x".repeat(129)],
  ["with a blank", "a%20b"],
  ["with a character that no id has", "%C3%A4"],
  ["with a NUL", "a%00b"],
  ["of a space alone", "%20"],
])("answers 404 to an id %s", async (_what, id) => {
  expect(await call(`GET /events/${id}`)).toEqual(notFound);
});

test.each(["..", ".", "%2e%2e", "a/b", "a%2Fb", "", "a/", "%zz"])("never finds an event at /events/%s", async (id) => {
  const { status } = await call(`GET /events/${id}`);
  expect([400, 403, 404]).toContain(status);
});
