import { randomUUID } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  noTokens,
  problem,
  startApi,
  startLocalApi,
  startApiWithTokens,
  target,
  type Answer,
  type Call,
} from "../../infra/testing/api.ts";
import { toCursor } from "./cursor.ts";

const { call, sub } = await startApi();
const { alice, bob } = await startApiWithTokens();
const { call: callLocal, database } = await startLocalApi();
const { call: callEmpty } = await startLocalApi();

/** With tokens on, the organizer is the caller, in all of these tests and their earlier runs. */
const oneOrganizer = "with tokens on the organizer cannot be chosen";

type Filters = Partial<Record<"status" | "organizer" | "type", string>>;

interface Listed {
  id: string;
  type: string;
  status: string;
  organizer?: string;
  createdAt: string;
}

interface Page {
  events: Listed[];
  next?: string;
}

const run = randomUUID();

async function create(event: object, as = call): Promise<Listed> {
  const { status, body } = await as("POST /events", { json: { title: "x", ...event } });
  expect(status).toBe(201);
  return body as Listed;
}

async function list(query: Record<string, string | number>): Promise<Page> {
  const answer = await call(`GET /events?${new URLSearchParams(query as Record<string, string>).toString()}`);
  expect(answer).toEqual({
    status: 200,
    headers: expect.objectContaining({ "content-type": "application/json" }) as object,
    body: answer.body,
  });
  return answer.body as Page;
}

/** All pages of a list, or those down to a time, because a deployed table also holds other events. */
async function pagesOf(filters: Filters, limit: number, since = ""): Promise<Page[]> {
  const pages = [await list({ ...filters, limit })];
  for (
    let last = pages[0];
    last?.next !== undefined && !last.events.some(({ createdAt }) => createdAt < since);
    last = pages.at(-1)
  ) {
    expect(pages.length).toBeLessThan(1000);
    pages.push(await list({ ...filters, limit, cursor: last.next }));
  }
  return pages;
}

/** Immediately, or with retries for a deployed table, whose indexes lag behind. */
async function expectSoon(check: () => Promise<void>): Promise<void> {
  await (target === "deployed" ? vi.waitFor(check, { timeout: 300_000, interval: 500 }) : check());
}

function matches(event: Listed, filters: Filters): boolean {
  return Object.entries(filters).every(([name, value]) => event[name as keyof Filters] === value);
}

/** The expected list: newest first, and within a millisecond the greatest id first. */
function model(events: Listed[], filters: Filters): Listed[] {
  const key = ({ createdAt, id }: Listed) => `${createdAt} ${id}`;
  return events.filter((event) => matches(event, filters)).sort((one, other) => (key(one) < key(other) ? 1 : -1));
}

function idsOf(events: { id: string }[]): string[] {
  return events.map(({ id }) => id);
}

function invalid(...errors: [parameter: string, detail: string][]): Answer {
  return problem(
    400,
    "invalid-request",
    "Invalid request",
    "The query breaks the rules listed in errors.",
    errors.map(([parameter, detail]) => ({ parameter, detail })),
  );
}

test("lists events as created, newest first, without their payload", async () => {
  const [organizer, type, status] = [sub ?? `Full ${run}`, `full-${run}`, "published"];
  const full = {
    title: "Workshop 2024",
    description: "Hands-on coding workshop",
    date: "2024-12-20",
    location: "Online",
    capacity: 100,
  };
  const first = await create({ ...full, organizer, type, status, id: `${type}-1`, payload: { key: "value" } });
  const second = await create({ organizer, type, status, id: `${type}-2` });
  const listed = [second, { ...first, payload: undefined }];
  await expectSoon(async () => {
    for (const filters of [{ type }, { type, status }]) expect(await list(filters)).toEqual({ events: listed });
    for (const filters of [
      {},
      { status },
      { organizer },
      { organizer, status },
      { organizer, type },
      { organizer, type, status },
    ]) {
      const newest = (await pagesOf(filters, 100, first.createdAt)).flatMap((page) => page.events);
      expect(newest.filter((event) => event.type === type)).toEqual(listed);
    }
  });
});

