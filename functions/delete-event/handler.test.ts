import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import {
  idsOfNoEvent,
  makeJpeg,
  problem,
  startApi,
  startLocalApi,
  target,
  untilLabelled,
  upload,
  type Answer,
  type ServiceFault,
  type UploadUrl,
} from "../../infra/testing/api.ts";

const { call } = await startApi();
const local = await startLocalApi();

const notFound = problem(404, "not-found", "Not found", "There is no event with this id.");
const stale = problem(
  412,
  "precondition-failed",
  "Precondition failed",
  "No ETag in If-Match matches the event: get it again and retry with its current ETag.",
);

function malformed(detail: string): Answer {
  return problem(400, "invalid-request", "Invalid request", detail);
}

async function create(id: string = randomUUID()) {
  const { status, headers, body } = await call("POST /events", { json: { id, title: "x" } });
  expect(status).toBe(201);
  return { path: `/events/${id}`, etag: headers["etag"] ?? "", event: body };
}

/** The whole response: no body, and no header about one. */
function expectDeleted(answer: Answer): void {
  expect(answer).toEqual({ status: 204, headers: expect.any(Object) as object });
  expect(Object.keys(answer.headers).filter((name) => name.startsWith("content-") || name === "etag")).toEqual([]);
}

test("deletes an event: 204, then 404", async () => {
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

test("frees the id: a new event with it starts at version 1", async () => {
  const { path, etag } = await create();
  await call(`DELETE ${path}`);
  const again = await create(path.slice("/events/".length));
  expect(again.event).toMatchObject({ version: 1 });
  expect(again.etag).not.toBe(etag);
});

test.each(idsOfNoEvent)("an id %s: 404", async (_what, id) => {
  const path = `/events/${id}`;
  expect(await call(`DELETE ${path}`)).toEqual(notFound);
  expect(await call(`DELETE ${path}`, { headers: { "if-match": '"other"' } })).toEqual(notFound);
});

describe("If-Match", () => {
  test.each<[string, (etag: string) => string | string[]]>([
    ["the ETag", (etag) => etag],
    ["*", () => "*"],
    ["a list with the ETag", (etag) => `"other-1", W/"x" ,, ${etag}`],
    ["repeated headers", (etag) => [etag, '"other-1"']],
  ])("with %s allows a delete", async (_what, header) => {
    const { path, etag } = await create();
    expectDeleted(await call(`DELETE ${path}`, { headers: { "if-match": header(etag) } }));
    expect(await call(`GET ${path}`)).toEqual(notFound);
  });

  test.each<[string, (etag: string) => string, Answer]>([
    ["another ETag", () => '"other"', stale],
    ["the weak form of the ETag", (etag) => `W/${etag}`, stale],
    ["a list without it", (etag) => `"other-1", W/${etag}`, stale],
    [
      "the ETag without quotes",
      (etag) => etag.replaceAll('"', ""),
      malformed('The If-Match header must be * or a list of ETags in double quotes, such as "a-1", "a-2".'),
    ],
    [
      "51 ETags",
      (etag) => Array<string>(51).fill(etag).join(),
      malformed("The If-Match header must list at most 50 ETags."),
    ],
  ])("with %s prevents a delete", async (_what, header, expected) => {
    const { path, etag, event } = await create();
    expect(await call(`DELETE ${path}`, { headers: { "if-match": header(etag) } })).toEqual(expected);
    expect((await call(`GET ${path}`)).body).toEqual(event);
  });

  test("with an ETag from before a change prevents a delete, and the new ETag allows it", async () => {
    const { path, etag } = await create();
    const { headers } = await call(`PATCH ${path}`, { json: { title: "y" } });
    expect(await call(`DELETE ${path}`, { headers: { "if-match": etag } })).toEqual(stale);
    expectDeleted(await call(`DELETE ${path}`, { headers: { "if-match": headers["etag"] ?? "" } }));
  });

  test("with an ETag from before the event was recreated prevents a delete", async () => {
    const id = randomUUID();
    const old = await create(id);
    await call(`DELETE ${old.path}`);
    const { path, event } = await create(id);
    expect(await call(`DELETE ${path}`, { headers: { "if-match": old.etag } })).toEqual(stale);
    expect((await call(`GET ${path}`)).body).toEqual(event);
  });

  test("is what a caller with If-None-Match must send: 400", async () => {
    const { path, event } = await create();
    const detail =
      "The If-None-Match header is only for GET: to make a write conditional, send the event's ETag in If-Match.";
    expect(await call(`DELETE ${path}`, { headers: { "if-none-match": '"other"' } })).toEqual(malformed(detail));
    expect((await call(`GET ${path}`)).body).toEqual(event);
  });
});

describe("20 concurrent deletes", () => {
  test.each(["without If-Match", "with If-Match"])("%s: one 204, 19 times 404", async (which) => {
    const { path, etag } = await create();
    const headers = which === "with If-Match" ? { "if-match": etag } : {};
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(`DELETE ${path}`, { headers })));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(19).fill(404)]);
  });

  test("and 20 updates, all with the same If-Match: one succeeds", async () => {
    const { path, etag } = await create();
    const headers = { "if-match": etag };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => [
        call(`DELETE ${path}`, { headers }),
        call(`PATCH ${path}`, { json: { title: "y" }, headers }),
      ]).flat(),
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
    const { body } = await callApi(`POST /events/${id}/upload-url`, {
      json: { contentType: "image/jpeg", contentLength: jpeg.length },
    });
    await upload(body as UploadUrl, jpeg);
    await untilLabelled(callApi, id);
    const { headers } = await callApi(`GET /events/${id}`);
    return { id, path: `/events/${id}`, etag: headers["etag"] ?? "" };
  }

  test("deletes both: 204, and earlier URLs of the image stop working", async () => {
    const { path } = await createWithImage();
    const { headers } = await call(`GET ${path}/image`);
    expect((await fetch(headers["location"] ?? "")).status).toBe(200);
    expectDeleted(await call(`DELETE ${path}`));
    expect((await fetch(headers["location"] ?? "")).ok).toBe(false);
    expect(await call(`GET ${path}/image`)).toEqual(notFound);
  });

  test("deletes neither if If-Match is stale: 412", async () => {
    const { path, etag } = await createWithImage();
    expect(await call(`DELETE ${path}`, { headers: { "if-match": etag.replace(/\d+"$/, '1"') } })).toEqual(stale);
    const { headers } = await call(`GET ${path}/image`);
    expect((await fetch(headers["location"] ?? "")).status).toBe(200);
    expectDeleted(await call(`DELETE ${path}`, { headers: { "if-match": etag } }));
  });

  test("10 times concurrently: 204 for each that took part, else 404, and nothing is left", async () => {
    const { path } = await createWithImage();
    const { headers } = await call(`GET ${path}/image`);
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(`DELETE ${path}`)));
    const statuses = new Set(answers.map(({ status }) => status));
    expect([statuses.has(204), [...statuses].filter((status) => status !== 204 && status !== 404)]).toEqual([true, []]);
    expect((await fetch(headers["location"] ?? "")).ok).toBe(false);
    expect(await call(`DELETE ${path}`)).toEqual(notFound);
  });

  describe("and a local bucket", () => {
    beforeEach(({ skip }) => {
      skip(target === "deployed", "a deployed bucket does not fail on demand");
    });

    const { call: callLocal, bucket, database, expire, settled } = local;
    const kept = (id: string) => bucket.keys().filter((key) => key.includes(id));
    const always = (fault: ServiceFault) => Array<ServiceFault>(3).fill(fault);
    const unavailable = (detail: string) =>
      problem(503, "unavailable", "Temporarily unavailable", `The image store did not respond as expected. ${detail}`);
    const undecided = unavailable("Nothing was deleted: retry the request.");
    const decided = unavailable("The event was deleted, but not all of its files: retry the request.");

    test("takes one call to the database and none to S3 if there never was an upload URL", async () => {
      const { body } = await callLocal("POST /events", { json: { title: "x" } });
      const { id } = body as { id: string };
      database.setFault(id, ({ pass }) => {
        void pass();
      });
      for (const method of ["PUT", "LIST", "DELETE"]) bucket.failNext(method, "no answer");
      expectDeleted(await callLocal(`DELETE /events/${id}`));
      bucket.forgetFaults();
      expect(database.attempts(id)).toBe(1);
    });

    test("deletes everything: the image, the rejected upload and the unprocessed one", async () => {
      const { id, path } = await createWithImage(callLocal);
      const sent = { contentType: "image/jpeg", contentLength: jpeg.length };
      const [refused, waiting] = [
        await callLocal(`POST ${path}/upload-url`, { json: sent }),
        await callLocal(`POST ${path}/upload-url`, { json: sent }),
      ];
      await upload(refused.body as UploadUrl, Buffer.from("x".repeat(jpeg.length)));
      await settled();
      const key = new URL((waiting.body as UploadUrl).url).pathname.replace("/images/", "");
      bucket.objects.set(key, { bytes: jpeg, metadata: { "content-type": "image/jpeg" }, lastModified: new Date() }); // without an S3 event
      expect(kept(id)).toHaveLength(4);
      expectDeleted(await callLocal(`DELETE ${path}`));
      expect(kept(id)).toEqual([]);
    });

    test("writes nothing if If-Match is stale: 412", async () => {
      const { id, path } = await createWithImage(callLocal);
      const before = kept(id);
      expect(await callLocal(`DELETE ${path}`, { headers: { "if-match": '"old"' } })).toEqual(stale);
      expect(kept(id)).toEqual(before);
    });

    test("deletes 120 uploads, more than one page of keys", async () => {
      const { id, path } = await createWithImage(callLocal);
      const [first = ""] = kept(id).filter((key) => key.startsWith("incoming/"));
      for (let upload = 2; upload <= 120; upload++)
        bucket.objects.set(first.replace(/1$/, String(upload)), {
          bytes: jpeg,
          metadata: {},
          lastModified: new Date(),
        });
      expectDeleted(await callLocal(`DELETE ${path}`));
      expect(kept(id)).toEqual([]);
    });

    test.each(["internal error", "throttle", "hang up", "answer lost"] as const)(
      "that fails each request twice (%s): still 204",
      async (fault) => {
        const { id, path } = await createWithImage(callLocal);
        bucket.failNext("PUT", fault, fault);
        bucket.failNext("LIST", fault, fault);
        expectDeleted(await callLocal(`DELETE ${path}`));
        expect(kept(id)).toEqual([]);
      },
    );

    test("that refuses the note: 503, and nothing is deleted", async () => {
      const { id, path, etag } = await createWithImage(callLocal);
      const before = kept(id);
      bucket.failNext("PUT", ...always("hang up"));
      const answer = await callLocal(`DELETE ${path}`, { headers: { "if-match": etag } });
      expect([answer, answer.headers["retry-after"]]).toEqual([undecided, "2"]);
      expect([(await callLocal(`GET ${path}`)).headers["etag"], kept(id)]).toEqual([etag, before]);
    });

    test("that cannot be searched for the remains of an unknown event: 503, which claims no deletion", async () => {
      bucket.failNext("LIST", ...always("hang up"));
      expect(await callLocal(`DELETE /events/${randomUUID()}`)).toEqual(
        unavailable("There is no event with this id, but files of a deleted one may remain: retry the request."),
      );
    });

    describe.each(["LIST", "DELETE"])(
      "that fails (%s) after the event is deleted: 503, the event is gone, and",
      (method) => {
        async function deleteHalf() {
          const event = await createWithImage(callLocal);
          bucket.failNext(method, ...Array<ServiceFault>(method === "LIST" ? 3 : 6).fill("hang up")); // two concurrent deletes
          expect(await callLocal(`DELETE ${event.path}`)).toEqual(decided);
          bucket.forgetFaults();
          expect(await callLocal(`GET ${event.path}`)).toEqual(notFound);
          expect(kept(event.id)).toContainEqual(expect.stringMatching(/^deletions\//));
          return event;
        }

        test("a repeated request finishes the deletion: 204, then 404", async () => {
          const { id, path, etag } = await deleteHalf();
          expectDeleted(await callLocal(`DELETE ${path}`, { headers: { "if-match": etag } }));
          expect(kept(id)).toEqual([]);
          expect(await callLocal(`DELETE ${path}`)).toEqual(notFound);
        });

        test("without another request the deletion is finished within two days", async () => {
          const { id } = await deleteHalf();
          expire(25 * 3600);
          await settled();
          expect(kept(id)).toEqual([]);
        });

        test("the id can be reused, never gets the old image, and deleting it again leaves nothing of either", async () => {
          const { id, path } = await deleteHalf();
          expect((await callLocal("POST /events", { json: { id, title: "again" } })).status).toBe(201);
          expect(await callLocal(`GET ${path}/image`)).toEqual(
            problem(404, "not-found", "Not found", "The event has no image."),
          );
          const { body } = await callLocal(`POST ${path}/upload-url`, {
            json: { contentType: "image/jpeg", contentLength: jpeg.length },
          });
          await upload(body as UploadUrl, jpeg);
          await settled();
          const image = await callLocal(`GET ${path}/image`);
          expire(25 * 3600);
          await settled();
          expect(kept(id)).toEqual([expect.stringMatching(/^images\//)]);
          expect((await fetch(image.headers["location"] ?? "")).status).toBe(200);
          expectDeleted(await callLocal(`DELETE ${path}`));
          expect(kept(id)).toEqual([]);
        });
      },
    );

    /** The second call to the database decides. Runs `change` just before it. */
    function beforeDecision(id: string, change: () => Promise<unknown>): void {
      database.setFault(id, ({ attempt, pass }) => {
        if (attempt === 2) database.clearFault(id);
        void (attempt === 2 ? change().then(pass) : pass());
      });
    }

    test("keeps the image of an event that changes just before the decision and no longer matches If-Match: 412", async () => {
      const { id, path, etag } = await createWithImage(callLocal);
      beforeDecision(id, () => callLocal(`PATCH ${path}`, { json: { title: "y" } }));
      expect(await callLocal(`DELETE ${path}`, { headers: { "if-match": etag } })).toEqual(stale);
      const { headers } = await callLocal(`GET ${path}/image`);
      expect((await fetch(headers["location"] ?? "")).status).toBe(200);
      expire(25 * 3600);
      await settled();
      expect((await fetch(headers["location"] ?? "")).status).toBe(200); // its note has expired without effect
      expectDeleted(await callLocal(`DELETE ${path}`));
      expect(kept(id)).toEqual([]);
    });

    test("deletes an event that gets an image just before the decision, with that image: 204", async () => {
      const { id, path } = await createWithImage(callLocal);
      const { body } = await callLocal(`POST ${path}/upload-url`, {
        json: { contentType: "image/jpeg", contentLength: jpeg.length },
      });
      beforeDecision(id, async () => {
        await upload(body as UploadUrl, jpeg);
        await settled();
      });
      expectDeleted(await callLocal(`DELETE ${path}`));
      expect(kept(id)).toEqual([]);
    });

    test.each([
      ["deletes it", () => Promise.resolve()],
      ["deletes and recreates it", (id: string) => callLocal("POST /events", { json: { id, title: "again" } })],
    ])("finds nothing to delete if another request %s just before the decision: 404", async (_what, afterwards) => {
      const { id, path } = await createWithImage(callLocal);
      let made: unknown;
      beforeDecision(id, async () => {
        await callLocal(`DELETE ${path}`);
        await afterwards(id);
        made = await callLocal(`GET ${path}`);
      });
      expect(await callLocal(`DELETE ${path}`)).toEqual(notFound);
      expect((await callLocal(`GET ${path}`)).body).toEqual(
        (made as Answer).body && {
          ...((made as Answer).body as object),
          ...((made as Answer).status === 404 && { requestId: expect.any(String) as string }),
        },
      );
      expect(kept(id)).toEqual([]);
    });

    test.each([
      ["and the event is gone", () => Promise.resolve()],
      ["and the event was recreated", (id: string) => callLocal("POST /events", { json: { id, title: "again" } })],
    ])("returns 204 if the response to the deciding write was lost %s", async (_what, afterwards) => {
      const { id, path } = await createWithImage(callLocal);
      database.setFault(id, ({ attempt, act, response, pass }) => {
        if (attempt !== 2) void pass();
        else
          void act().then(async () => {
            database.clearFault(id);
            await afterwards(id);
            response.destroy();
          });
      });
      expectDeleted(await callLocal(`DELETE ${path}`));
      expect(kept(id)).toEqual([]);
    });
  });
});
