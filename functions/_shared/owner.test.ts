import { randomUUID } from "node:crypto";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { beforeEach, describe, expect, test } from "vitest";
import {
  callAt,
  makePng,
  noTokens,
  problem,
  startLocalApi,
  startApiWithTokens,
  target,
  untilLabelled,
  upload,
  type Answer,
  type Call,
  type Fault,
  type Sent,
  type UploadUrl,
} from "../../infra/testing/api.ts";
import { toItem } from "./stored-event.ts";

const { alice, bob, pool } = await startApiWithTokens();
const { url, database, databaseUrl } = await startLocalApi({ pool });
const { call: callWithoutToken } = await startLocalApi();

beforeEach(({ skip }) => {
  skip(noTokens !== undefined, noTokens);
});

interface Stored {
  id: string;
  path: string;
  etag: string;
  event: Record<string, unknown>;
}

async function create(
  call: Call,
  { id = randomUUID(), ...content }: { id?: string; organizer?: string } = {},
): Promise<Stored> {
  const { status, headers, body } = await call("POST /events", { json: { id, title: "x", ...content } });
  expect(status).toBe(201);
  return { id, path: `/events/${id}`, etag: headers["etag"] ?? "", event: body as Stored["event"] };
}

/** Any caller will do: with a token one may read everything. */
async function expectUnchanged({ path, etag, event }: Stored, call = bob.call): Promise<void> {
  const { status, headers, body } = await call(`GET ${path}`);
  expect([status, headers["etag"], body]).toEqual([200, etag, event]);
}

function invalid(detail: string, ...errors: object[]): Answer {
  return problem(400, "invalid-request", "Invalid request", detail, ...(errors.length > 0 ? [errors] : []));
}

const forbidden = problem(
  403,
  "forbidden",
  "Forbidden",
  "Only the organizer of an event may update it, add an image or delete it.",
);
const notFound = problem(404, "not-found", "Not found", "There is no event with this id.");
const conflict = problem(
  409,
  "conflict",
  "Conflict",
  "An event with this id was already created with different content: choose another id.",
);
const stale = problem(
  412,
  "precondition-failed",
  "Precondition failed",
  "No ETag in If-Match matches the event: get it again and retry with its current ETag.",
);
const notTheCaller = invalid("The event breaks the rules listed in errors.", {
  pointer: "/organizer",
  detail: "must be the sub of your token, or omitted: an event belongs to its creator",
});

/** None is the caller, however similar. */
const otherOrganizers: [what: string, organizer: unknown][] = [
  ["another caller", bob.sub],
  ["the caller in capitals", alice.sub.toUpperCase()],
  ["the caller and a space", `${alice.sub} `],
  ["the caller in a list", [alice.sub]],
  ["me", "me"],
  ["empty", ""],
  ["blank", " "],
  ["a number", 1],
  ["an object", {}],
];

describe("a new event", () => {
  test("belongs to the caller", async () => {
    const { event } = await create(alice.call);
    expect(event["organizer"]).toBe(alice.sub);
  });

  test("may name the caller", async () => {
    const { event } = await create(alice.call, { organizer: alice.sub });
    expect(event["organizer"]).toBe(alice.sub);
  });

  test.each([...otherOrganizers, ["null", null]])("may not name another organizer: %s", async (_what, organizer) => {
    const id = randomUUID();
    expect(await alice.call("POST /events", { json: { id, title: "x", organizer } })).toEqual(notTheCaller);
    expect(await alice.call(`GET /events/${id}`)).toEqual(notFound);
  });

  test("with another organizer is told about its other errors, too", async () => {
    const answer = await alice.call("POST /events", { json: { organizer: bob.sub, capacity: 0 } });
    expect((answer.body as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer)).toEqual([
      "/organizer",
      "/capacity",
      "",
    ]);
  });
});

