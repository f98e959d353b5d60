import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { needs, problem, startLocalApi, target, type Answer, type Fault } from "../../infra/testing/api.ts";

const { call, database } = await startLocalApi();

beforeEach(({ skip }) => {
  skip(target === "deployed", "a deployed function uses the real DynamoDB, which does not lose responses on demand");
});

/** DynamoDB acts each time, but the first `count` responses are lost. `beforeRetry` runs before each retry. */
function loseAnswers(count: number, beforeRetry: () => Promise<unknown> = () => Promise.resolve()): Fault {
  return (request) => {
    if (request.attempt > count) void request.pass();
    else
      void request
        .act()
        .then(beforeRetry)
        .then(() => request.response.destroy());
  };
}

/** The first request never arrives. */
function loseRequest(beforeRetry: () => Promise<unknown> = () => Promise.resolve()): Fault {
  return (request) => {
    if (request.attempt > 1) void request.pass();
    else void beforeRetry().then(() => request.response.destroy());
  };
}

const throttleOnce: Fault = (request) => {
  const body = JSON.stringify({ __type: "com.amazonaws.dynamodb.v20120810#ThrottlingException", message: "" });
  if (request.attempt > 1) void request.pass();
  else request.response.writeHead(400, { "content-type": "application/x-amz-json-1.0" }).end(body);
};

interface Stored {
  id: string;
  path: string;
  etag: string;
}

async function create(id: string = randomUUID()): Promise<Stored> {
  const { status, headers } = await call("POST /events", { json: { id, title: "x" } });
  expect(status).toBe(201);
  return { id, path: `/events/${id}`, etag: headers["etag"] ?? "" };
}

async function versionOf({ path }: Stored): Promise<unknown> {
  return ((await call(`GET ${path}`)).body as { version?: number }).version;
}

/** Concurrent changes of the same event by others. */
function change({ path }: Stored, count: number): () => Promise<unknown> {
  return () =>
    Promise.all(Array.from({ length: count }, () => call(`PATCH ${path}`, { json: { location: "Elsewhere" } })));
}

const notFound = problem(404, "not-found", "Not found", "There is no event with this id.");
const stale = (): Answer => expect.objectContaining({ status: 412 }) as Answer;

