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
    const detail =
      "The If-None-Match header is only for GET: to make a write conditional, send the event's ETag in If-Match.";
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

  test("10 times at once: 204 for each that had a part in it, else 404, and then nothing is left", async () => {
    const { path } = await createWithImage();
    const { headers } = await call(`GET ${path}/image`);
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(`DELETE ${path}`)));
    const statuses = new Set(answers.map(({ status }) => status));
    expect([statuses.has(204), [...statuses].filter((status) => status !== 204 && status !== 404)]).toEqual([true, []]);
    expect((await fetch(headers["location"] ?? "")).ok).toBe(false);
    expect(await call(`DELETE ${path}`)).toEqual(notFound);
  });

  describe("and a bucket that can be reached from here", () => {
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

    test("costs one call to the database and none to S3 where no upload URL was ever given out", async () => {
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

    test("deletes all that lies there: the image, the one that was refused, and what waits to be looked at", async () => {
      const { id, path } = await createWithImage(callLocal);
      const sent = { contentType: "image/jpeg", contentLength: jpeg.length };
      const [refused, waiting] = [
        await callLocal(`POST ${path}/upload-url`, { json: sent }),
        await callLocal(`POST ${path}/upload-url`, { json: sent }),
      ];
      await upload(refused.body as UploadUrl, Buffer.from("x".repeat(jpeg.length)));
      await settled();
      const key = new URL((waiting.body as UploadUrl).url).pathname.replace("/images/", "");
      bucket.objects.set(key, { bytes: jpeg, metadata: { "content-type": "image/jpeg" }, lastModified: new Date() }); // nobody is told
      expect(kept(id)).toHaveLength(4);
      expectDeleted(await callLocal(`DELETE ${path}`));
      expect(kept(id)).toEqual([]);
    });

    test("deletes 120 uploads, which are more than it asks for at once", async () => {
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
      "that fails twice in each way of asking (%s): the caller does not notice",
      async (fault) => {
        const { id, path } = await createWithImage(callLocal);
        bucket.failNext("PUT", fault, fault);
        bucket.failNext("LIST", fault, fault);
        expectDeleted(await callLocal(`DELETE ${path}`));
        expect(kept(id)).toEqual([]);
      },
    );

    test("that takes no note deletes no event, and touches nothing: 503", async () => {
      const { id, path, etag } = await createWithImage(callLocal);
      const before = kept(id);
      bucket.failNext("PUT", ...always("hang up"));
      const answer = await callLocal(`DELETE ${path}`, { headers: { "if-match": etag } });
      expect([answer, answer.headers["retry-after"]]).toEqual([undecided, "2"]);
      expect([(await callLocal(`GET ${path}`)).headers["etag"], kept(id)]).toEqual([etag, before]);
    });

    describe.each(["LIST", "DELETE"])(
      "that fails (%s) once the event is deleted: 503, the event is gone, and",
      (method) => {
        async function deleteHalf() {
          const event = await createWithImage(callLocal);
          bucket.failNext(method, ...Array<ServiceFault>(method === "LIST" ? 3 : 6).fill("hang up")); // two are deleted at once
          expect(await callLocal(`DELETE ${event.path}`)).toEqual(decided);
          bucket.forgetFaults();
          expect(await callLocal(`GET ${event.path}`)).toEqual(notFound);
          expect(kept(event.id)).toContainEqual(expect.stringMatching(/^deletions\//));
          return event;
        }

        test("the same request again does the rest, 204, and after that 404", async () => {
          const { id, path, etag } = await deleteHalf();
          expectDeleted(await callLocal(`DELETE ${path}`, { headers: { "if-match": etag } }));
          expect(kept(id)).toEqual([]);
          expect(await callLocal(`DELETE ${path}`)).toEqual(notFound);
        });

        test("without another request the rest is done within two days", async () => {
          const { id } = await deleteHalf();
          expire(25 * 3600);
          await settled();
          expect(kept(id)).toEqual([]);
        });

        test("the id can be made again, never gets the old image, and deleting it again leaves nothing of either", async () => {
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

    /** The second call to the database is the one that decides. Just before it somebody does something. */
    function beforeDecision(id: string, meanwhile: () => Promise<unknown>): void {
      database.setFault(id, ({ attempt, pass }) => {
        if (attempt === 2) database.clearFault(id);
        void (attempt === 2 ? meanwhile().then(pass) : pass());
      });
    }

    test("keeps the image of an event that changes just before it is decided, where If-Match forbids that: 412", async () => {
      const { id, path, etag } = await createWithImage(callLocal);
      beforeDecision(id, () => callLocal(`PATCH ${path}`, { json: { title: "y" } }));
      expect(await callLocal(`DELETE ${path}`, { headers: { "if-match": etag } })).toEqual(stale);
      const { headers } = await callLocal(`GET ${path}/image`);
      expect((await fetch(headers["location"] ?? "")).status).toBe(200);
      expire(25 * 3600);
      await settled();
      expect((await fetch(headers["location"] ?? "")).status).toBe(200); // its note has expired, and means nothing
      expectDeleted(await callLocal(`DELETE ${path}`));
      expect(kept(id)).toEqual([]);
    });

    test("deletes an event that changes just before it is decided, with the image that came: 204", async () => {
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
      ["deletes it and makes it again", (id: string) => callLocal("POST /events", { json: { id, title: "again" } })],
    ])("finds nothing to delete where somebody else %s just before it is decided: 404", async (_what, afterwards) => {
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
      ["and nothing is there then", () => Promise.resolve()],
      ["and the id was made again then", (id: string) => callLocal("POST /events", { json: { id, title: "again" } })],
    ])("answers 204 where the answer to what decided was lost, %s", async (_what, afterwards) => {
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