describe("an event that changes", () => {
  const move = async ({ id }: Listed, change: Filters) => (await call(`PATCH /events/${id}`, { json: change })).status;

  test("moves to its new lists at its old position, and a deleted one disappears", async () => {
    const type = `moving-${run}`;
    const [first, second, third] = [
      await create({ type, id: `${type}-1` }),
      await create({ type, id: `${type}-2` }),
      await create({ type, id: `${type}-3` }),
    ];

    expect(await move(second, { status: "draft" })).toBe(200);
    await expectSoon(async () => {
      expect(idsOf((await list({ type })).events)).toEqual([third.id, second.id, first.id]);
      expect(idsOf((await list({ type, status: "active" })).events)).toEqual([third.id, first.id]);
      expect((await list({ type, status: "draft" })).events).toEqual([
        expect.objectContaining({ id: second.id, status: "draft", version: 2 }),
      ]);
    });

    expect([await move(second, { type: `${type}-on` }), (await call(`DELETE /events/${third.id}`)).status]).toEqual([
      200, 204,
    ]);
    await expectSoon(async () => {
      expect(idsOf((await list({ type })).events)).toEqual([first.id]);
      expect(idsOf((await list({ type: `${type}-on` })).events)).toEqual([second.id]);
    });
  });

  test("moves to the list of its new organizer", async ({ skip }) => {
    skip(sub !== undefined, oneOrganizer);
    const [organizer, other] = [`Moving ${run}`, `Moving ${run} on`];
    const [first, second, third] = [
      await create({ organizer }),
      await create({ organizer }),
      await create({ organizer }),
    ];

    expect(await move(second, { organizer: other })).toBe(200);
    await expectSoon(async () => {
      expect((await list({ organizer })).events).toEqual(model([first, third], {}));
      expect(idsOf((await list({ organizer: other })).events)).toEqual([second.id]);
    });
  });
});

test("returns an empty list if no event matches", async () => {
  expect(await list({ organizer: `Eve ${run}` })).toEqual({ events: [] });
});

describe("filters", () => {
  const values = {
    status: [undefined, "draft"],
    organizer: [undefined, ...(sub === undefined ? [`Ann ${run}`, `Bob ${run}`] : [sub]), `Eve ${run}`],
    type: [undefined, `talk-${run}`, `walk-${run}`],
  };
  const combinations = values.status.flatMap((status) =>
    values.organizer.flatMap((organizer) =>
      values.type.map((type) => JSON.parse(JSON.stringify({ status, organizer, type })) as Filters),
    ),
  );
  const events: Listed[] = [];

  beforeAll(async () => {
    const contents = ["draft", "published", "cancelled", "completed", "active"].flatMap((status) =>
      [sub ?? `Ann ${run}`, sub ?? `Bob ${run}`, undefined].flatMap((organizer) =>
        [`talk-${run}`, `walk-${run}`].map((type) => ({ status, organizer, type })),
      ),
    );
    events.push(...(await Promise.all([...contents, ...contents].map((content) => create(content)))));
  });

  test.each(combinations)(
    "%j: each matching event is on exactly one page, in order, and with at most one filter pages are full",
    async (filters) => {
      const since = model(events, {}).at(-1)?.createdAt;
      const ours = new Set(idsOf(events));
      await expectSoon(async () => {
        const pages = await pagesOf(filters, 4, since);
        const listed = pages.flatMap((page) => page.events);
        expect(idsOf(listed.filter(({ id }) => ours.has(id)))).toEqual(idsOf(model(events, filters)));
        expect(listed.every((event) => matches(event, filters))).toBe(true);
        const short = pages.slice(0, -1).filter((page) => page.events.length < 4);
        if (Object.keys(filters).length <= 1) expect(short).toEqual([]);
      });
    },
  );
});