describe("a create repeated with the same id", () => {
  test("by the organizer, with or without the field: 200 with the event", async () => {
    const { id, event } = await create(alice.call);
    for (const more of [{}, { organizer: alice.sub }]) {
      const { status, body } = await alice.call("POST /events", { json: { id, title: "x", ...more } });
      expect([status, body]).toEqual([200, event]);
    }
  });

  test.each([
    ["the same content", { title: "x" }],
    ["other content", { title: "y" }],
  ])("with %s by another caller: 409, which shows nothing of the event", async (_what, content) => {
    const stored = await create(alice.call);
    expect(await bob.call("POST /events", { json: { id: stored.id, ...content } })).toEqual(conflict);
    await expectUnchanged(stored);
  });

  test("by another caller in the organizer's name: 400", async () => {
    const stored = await create(alice.call);
    expect(await bob.call("POST /events", { json: { id: stored.id, title: "x", organizer: alice.sub } })).toEqual(
      notTheCaller,
    );
    await expectUnchanged(stored);
  });

  test("10 times concurrently by each of two callers: one gets the event, the other only 409s", async () => {
    const id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? alice : bob).call("POST /events", { json: { id, title: "x" } }),
      ),
    );
    const theirs = [answers.filter((_, n) => n % 2 === 0), answers.filter((_, n) => n % 2 === 1)].map((each) =>
      each.map(({ status }) => status).sort(),
    );
    expect(theirs.sort()).toEqual([[...Array<number>(9).fill(200), 201], Array<number>(10).fill(409)]);
  });
});

describe.each<[request: string, sent: Sent]>([
  ["PUT", { json: { title: "y" } }],
  ["PATCH", { json: { title: "y" } }],
  ["DELETE", {}],
])("%s", (method, sent) => {
  const withHeader = (etag: string) => ({ ...sent, headers: { "if-match": etag } });

  test("by the organizer succeeds", async () => {
    const { path, etag } = await create(alice.call);
    expect((await alice.call(`${method} ${path}`, withHeader(etag))).status).toBe(method === "DELETE" ? 204 : 200);
  });

  test.each<[string, (etag: string) => Sent]>([
    ["without If-Match", () => sent],
    ["with the right If-Match", withHeader],
    ["with If-Match: *", () => withHeader("*")],
    ["with a stale If-Match, which the response hides", () => withHeader('"stale-1"')],
  ])("by another caller %s: 403, and nothing changes", async (_what, sentFor) => {
    const stored = await create(alice.call);
    expect(await bob.call(`${method} ${stored.path}`, sentFor(stored.etag))).toEqual(forbidden);
    await expectUnchanged(stored);
  });

  test("of an event that does not exist: 404 for any caller", async () => {
    for (const { call } of [alice, bob])
      expect(await call(`${method} /events/${randomUUID()}`, withHeader('"stale-1"'))).toEqual(notFound);
  });

  test("by the organizer with a stale If-Match: 412", async () => {
    const stored = await create(alice.call);
    expect(await alice.call(`${method} ${stored.path}`, withHeader('"stale-1"'))).toEqual(stale);
    await expectUnchanged(stored);
  });

  test("of an event recreated by another caller, by its first organizer: 403", async () => {
    const { id, path } = await create(alice.call);
    expect((await alice.call(`DELETE ${path}`)).status).toBe(204);
    const stored = await create(bob.call, { id });
    expect(await alice.call(`${method} ${path}`, sent)).toEqual(forbidden);
    await expectUnchanged(stored);
  });

  test("by two callers concurrently: only the organizer's succeed", async () => {
    const { path } = await create(alice.call);
    const both = await Promise.all(
      Array.from({ length: 5 }, () => [alice, bob])
        .flat()
        .map(({ call }) => call(`${method} ${path}`, sent)),
    );
    const others = both.filter((_, n) => n % 2 === 1).map(({ status }) => status);
    if (method === "DELETE") expect(others.every((status) => status === 403 || status === 404)).toBe(true);
    else
      expect([others, (await alice.call(`GET ${path}`)).body]).toEqual([
        Array<number>(5).fill(403),
        expect.objectContaining({ version: 6 }),
      ]);
  });
});

