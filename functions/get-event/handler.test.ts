import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { idsOfNoEvent, problem, startApi } from "../../infra/testing/api.ts";

const { call } = await startApi();

async function create() {
  const { headers, body } = await call("POST /events", { json: { title: "Workshop", payload: { key: "value" } } });
  const event = body as Record<string, unknown>;
  return { path: `/events/${String(event["id"])}`, etag: headers["etag"] ?? "", event };
}

const notFound = problem(404, "not-found", "Not found", "There is no event with this id.");

test("returns an event as created, with its ETag", async () => {
  const { path, etag, event } = await create();
  const answer = await call(`GET ${path}`);
  expect([answer.status, answer.body, answer.headers["etag"]]).toEqual([200, event, etag]);
});

describe("If-None-Match", () => {
  test.each<[string, (etag: string) => string | string[]]>([
    ["the ETag", (etag) => etag],
    ["the weak form of the ETag", (etag) => `W/${etag}`],
    ["*", () => "*"],
    ["a list with the ETag", (etag) => `"other-1", ${etag}`],
    ["a list with its weak form and empty elements", (etag) => `,"a,b" ,, W/${etag} `],
    ["repeated headers", (etag) => ['W/"other-1"', etag]],
    ["500 ETags", (etag) => [...Array.from({ length: 499 }, (_, n) => `"other-${n}"`), etag].join()],
  ])("with %s: 304 with the ETag and without the event", async (_what, header) => {
    const { path, etag } = await create();
    const answer = await call(`GET ${path}`, { headers: { "if-none-match": header(etag) } });
    expect(answer).toEqual({ status: 304, headers: expect.objectContaining({ etag }) as object });
    expect(Object.keys(answer.headers)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^content-/)]));
  });

  test.each<[string, (etag: string) => string]>([
    ["another ETag", () => '"other"'],
    ["a later version", (etag) => etag.replace(/1"$/, '2"')],
    ["the ETag with W/ inside", (etag) => etag.replace("-", "W/-")],
    ["a list without it", (etag) => `"1", W/"x", ${etag.replace(/1"$/, '11"')}`],
    ["the ETag without quotes, which is malformed and ignored", (etag) => etag.replaceAll('"', "")],
    ["the ETag beside an asterisk, which is malformed and ignored", (etag) => `${etag}, *`],
    ["nothing, which is malformed and ignored", () => ""],
  ])("with %s: 200 with the event", async (_what, header) => {
    const { path, etag, event } = await create();
    const { status, headers, body } = await call(`GET ${path}`, { headers: { "if-none-match": header(etag) } });
    expect([status, headers["etag"], body]).toEqual([200, etag, event]);
  });

  test("with an ETag from before a change, or from before the event was recreated: 200", async () => {
    const { path, etag, event } = await create();
    const changed = await call(`PATCH ${path}`, { json: { title: "Other" } });
    const sent = { headers: { "if-none-match": etag } };
    expect((await call(`GET ${path}`, sent)).body).toEqual(changed.body);
    await call(`DELETE ${path}`);
    expect(await call(`GET ${path}`, sent)).toEqual(notFound);
    await call("POST /events", { json: { id: event["id"], title: "Workshop", payload: { key: "value" } } });
    expect((await call(`GET ${path}`, sent)).status).toBe(200);
  });

  test.each(["*", '"a"', "x"])("with %s for a missing event: 404", async (header) => {
    expect(await call(`GET /events/${randomUUID()}`, { headers: { "if-none-match": header } })).toEqual(notFound);
  });
});

test("decodes an encoded id", async () => {
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

test.each(idsOfNoEvent)("an id %s: 404", async (_what, id) => {
  expect(await call(`GET /events/${id}`)).toEqual(notFound);
});

test.each(["..", ".", "%2e%2e", "a/b", "a%2Fb", "", "a/", "%zz"])("never finds an event at /events/%s", async (id) => {
  const { status } = await call(`GET /events/${id}`);
  expect([400, 403, 404]).toContain(status);
});