describe("a limit", () => {
  const type = `limit-${run}`;
  const events: Listed[] = [];

  beforeAll(async () => {
    events.push(...(await Promise.all(Array.from({ length: 5 }, () => create({ type })))));
  });

  test.each([
    [1, [1, 1, 1, 1, 1]],
    [2, [2, 2, 1]],
    [4, [4, 1]],
    [5, [5]],
    [6, [5]],
    [100, [5]],
  ])("of %i splits 5 events into pages of %j, and only the last has no next", async (limit, sizes) => {
    await expectSoon(async () => {
      for (const filters of [{ type }, { type, status: "active" }]) {
        const pages = await pagesOf(filters, limit);
        expect(pages.map((page) => page.events.length)).toEqual(sizes);
        expect(pages.flatMap((page) => idsOf(page.events))).toEqual(idsOf(model(events, {})));
      }
    });
  });

  test("defaults to 20", async () => {
    const many = `many-${run}`;
    await Promise.all(Array.from({ length: 21 }, () => create({ type: many })));
    await expectSoon(async () => {
      const { events: listed, next } = await list({ type: many });
      expect(listed.length).toBe(20);
      expect((await list({ type: many, cursor: next ?? "" })).events.length).toBe(1);
      for (const route of ["GET /events", "GET /events?", "GET /events?&", "GET /events?&&"])
        expect((await call(route)).body).toMatchObject({ events: { length: 20 } });
    });
  });

  test.each(["limit=2&", "&limit=2", "limit=2&&type=TYPE", "&&type=TYPE&limit=2&&"])(
    "counts in a query with an empty pair, which is no parameter: ?%s",
    async (query) => {
      expect(await call(`GET /events?${query.replace("TYPE", type)}`)).toMatchObject({
        status: 200,
        body: { events: { length: 2 } },
      });
    },
  );
});

describe("a cursor", () => {
  const [type, status] = [`cursor-${run}`, "active"];
  const events: Listed[] = [];
  let next = "";
  const refused = invalid(["cursor", "must be the next of a response with the same filters"]);
  const withCursor = (cursor: string, filters: Filters = { type }) =>
    call(`GET /events?${new URLSearchParams({ ...filters, cursor }).toString()}`);

  beforeAll(async () => {
    events.push(...(await Promise.all(Array.from({ length: 5 }, () => create({ type })))));
    await expectSoon(async () => {
      expect((await list({ type })).events.length).toBe(5);
    });
    next = (await list({ type, limit: 2 })).next ?? "";
  });

  test("works with another limit and anywhere in the query", async () => {
    const answer = await call(`GET /events?cursor=${next}&limit=100&type=${type}`);
    expect(idsOf((answer.body as Page).events)).toEqual(idsOf(model(events, {}).slice(2)));
  });

  test("continues at its position, whatever has been created since", async () => {
    await create({ type, status: "draft" });
    expect(idsOf((await list({ type, cursor: next })).events)).toEqual(idsOf(model(events, {}).slice(2)));
  });

  test("with several filters works with them in any order", async () => {
    const { next: cursor = "" } = await list({ type, status, limit: 2 });
    const listed = await list({ cursor, status, type });
    expect(idsOf(listed.events)).toEqual(idsOf(model(events, {}).slice(2)));
  });

  test.each<[string, Filters]>([
    ["no filter", {}],
    ["another type", { type: `none-${run}` }],
    ["an additional filter", { type, status }],
    ["the same value of another filter", { organizer: type }],
  ])("is refused with %s", async (_what, filters) => {
    expect(await withCursor(next, filters)).toEqual(refused);
  });

  test("is refused if truncated anywhere", async () => {
    const answers = await Promise.all(
      Array.from({ length: next.length }, (_, length) => withCursor(next.slice(0, length))),
    );
    for (const answer of answers) expect(answer).toEqual(refused);
  });

  test("is refused with any character changed, removed, doubled or followed by another", async () => {
    const changed = Array.from(next, (character, at) => {
      const [before, after] = [next.slice(0, at), next.slice(at + 1)];
      return [
        `${before}${character === "A" ? "B" : "A"}${after}`,
        `${before}${after}`,
        `${before}${character}.${after}`,
        `${before}${character}${character}${after}`,
      ];
    }).flat();
    const others = [...new Set(changed)].filter((cursor) => cursor !== next);
    const answers = await Promise.all(others.map((cursor) => withCursor(cursor)));
    for (const answer of answers) expect(answer).toEqual(refused);
  });

  test.each(["", " ", "null", "e30", "0", "🎈", "../..", "A".repeat(4000), randomUUID()])(
    "may not be %j",
    async (cursor) => {
      expect(await withCursor(cursor)).toEqual(refused);
    },
  );

  test.each([
    "",
    "x",
    "2026-01-01T00:00:00.000Z",
    "2026-01-01T00:00:00.000Z#",
    "2026-01-01T00:00:00Z#x",
    "2026-01-01T00:00:00.000Z#a b",
    `2026-01-01T00:00:00.000Z#${"x".repeat(2000)}`,
  ])("forged with the position %j, which no event can have, is refused", async (position) => {
    expect(await withCursor(toCursor(position, [["type", type]]))).toEqual(refused);
  });

  test("forged with a valid position only starts elsewhere in the same list", async () => {
    const start = toCursor("9999-12-31T23:59:59.999Z#~", [["type", type]]);
    const answer = await withCursor(start);
    expect((answer.body as Page).events.every((event) => event.type === type)).toBe(true);
    expect((answer.body as Page).events.length).toBeGreaterThanOrEqual(5);
    expect((await withCursor(toCursor("0000-01-01T00:00:00.000Z#0", [["type", type]]))).body).toEqual({ events: [] });
  });
});