describe("an update", () => {
  test("may name the organizer, who stays the same", async () => {
    const { path } = await create(alice.call);
    const { status, body } = await alice.call(`PATCH ${path}`, { json: { title: "y", organizer: alice.sub } });
    expect([status, body]).toEqual([200, expect.objectContaining({ title: "y", organizer: alice.sub, version: 2 })]);
  });

  test.each([...otherOrganizers, ["null, which would remove the organizer", null]])(
    "may not give an event away: %s",
    async (_what, organizer) => {
      const stored = await create(alice.call);
      expect(await alice.call(`PATCH ${stored.path}`, { json: { title: "y", organizer } })).toEqual(notTheCaller);
      await expectUnchanged(stored);
    },
  );

  test("may not take over an event: 403, or 400 in the organizer's name", async () => {
    const stored = await create(alice.call);
    expect(await bob.call(`PATCH ${stored.path}`, { json: { organizer: bob.sub } })).toEqual(forbidden);
    expect(await bob.call(`PATCH ${stored.path}`, { json: { organizer: alice.sub } })).toEqual(notTheCaller);
    await expectUnchanged(stored);
  });

  test("that would leave an event without content: 400 only for the organizer, 403 for others", async () => {
    const stored = await create(alice.call);
    const sent = { json: { title: null } };
    expect([
      (await alice.call(`PATCH ${stored.path}`, sent)).status,
      (await bob.call(`PATCH ${stored.path}`, sent)).status,
    ]).toEqual([400, 403]);
    await expectUnchanged(stored);
  });

  test.each<[string, string, Sent, number]>([
    ["415 before 403", "PATCH", { text: '{"title":"y"}', headers: { "content-type": "text/plain" } }, 415],
    ["400 for the body before 403", "PATCH", { json: { capacity: 0 } }, 400],
    ["400 for the header before 403", "PATCH", { json: { title: "y" }, headers: { "if-match": "stale" } }, 400],
    ["400 for the header before 403", "DELETE", { headers: { "if-match": "stale" } }, 400],
  ])("or a delete checks in this order: %s (%s)", async (_what, method, sent, status) => {
    const stored = await create(alice.call);
    expect((await bob.call(`${method} ${stored.path}`, sent)).status).toBe(status);
    await expectUnchanged(stored);
  });
});

describe("an image", () => {
  const asked = { json: { contentType: "image/png", contentLength: 1000 } };

  test("may be added by the organizer: 201", async () => {
    const { path } = await create(alice.call);
    expect((await alice.call(`POST ${path}/upload-url`, asked)).status).toBe(201);
  });

  test("may not be added by another caller: 403, and no URL", async () => {
    const stored = await create(alice.call);
    expect(await bob.call(`POST ${stored.path}/upload-url`, asked)).toEqual(forbidden);
    await expectUnchanged(stored);
  });

  test("is checked in this order: 415 and 400 before 404 and 403", async () => {
    const { path } = await create(alice.call);
    const text = { text: "x", headers: { "content-type": "image/png" } };
    expect((await bob.call(`POST ${path}/upload-url`, text)).status).toBe(415);
    expect((await bob.call(`POST ${path}/upload-url`, { json: {} })).status).toBe(400);
    expect(await bob.call(`POST /events/${randomUUID()}/upload-url`, asked)).toEqual(notFound);
  });

  test("is deleted only by the organizer, and visible to every caller with a token", async () => {
    const { id, path } = await create(alice.call);
    const png = makePng();
    const { body } = await alice.call(`POST ${path}/upload-url`, {
      json: { contentType: "image/png", contentLength: png.length },
    });
    await upload(body as UploadUrl, png);
    await untilLabelled(alice.call, id);
    const { headers } = await alice.call(`GET ${path}`);
    expect(await bob.call(`DELETE ${path}`, { headers: { "if-match": headers["etag"] ?? "" } })).toEqual(forbidden);
    const { headers: redirect } = await bob.call(`GET ${path}/image`);
    expect((await fetch(redirect["location"] ?? "")).status).toBe(200);
    expect((await alice.call(`DELETE ${path}`)).status).toBe(204);
    expect((await fetch(redirect["location"] ?? "")).ok).toBe(false);
  });
});

