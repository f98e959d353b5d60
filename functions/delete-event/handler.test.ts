import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { idsOfNoEvent, makeJpeg, problem, startApi, startApiWithBucket, target, untilLabelled, upload, type Answer, type Fault, type UploadUrl } from "../../infra/local/api.ts";

const { call } = await startApi();
const local = await startApiWithBucket();

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

test.each(idsOfNoEvent)("finds nothing to delete at an id %s: 404", async (_what, id) => {
  const path = `/events/${id}`;
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

describe("with an image", () => {
  const jpeg = makeJpeg();

  async function createWithImage(callApi = call) {
    const id = randomUUID();
    await callApi("POST /events", { json: { id, title: "x" } });
    const { body } = await callApi(`POST /events/${id}/upload-url`, { json: { contentType: "image/jpeg", contentLength: jpeg.length } });
    await upload(body as UploadUrl, jpeg);
    await untilLabelled(callApi, id);
    const { headers } = await callApi(`GET /events/${id}`);
    return { id, path: `/events/${id}`, etag: headers["etag"] ?? "" };
  }

  test("deletes both: 204, and the image cannot be got any more by a URL from before", async () => {
    const { path } = await createWithImage();
    const { headers } = await call(`GET ${path}/image`);
    expect((await fetch(headers["location"] ?? "")).status).toBe(200);
    expectDeleted(await call(`DELETE ${path}`));
    expect((await fetch(headers["location"] ?? "")).ok).toBe(false);
    expect(await call(`GET ${path}/image`)).toEqual(notFound);
  });

  test("deletes neither where If-Match is stale: 412", async () => {
    const { path, etag } = await createWithImage();
    expect(await call(`DELETE ${path}`, { headers: { "if-match": etag.replace(/\d+"$/, '1"') } })).toEqual(stale);
    const { headers } = await call(`GET ${path}/image`);
    expect((await fetch(headers["location"] ?? "")).status).toBe(200);
    expectDeleted(await call(`DELETE ${path}`, { headers: { "if-match": etag } }));
  });

  test("10 times at once: once 204, and else 404", async () => {
    const { path } = await createWithImage();
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(`DELETE ${path}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(9).fill(404)]);
  });

  describe("and a bucket that can be reached from here", () => {
    beforeEach(({ skip }) => { skip(target === "deployed", "a deployed bucket does not fail on demand"); });

    const { call: callLocal, bucket, database, settled } = local;
    const kept = (id: string) => bucket.keys().filter((key) => key.includes(id));

    test.each(["internal error", "throttle", "hang up", "answer lost", "no answer"] as const)("that fails (%s) deletes no event: 503, and the next one deletes it", async (fault) => {
      const { id, path, etag } = await createWithImage(callLocal);
      bucket.failNext("DELETE", fault);
      const detail = "The store of images did not answer as it should. Whether the event was deleted is unknown: repeat the request with its ETag in If-Match; 404 then means that it is gone.";
      const answer = await callLocal(`DELETE ${path}`, { headers: { "if-match": etag } });
      expect(answer).toEqual(problem(503, "unavailable", "Temporarily unavailable", detail));
      expect(answer.headers["retry-after"]).toBe("2");
      expect((await callLocal(`GET ${path}`)).headers["etag"]).toBe(etag);
      expectDeleted(await callLocal(`DELETE ${path}`, { headers: { "if-match": etag } }));
      expect(kept(id)).toEqual([]);
    });

    /** Before the database is asked for the last time, after the image has gone, somebody does something. */
    function beforeSecondDelete(meanwhile: () => Promise<unknown>): Fault {
      return ({ attempt, pass }) => { void (attempt === 2 ? meanwhile().then(pass) : pass()); };
    }

    test("deletes an image that comes while it deletes the one before: 503, then 204 and nothing is left", async () => {
      const { id, path } = await createWithImage(callLocal);
      const { body } = await callLocal(`POST ${path}/upload-url`, { json: { contentType: "image/jpeg", contentLength: jpeg.length } });
      database.setFault(id, beforeSecondDelete(async () => {
        database.clearFault(id);
        await upload(body as UploadUrl, jpeg);
        await settled();
      }));
      const answer = await callLocal(`DELETE ${path}`);
      expect(answer).toEqual(
        problem(503, "unavailable", "Temporarily unavailable", "The event got another image while it was being deleted: repeat the request."),
      );
      expect(answer.headers["retry-after"]).toBe("2");
      expectDeleted(await callLocal(`DELETE ${path}`));
      expect(kept(id)).toEqual([]);
    });

    test("does not delete an event that was changed meanwhile, where If-Match says so: 412", async () => {
      const { id, path, etag } = await createWithImage(callLocal);
      database.setFault(id, beforeSecondDelete(async () => {
        database.clearFault(id);
        await callLocal(`PATCH ${path}`, { json: { title: "y" } });
      }));
      expect(await callLocal(`DELETE ${path}`, { headers: { "if-match": etag } })).toEqual(stale);
      expect((await callLocal(`GET ${path}`)).body).toMatchObject({ title: "y" });
    });

    test("answers 204 where the answer to the last step was lost", async () => {
      const { id, path } = await createWithImage(callLocal);
      database.setFault(id, ({ attempt, act, response, pass }) => { void (attempt === 2 ? act().then(() => response.destroy()) : pass()); });
      expectDeleted(await callLocal(`DELETE ${path}`));
      expect([database.attempts(id), kept(id)]).toEqual([3, []]);
    });
  });
});