test.for([
  "Tom, Dick and Harry",
  "Tom & Jerry",
  "100% + more",
  "a=b&status=draft",
  "C++",
  "C%2B%2B",
  "x?y#z/../.",
  "[1]",
  "Café 👩‍👩‍👧‍👦",
  "ﬀ",
  "𝒳".repeat(60),
  "\u0000",
  "\\ \" ' `",
  " in spaces ",
  "\u2028",
  "ünïcödé".normalize("NFD"),
  "__proto__",
  "constructor",
])("lists only the events of the organizer %j, with either encoding of a space", async (name, { skip }) => {
  skip(sub !== undefined, oneOrganizer);
  const organizer = `${name}${run}${name === " in spaces " ? " " : ""}`;
  const event = await create({ organizer });
  await create({ organizer: `${organizer}.` });
  await expectSoon(async () => {
    for (const query of [new URLSearchParams({ organizer }).toString(), `organizer=${encodeURIComponent(organizer)}`]) {
      expect((await call(`GET /events?${query}`)).body).toEqual({ events: [event] });
    }
  });
});

describe("the organizer me", () => {
  beforeEach(({ skip }) => {
    skip(noTokens !== undefined, noTokens);
  });

  const listAs = async (caller: Call, query: Record<string, string>) =>
    (await caller(`GET /events?${new URLSearchParams(query).toString()}`)).body as Page;

  /** Three events of each of two callers, with a type of their own. */
  async function createSix(): Promise<{ type: string; mine: Listed[]; others: Listed[] }> {
    const type = `me-${randomUUID()}`;
    const [mine = [], others = []] = await Promise.all(
      [alice, bob].map((caller) => Promise.all([1, 2, 3].map(() => create({ type }, caller.call)))),
    );
    return { type, mine, others };
  }

  test("is the caller, and any caller may list another's events by sub", async () => {
    const { type, mine, others } = await createSix();
    await expectSoon(async () => {
      for (const [caller, organizer, expected] of [
        [alice, "me", mine],
        [bob, "me", others],
        [alice, bob.sub, others],
        [bob, alice.sub, mine],
      ] as const) {
        expect((await listAs(caller.call, { organizer, type })).events).toEqual(model(expected, {}));
        expect((await listAs(caller.call, { organizer, type, status: "active" })).events).toEqual(model(expected, {}));
        const { events } = await listAs(caller.call, { organizer, limit: "100" });
        expect(new Set(events.map((event) => event.organizer))).toEqual(new Set([expected[0]?.organizer]));
      }
      expect((await listAs(alice.call, { type })).events).toEqual(model([...mine, ...others], {}));
    });
  });

  test("has a cursor that works only in the caller's list, under either name", async () => {
    const { type, mine } = await createSix();
    await expectSoon(async () => {
      expect((await listAs(alice.call, { organizer: "me", type })).events.length).toBe(3);
    });
    const { next: cursor = "" } = await listAs(alice.call, { organizer: "me", type, limit: "2" });
    for (const organizer of ["me", alice.sub]) {
      expect(idsOf((await listAs(alice.call, { organizer, type, cursor })).events)).toEqual(
        idsOf(model(mine, {}).slice(2)),
      );
    }
    const query = new URLSearchParams({ organizer: "me", type, cursor }).toString();
    expect(await bob.call(`GET /events?${query}`)).toEqual(
      invalid(["cursor", "must be the next of a response with the same filters"]),
    );
  });

  test.each(["Me", "ME", "me+", "%20me"])("is not %s, which is an ordinary name", async (name) => {
    expect((await alice.call(`GET /events?organizer=${name}`)).body).toEqual({ events: [] });
  });

  test("may be given only once", async () => {
    expect(await alice.call("GET /events?organizer=me&organizer=me")).toEqual(
      invalid(["organizer", "must be given only once"]),
    );
  });

  test("is refused if tokens are off: 400", async ({ skip }) => {
    skip(sub !== undefined, "tokens are on");
    expect(await call("GET /events?organizer=me")).toEqual(
      invalid(["organizer", "must not be me: tokens are off, so there is no caller"]),
    );
  });

  test("has no special meaning as a type", async () => {
    const { id } = await create({ type: "me" });
    await expectSoon(async () => {
      const { events } = await list({ type: "me" });
      expect([events[0]?.id, new Set(events.map(({ type }) => type))]).toEqual([id, new Set(["me"])]);
    });
  });
});