describe("with a local database", () => {
  beforeEach(({ skip }) => {
    skip(target === "deployed", "a deployed function uses the real DynamoDB, which does not lose responses on demand");
  });

  async function signIn(sub: string = randomUUID()): Promise<Call> {
    return callAt(url, await pool.accessToken(sub));
  }

  test("while tokens are off anyone may write any event: only a stale ETag is refused", async () => {
    const { path } = await create(callWithoutToken, { organizer: "alice" });
    const headers = { "if-match": '"other"' };
    expect(await callWithoutToken(`PATCH ${path}`, { json: { title: "y" }, headers })).toEqual(stale);
    expect(await callWithoutToken(`DELETE ${path}`, { headers })).toEqual(stale);
    expect(
      (await callWithoutToken(`POST ${path}/upload-url`, { json: { contentType: "image/png", contentLength: 1 } }))
        .status,
    ).toBe(201);
    expect((await callWithoutToken(`PATCH ${path}`, { json: { title: "y" } })).status).toBe(200);
    expect((await callWithoutToken(`DELETE ${path}`)).status).toBe(204);
  });

  test("an event created without an organizer while tokens were off is read-only for every caller", async () => {
    const alices = await signIn("alice");
    const [id, createdAt] = [randomUUID(), "2026-03-15T18:00:00.000Z"];
    const content = { id, type: "event", status: "active" as const, title: "x" };
    const client = new DynamoDBClient({
      region: "local",
      endpoint: databaseUrl,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    const event = { ...content, createdAt, updatedAt: createdAt, version: 1, incarnation: "first" };
    await client.send(new PutItemCommand({ TableName: "events", Item: toItem(event, content, "x", 1) }));
    client.destroy();

    expect(await alices("POST /events", { json: { id, title: "x" } })).toEqual(conflict);
    for (const json of [{ title: "y" }, { organizer: "alice" }])
      expect(await alices(`PATCH /events/${id}`, { json })).toEqual(forbidden);
    expect(await alices(`DELETE /events/${id}`, { headers: { "if-match": '"first-1"' } })).toEqual(forbidden);
    const { body } = await alices(`GET /events/${id}`);
    expect(body).toEqual({ ...content, createdAt, updatedAt: createdAt, version: 1 });
  });

  /** DynamoDB acts, but the first response is lost. `beforeRetry` runs before the retry. */
  function loseAnswer(beforeRetry: () => Promise<unknown> = () => Promise.resolve()): Fault {
    return (request) => {
      if (request.attempt > 1) void request.pass();
      else
        void request
          .act()
          .then(beforeRetry)
          .then(() => request.response.destroy());
    };
  }

  test("checking the organizer takes no extra request", async () => {
    const [theirs, others] = [await signIn(), await signIn()];
    const { id, path } = await create(theirs);
    database.setFault(id, (request) => void request.pass());
    for (const call of [others, theirs])
      for (const method of ["PATCH", "DELETE"])
        await call(`${method} ${path}`, method === "PATCH" ? { json: { title: "y" } } : {});
    expect(database.attempts(id)).toBe(4);
  });

  describe("a retry after a lost response", () => {
    test("of the organizer's update recognizes its success: 200, and the version rises once", async () => {
      const theirs = await signIn();
      const { id, path, etag } = await create(theirs);
      database.setFault(id, loseAnswer());
      const changed = await theirs(`PATCH ${path}`, { json: { title: "y" }, headers: { "if-match": etag } });
      expect([changed.status, database.attempts(id), changed.body]).toEqual([
        200,
        2,
        expect.objectContaining({ title: "y", version: 2 }),
      ]);
    });

    test("of the organizer's delete recognizes its success: 204", async () => {
      const theirs = await signIn();
      const { id, path } = await create(theirs);
      database.setFault(id, loseAnswer());
      expect([(await theirs(`DELETE ${path}`)).status, database.attempts(id)]).toEqual([204, 2]);
    });

    test("of a create recognizes its success: 201", async () => {
      const theirs = await signIn();
      const id = randomUUID();
      database.setFault(id, loseAnswer());
      expect([(await theirs("POST /events", { json: { id, title: "x" } })).status, database.attempts(id)]).toEqual([
        201, 2,
      ]);
    });

    test.each(["PATCH", "DELETE"])("of another caller's %s finds the event unchanged: 403", async (method) => {
      const theirs = await signIn();
      const stored = await create(theirs);
      database.setFault(stored.id, loseAnswer());
      const answer = await (
        await signIn()
      )(`${method} ${stored.path}`, method === "PATCH" ? { json: { title: "y" } } : {});
      expect([answer, database.attempts(stored.id)]).toEqual([forbidden, 2]);
      database.clearFault(stored.id);
      await expectUnchanged(stored, theirs);
    });

    test("of a delete leaves alone an event that another caller has recreated: 403", async () => {
      const [theirs, others] = [await signIn(), await signIn()];
      const { id, path } = await create(theirs);
      database.setFault(
        id,
        loseAnswer(() => others("POST /events", { json: { id, title: "new" } })),
      );
      expect(await theirs(`DELETE ${path}`)).toEqual(forbidden);
      expect((await theirs(`GET ${path}`)).body).toMatchObject({ title: "new", version: 1 });
    });
  });

  test("a late update leaves alone an event that another caller has recreated: 403", async () => {
    const [theirs, others] = [await signIn(), await signIn()];
    const { id, path } = await create(theirs);
    database.setFault(id, (request) => {
      if (request.attempt > 1) void request.pass();
      else
        void theirs(`DELETE ${path}`)
          .then(() => others("POST /events", { json: { id, title: "new" } }))
          .then(() => request.pass());
    });
    expect(await theirs(`PATCH ${path}`, { json: { title: "late" } })).toEqual(forbidden);
    expect((await theirs(`GET ${path}`)).body).toMatchObject({ title: "new", version: 1 });
  });
});
