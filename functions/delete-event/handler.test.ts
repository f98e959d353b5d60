import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { problem, startApi, type Answer } from "../../infra/local/api.ts";

const { call } = await startApi();

const notFound = problem(404, "not-found", "Not found", "There is no event with this id.");
const stale = problem(
  412,
  "precondition-failed",
  "Precondition failed",
  "The event has none of the ETags in If-Match: get it again, and repeat the request with the ETag that it has now.",
);

function malformed(detail: string): Answer {
  return problem(400, "invalid-request", "Invalid request", detail);
}

async function create(id: string = randomUUID()) {
  const { status, headers, body } = await call("POST /events", { json: { id, title: "x" } });
  expect(status).toBe(201);
  return { path: `/events/${id}`, etag: headers["etag"] ?? "", event: body };
}

/** The whole answer: no body, and no header that speaks of one. */
function expectDeleted(answer: Answer): void {
  expect(answer).toEqual({ status: 204, headers: expect.any(Object) as object });
  expect(Object.keys(answer.headers).filter((name) => name.startsWith("content-") || name === "etag")).toEqual([]);
}

test("deletes an event: 204, and after that 404", async () => {
  const { path } = await create();
  expectDeleted(await call(`DELETE ${path}`));
  expect(await call(`GET ${path}`)).toEqual(notFound);
  expect(await call(`PATCH ${path}`, { json: { title: "y" } })).toEqual(notFound);
  expect(await call(`DELETE ${path}`)).toEqual(notFound);
});

test("ignores a body and its type", async () => {
  const { path } = await create();
  expectDeleted(await call(`DELETE ${path}`, { text: "not JSON", headers: { "content-type": "text/plain" } }));
});

test("leaves every other event alone", async () => {
  const [one, other] = [await create(), await create()];
  await call(`DELETE ${one.path}`);
  expect((await call(`GET ${other.path}`)).body).toEqual(other.event);
});

test("frees the id: it can be made again, with the same content or another, and starts at version 1", async () => {
  const { path, etag } = await create();
  await call(`DELETE ${path}`);
  const again = await create(path.slice("/events/".length));
  expect(again.event).toMatchObject({ version: 1 });
  expect(again.etag).not.toBe(etag);
});

test.each(["unknown", "x".repeat(129), "a%20b", "%C3%A4", "a%00b"])("finds nothing to delete at /events/%s: 404", async (id) => {
  const path = id === "unknown" ? `/events/${randomUUID()}` : `/events/${id}`;
  expect(await call(`DELETE ${path}`)).toEqual(notFound);
  expect(await call(`DELETE ${path}`, { headers: { "if-match": '"other"' } })).toEqual(notFound);
});

describe("If-Match", () => {
  test.each<[string, (etag: string) => string | string[]]>([
    ["the ETag", (etag) => etag],
    ["*", () => "*"],
    ["a list that has it", (etag) => `"other-1", W/"x" ,, ${etag}`],
    ["repeated headers", (etag) => [etag, '"other-1"']],
  ])("of %s lets a delete through", async (_what, header) => {
    const { path, etag } = await create();
    expectDeleted(await call(`DELETE ${path}`, { headers: { "if-match": header(etag) } }));
    expect(await call(`GET ${path}`)).toEqual(notFound);
  });

  test.each<[string, (etag: string) => string, Answer]>([
    ["another ETag", () => '"other"', stale],
    ["the ETag made weak", (etag) => `W/${etag}`, stale],
    ["a list without it", (etag) => `"other-1", W/${etag}`, stale],
    ["the ETag without quotes", (etag) => etag.replaceAll('"', ""), malformed('The header If-Match must be * or a list of ETags in double quotes, such as "a-1", "a-2".')],
    ["51 ETags", (etag) => Array<string>(51).fill(etag).join(), malformed("The header If-Match must list at most 50 ETags.")],
  ])("of %s stops it", async (_what, header, expected) => {
    const { path, etag, event } = await create();
    expect(await call(`DELETE ${path}`, { headers: { "if-match": header(etag) } })).toEqual(expected);
    expect((await call(`GET ${path}`)).body).toEqual(event);
  });

  test("of an event that has changed since stops it, and its new ETag does not", async () => {
    const { path, etag } = await create();
    const { headers } = await call(`PATCH ${path}`, { json: { title: "y" } });
    expect(await call(`DELETE ${path}`, { headers: { "if-match": etag } })).toEqual(stale);
    expectDeleted(await call(`DELETE ${path}`, { headers: { "if-match": headers["etag"] ?? "" } }));
  });

  test("of an event that was deleted and made again stops it", async () => {
    const id = randomUUID();
    const old = await create(id);
    await call(`DELETE ${old.path}`);
    const { path, event } = await create(id);
    expect(await call(`DELETE ${path}`, { headers: { "if-match": old.etag } })).toEqual(stale);
    expect((await call(`GET ${path}`)).body).toEqual(event);
  });

  test("is meant by who sends If-None-Match: 400", async () => {
    const { path, event } = await create();
    const detail = "The header If-None-Match is for GET alone: to change what you know, send its ETag in If-Match.";
    expect(await call(`DELETE ${path}`, { headers: { "if-none-match": '"other"' } })).toEqual(malformed(detail));
    expect((await call(`GET ${path}`)).body).toEqual(event);
  });
});

describe("20 deletes at once", () => {
  test.each(["without If-Match", "with it"])("%s: one 204, 19 times 404", async (which) => {
    const { path, etag } = await create();
    const headers = which === "with it" ? { "if-match": etag } : {};
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(`DELETE ${path}`, { headers })));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(19).fill(404)]);
  });

  test("and updates, all with the same If-Match: one of them wins", async () => {
    const { path, etag } = await create();
    const headers = { "if-match": etag };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => [call(`DELETE ${path}`, { headers }), call(`PATCH ${path}`, { json: { title: "y" }, headers })]).flat(),
    );
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status).filter((status) => status >= 300)).size).toBe(1);
  });
});