describe("with a local database", () => {
  beforeEach(({ skip }) => {
    skip(target === "deployed", "tests can neither delay a deployed database nor count its requests");
  });

  test("a list of all events ends with the last one, whatever the statuses", async () => {
    const page = async (query: string) => {
      const { events, next } = (await callEmpty(`GET /events?${query}`)).body as Page;
      return { ids: idsOf(events), next };
    };
    expect(await page("limit=3")).toEqual({ ids: [], next: undefined });
    const [first, second, third] = [
      await create({}, callEmpty),
      await create({ status: "draft" }, callEmpty),
      await create({ status: "draft" }, callEmpty),
    ];
    expect(await page("limit=3")).toEqual({ ids: [third.id, second.id, first.id], next: undefined });
    const { ids, next } = await page("limit=2");
    expect(ids).toEqual([third.id, second.id]);
    expect(await page(`limit=2&cursor=${next ?? ""}`)).toEqual({ ids: [first.id], next: undefined });
  });

  test("an event whose status changes during the query is listed once, and the list continues after it", async () => {
    const [oldest, older, newer] = [
      await create({ status: "draft" }, callLocal),
      await create({ status: "draft" }, callLocal),
      await create({ status: "draft" }, callLocal),
    ];
    const isDraftRead = new Promise<void>((resolve) => {
      database.setFault("0#draft", (asked) => void asked.pass().then(resolve));
    });
    database.setFault("0#published", (asked) => {
      void isDraftRead
        .then(() => {
          database.clearFault("0#published");
        })
        .then(() => callLocal(`PATCH /events/${newer.id}`, { json: { status: "published" } }))
        .then(() => asked.pass());
    });
    const first = (await callLocal("GET /events?limit=2")).body as Page;
    database.clearFault("0#draft");
    expect(idsOf(first.events)).toEqual([newer.id, older.id]);
    expect((await callLocal(`GET /events?limit=1&cursor=${first.next ?? ""}`)).body).toMatchObject({
      events: [oldest],
    });
  });

  test("a page with several filters ends early if the database is slow, and the next one continues", async ({
    onTestFinished,
  }) => {
    const [organizer, type] = [randomUUID(), randomUUID()];
    const matching = await create({ organizer, type }, callLocal);
    for (let n = 1; n <= 5; n++) await create({ organizer }, callLocal);
    const query = `organizer=${organizer}&type=${type}&limit=1`;
    const now = vi.spyOn(Date, "now").mockReturnValue(Date.now());
    onTestFinished(() => {
      now.mockRestore();
    });
    database.setFault(organizer, (asked) => {
      now.mockReturnValue(Date.now() + 1_100);
      void asked.pass();
    });
    const slow = (await callLocal(`GET /events?${query}`)).body as Page;
    expect([slow, database.attempts(organizer)]).toEqual([{ events: [], next: expect.any(String) as string }, 1]);
    database.clearFault(organizer);
    expect((await callLocal(`GET /events?${query}&cursor=${slow.next ?? ""}`)).body).toMatchObject({
      events: [matching],
    });
  });

  // Simulates a table with thousands of events; infra/verification/table/list-events.test.ts has a real one.
  test("a page with several filters reads at most 1,000 events", async ({ onTestFinished }) => {
    const now = vi.spyOn(Date, "now").mockReturnValue(Date.now()); // a slow machine would end it early
    onTestFinished(() => {
      now.mockRestore();
    });
    const organizer = randomUUID();
    const limits: number[] = [];
    database.setFault(organizer, ({ input, response }) => {
      const { Limit: limit } = input as { Limit: number };
      limits.push(limit);
      const last = { position: { S: `2026-01-01T00:00:00.000Z#${limits.length}` } };
      response.end(JSON.stringify({ Items: [], ScannedCount: limit, LastEvaluatedKey: last }));
    });
    const { body } = await callLocal(`GET /events?organizer=${organizer}&type=x&limit=2`);
    expect([body, limits]).toEqual([{ events: [], next: expect.any(String) as string }, [3, 12, 48, 192, 745]]);
  });

  test("a page with several filters reads in growing steps", async () => {
    const [organizer, type] = [randomUUID(), randomUUID()];
    const matching = [await create({ organizer, type }, callLocal), await create({ organizer, type }, callLocal)];
    for (let n = 1; n <= 11; n++) await create({ organizer }, callLocal);
    database.setFault(organizer, (asked) => void asked.pass());
    const { body } = await callLocal(`GET /events?organizer=${organizer}&type=${type}&limit=2`);
    expect([body, database.attempts(organizer)]).toEqual([{ events: matching.reverse() }, 2]); // 3 and then 12
    database.clearFault(organizer);
  });
});