describe("when the response is lost, the retry recognizes its own write", () => {
  test("create: 201", async () => {
    const id = randomUUID();
    database.setFault(id, loseAnswers(1));
    const created = await call("POST /events", { json: { id, title: "x" } });
    expect([created.status, database.attempts(id)]).toEqual([201, 2]);
    expect((await call(`GET /events/${id}`)).body).toEqual(created.body);
  });

  test("create, changed by others before the retry: 201 with the event as created", async () => {
    needs("update-event");
    const id = randomUUID();
    database.setFault(id, loseAnswers(1, change({ id, path: `/events/${id}`, etag: "" }, 3)));
    const created = await call("POST /events", { json: { id, title: "x" } });
    expect(created).toMatchObject({ status: 201, body: { version: 1 } });
    expect(created.body).not.toHaveProperty("location");
    expect((await call(`GET /events/${id}`)).body).toMatchObject({ version: 4, location: "Elsewhere" });
  });

  describe.each([
    ["with If-Match", (etag: string) => ({ "if-match": etag })],
    ["without If-Match", () => ({})],
  ])("update %s", (_which, headersFor) => {
    test("whose response is lost: 200, and the version rises once", async () => {
      const stored = await create();
      database.setFault(stored.id, loseAnswers(1));
      const changed = await call(`PATCH ${stored.path}`, { json: { title: "y" }, headers: headersFor(stored.etag) });
      expect([changed.status, database.attempts(stored.id)]).toEqual([200, 2]);
      expect(changed.body).toMatchObject({ title: "y", version: 2 });
      const { headers, body } = await call(`GET ${stored.path}`);
      expect([headers["etag"], body]).toEqual([changed.headers["etag"], changed.body]);
    });

    test("whose response is lost twice: 200, and the version rises once", async () => {
      const stored = await create();
      database.setFault(stored.id, loseAnswers(2));
      const changed = await call(`PATCH ${stored.path}`, { json: { title: "y" }, headers: headersFor(stored.etag) });
      expect([changed.status, database.attempts(stored.id)]).toEqual([200, 3]);
      expect(changed.body).toMatchObject({ title: "y", version: 2 });
    });

    test.each([1, 2, 3])(
      "whose response is lost while %i others change the event: 200, and the version rises once for each",
      async (others) => {
        const stored = await create();
        database.setFault(stored.id, loseAnswers(1, change(stored, others)));
        const changed = await call(`PATCH ${stored.path}`, { json: { title: "y" }, headers: headersFor(stored.etag) });
        expect(changed).toMatchObject({
          status: 200,
          body: { title: "y", location: "Elsewhere", version: 2 + others },
        });
        const { headers, body } = await call(`GET ${stored.path}`);
        expect([headers["etag"], body]).toEqual([changed.headers["etag"], changed.body]);
      },
    );

    test("that never arrived: 200, and the version rises once", async () => {
      const stored = await create();
      database.setFault(stored.id, loseRequest());
      const changed = await call(`PATCH ${stored.path}`, { json: { title: "y" }, headers: headersFor(stored.etag) });
      expect(changed).toMatchObject({ status: 200, body: { title: "y", version: 2 } });
    });

    test("that removed the title, whose response is lost while another removes the payload: 200", async () => {
      const stored = await create();
      const { headers } = await call(`PATCH ${stored.path}`, { json: { payload: {} } });
      database.setFault(
        stored.id,
        loseAnswers(1, () => call(`PATCH ${stored.path}`, { json: { payload: null, title: "z" } })),
      );
      const changed = await call(`PATCH ${stored.path}`, {
        json: { title: null },
        headers: headersFor(headers["etag"] ?? ""),
      });
      expect(changed).toMatchObject({ status: 200, body: { title: "z", version: 4 } });
    });
  });

  test("update whose response is lost while four others change the event: applied twice, or 412 with If-Match", async () => {
    const [unguarded, guarded] = [await create(), await create()];
    for (const stored of [unguarded, guarded]) database.setFault(stored.id, loseAnswers(1, change(stored, 4)));
    expect(await call(`PATCH ${unguarded.path}`, { json: { title: "y" } })).toMatchObject({
      status: 200,
      body: { title: "y", version: 7 },
    });
    expect(
      await call(`PATCH ${guarded.path}`, { json: { title: "y" }, headers: { "if-match": guarded.etag } }),
    ).toEqual(stale());
    expect((await call(`GET ${guarded.path}`)).body).toMatchObject({ title: "y", version: 6 });
  });

  test("update with If-Match that never arrived while another changed the event: 412, and nothing changes", async () => {
    const stored = await create();
    database.setFault(stored.id, loseRequest(change(stored, 1)));
    expect(await call(`PATCH ${stored.path}`, { json: { title: "y" }, headers: { "if-match": stored.etag } })).toEqual(
      stale(),
    );
    expect(await versionOf(stored)).toBe(2);
  });

  test("update of an event deleted before the retry: 404, and it stays deleted", async () => {
    const stored = await create();
    database.setFault(
      stored.id,
      loseAnswers(1, () => call(`DELETE ${stored.path}`)),
    );
    expect(await call(`PATCH ${stored.path}`, { json: { title: "y" } })).toEqual(notFound);
    expect(await call(`GET ${stored.path}`)).toEqual(notFound);
  });

  test("delete: 204", async () => {
    const stored = await create();
    database.setFault(stored.id, loseAnswers(1));
    expect([(await call(`DELETE ${stored.path}`)).status, database.attempts(stored.id)]).toEqual([204, 2]);
    expect(await call(`GET ${stored.path}`)).toEqual(notFound);
  });

  test("delete that succeeds although DynamoDB reports an error: 204", async () => {
    const stored = await create();
    database.setFault(stored.id, (request) => {
      const body = JSON.stringify({ __type: "com.amazonaws.dynamodb.v20120810#InternalServerError", message: "" });
      if (request.attempt > 1) void request.pass();
      else
        void request
          .act()
          .then(() => request.response.writeHead(500, { "content-type": "application/x-amz-json-1.0" }).end(body));
    });
    expect((await call(`DELETE ${stored.path}`)).status).toBe(204);
  });

  test("delete with If-Match: 204", async () => {
    const stored = await create();
    database.setFault(stored.id, loseAnswers(2));
    expect((await call(`DELETE ${stored.path}`, { headers: { "if-match": stored.etag } })).status).toBe(204);
  });

  test("delete with If-Match of an event recreated before the retry: 412, and the new one stays", async () => {
    const stored = await create();
    database.setFault(
      stored.id,
      loseAnswers(1, () => create(stored.id)),
    );
    expect(await call(`DELETE ${stored.path}`, { headers: { "if-match": stored.etag } })).toEqual(stale());
    expect(await versionOf(stored)).toBe(1);
  });

  test("delete with If-Match that never arrived while another changed the event: 412, and it stays", async () => {
    const stored = await create();
    database.setFault(stored.id, loseRequest(change(stored, 1)));
    expect(await call(`DELETE ${stored.path}`, { headers: { "if-match": stored.etag } })).toEqual(stale());
    expect(await versionOf(stored)).toBe(2);
  });
});

describe("a missing event: 404", () => {
  test.each<[string, Fault]>([
    ["at the first attempt", loseAnswers(0)],
    ["after a throttled attempt, which has done nothing", throttleOnce],
  ])("for a delete %s", async (_what, fault) => {
    const id = randomUUID();
    database.setFault(id, fault);
    expect(await call(`DELETE /events/${id}`)).toEqual(notFound);
  });

  test("for an update whose response was lost", async () => {
    const id = randomUUID();
    database.setFault(id, loseAnswers(1));
    expect(await call(`PATCH /events/${id}`, { json: { title: "x" } })).toEqual(notFound);
  });
});

describe("when every response is lost: 503, and the caller can find out the outcome", () => {
  test("of a create, by repeating it", async () => {
    const id = randomUUID();
    database.setFault(id, loseAnswers(3));
    const answer = await call("POST /events", { json: { id, title: "x" } });
    expect(answer).toMatchObject({
      status: 503,
      body: {
        detail: `The database did not respond as expected. The event may or may not have been created: retry with the id ${id}.`,
      },
    });
    database.clearFault(id);
    expect((await call("POST /events", { json: { id, title: "x" } })).status).toBe(200);
  });

  test("of an update, by If-Match: it is not applied twice", async () => {
    const stored = await create();
    database.setFault(stored.id, loseAnswers(3));
    const sent = { json: { title: "y" }, headers: { "if-match": stored.etag } };
    expect((await call(`PATCH ${stored.path}`, sent)).status).toBe(503);
    database.clearFault(stored.id);
    expect(await call(`PATCH ${stored.path}`, sent)).toEqual(stale());
    expect((await call(`GET ${stored.path}`)).body).toMatchObject({ title: "y", version: 2 });
  });

  test("of a delete, by repeating it: 404", async () => {
    const stored = await create();
    database.setFault(stored.id, loseAnswers(3));
    const sent = { headers: { "if-match": stored.etag } };
    expect((await call(`DELETE ${stored.path}`, sent)).status).toBe(503);
    database.clearFault(stored.id);
    expect(await call(`DELETE ${stored.path}`, sent)).toEqual(notFound);
  });
});