describe("a query is refused", () => {
  const status = "must be one of draft, published, cancelled, completed, active";
  const limit = "must be an integer from 1 to 100";
  const cursor = "must be the next of a response with the same filters";
  const unknown = "is not a parameter: the parameters are status, organizer, type, limit, cursor";
  const repeated = "must be given only once";
  const encoding = "must be percent-encoded UTF-8, as in Caf%C3%A9";
  const blank = "must not be blank";

  test.each<[query: string, ...errors: [parameter: string, detail: string][]]>([
    ["status=archived", ["status", status]],
    ["status=Draft", ["status", status]],
    ["status=draft,published", ["status", status]],
    ["status=", ["status", status]],
    ["status", ["status", status]],
    ["organizer=", ["organizer", blank]],
    ["organizer", ["organizer", blank]],
    ["organizer=%20+%09", ["organizer", blank]],
    ["organizer=%E2%80%8B", ["organizer", blank]],
    ["type=%00%E3%85%A4", ["type", blank]],
    [`organizer=${"x".repeat(101)}`, ["organizer", "must be at most 100 characters long"]],
    ["type=", ["type", blank]],
    [`type=${"x".repeat(101)}`, ["type", "must be at most 100 characters long"]],
    ["limit=0", ["limit", limit]],
    ["limit=101", ["limit", limit]],
    ["limit=-1", ["limit", limit]],
    ["limit=+1", ["limit", limit]],
    ["limit=%201", ["limit", limit]],
    ["limit=1%0A", ["limit", limit]],
    ["limit=01", ["limit", limit]],
    ["limit=1.0", ["limit", limit]],
    ["limit=1e1", ["limit", limit]],
    ["limit=ten", ["limit", limit]],
    ["limit=", ["limit", limit]],
    ["limit=99999999999999999999", ["limit", limit]],
    ["cursor", ["cursor", cursor]],
    ["state=draft", ["state", unknown]],
    ["Status=draft", ["Status", unknown]],
    ["page=2&offset=20", ["page", unknown], ["offset", unknown]],
    [`${"x".repeat(5_000)}=1`, ["x".repeat(5_000), unknown]],
    ["__proto__=x&constructor=x", ["__proto__", unknown], ["constructor", unknown]],
    ["status%3Ddraft", ["status=draft", unknown]],
    ["=draft", ["", unknown]],
    ["=", ["", unknown]],
    ["status=draft&=", ["", unknown]],
    ["organizer=Tom%20&%20Jerry", [" Jerry", unknown]],
    ["status=draft;limit=1", ["status", status]],
    ["status=draft&status=draft", ["status", repeated]],
    ["status=draft&%73tatus=active&status=draft", ["status", repeated]],
    ["organizer=Ann&organizer=Bob", ["organizer", repeated]],
    ["limit=1&limit=2", ["limit", repeated]],
    ["limit=0&limit=2", ["limit", repeated]],
    ["limit=%zz&limit=0", ["limit", encoding]],
    ["organizer=%", ["organizer", encoding]],
    ["organizer=%4", ["organizer", encoding]],
    ["organizer=100%+more", ["organizer", encoding]],
    ["organizer=%zz", ["organizer", encoding]],
    ["organizer=%E9", ["organizer", encoding]],
    ["organizer=%C0%80", ["organizer", encoding]],
    ["organizer=%ED%A0%80", ["organizer", encoding]],
    ["%zz=1", ["%zz", encoding]],
    [
      "limit=0&state=draft&status=x&organizer=%zz&type=a&type=b&cursor=x",
      ["state", unknown],
      ["organizer", encoding],
      ["type", repeated],
      ["limit", limit],
      ["status", status],
      ["cursor", cursor],
    ],
  ])("%s", async (query, ...errors) => {
    expect(await call(`GET /events?${query}`)).toEqual(invalid(...errors));
  });

  test("with each of thousands of unknown parameters named", async () => {
    const names = Array.from({ length: 2500 }, (_, n) => n.toString(36));
    expect(await call(`GET /events?${names.join("&")}`)).toEqual(
      invalid(...names.map((name): [string, string] => [name, unknown])),
    );
  });

  test("without repeating a value that was sent", async () => {
    const canary = `canary${randomUUID()}`;
    const { status: answered, body } = await call(
      `GET /events?status=${canary}&organizer=${canary.repeat(3)}&type=%zz${canary}&limit=${canary}&cursor=${canary}`,
    );
    expect([answered, JSON.stringify(body).includes(canary)]).toEqual([400, false]);
  });
});
