import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problem, startApi, target, type Answer } from "../../infra/testing/api.ts";
import { rules } from "../_shared/event.ts";

const { call, sub } = await startApi();

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const uuidv7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The fields added to what was sent; with tokens on, the organizer, too. */
const added = {
  createdAt: expect.stringMatching(timestamp) as string,
  updatedAt: expect.stringMatching(timestamp) as string,
  version: 1,
  ...(sub !== undefined && { organizer: sub }),
};

function json(status: number, body: object, headers: object = {}): object {
  const always = { "content-type": "application/json", etag: expect.stringMatching(/^"[0-9a-f-]{36}-1"$/) as string };
  return { status, headers: expect.objectContaining({ ...always, ...headers }) as object, body };
}

function invalid(...errors: object[]): Answer {
  return problem(400, "invalid-request", "Invalid request", "The event breaks the rules listed in errors.", errors);
}

const conflict = problem(
  409,
  "conflict",
  "Conflict",
  "An event with this id was already created with different content: choose another id.",
);
const notFound = problem(404, "not-found", "Not found", "There is no event with this id.");
const tooLarge = problem(
  413,
  "too-large",
  "Too large to store",
  "The event is too large: DynamoDB stores at most 400 KB, so make the payload smaller.",
);

function unsupported(detail: string, headers: object = {}): Answer {
  const answer = problem(415, "unsupported-media-type", "Unsupported media type", detail);
  const always = { "content-type": "application/problem+json", "accept-post": "application/json" };
  return { ...answer, headers: expect.objectContaining({ ...always, ...headers }) as Answer["headers"] };
}

const notJsonType = unsupported("The body must be JSON: send Content-Type: application/json.");
const isEncoded = unsupported("The body must not be compressed: omit Content-Encoding or send identity.", {
  "accept-encoding": "identity",
});
const notJson = problem(400, "invalid-request", "Invalid request", "The body is not valid JSON.");
const notUtf8 = problem(400, "invalid-request", "Invalid request", "The body is not UTF-8.");
const empty = problem(400, "invalid-request", "Invalid request", "The body is empty: send a JSON object.");

/** Nested objects, `levels` deep. */
function nested(levels: number): string {
  return `${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`;
}

describe("a new event", () => {
  test("is returned with its defaults, location and ETag", async () => {
    const id = randomUUID();
    const answer = await call("POST /events", { json: { id, payload: { key: "value" } } });
    expect(answer).toEqual(
      json(
        201,
        { id, type: "event", status: "active", payload: { key: "value" }, ...added },
        { location: `events/${id}` },
      ),
    );
  });

  test("gets a generated id if it has none, and later ids sort after it", async () => {
    const first = await call("POST /events", { json: { title: "One" } });
    const second = await call("POST /events", { json: { title: "Two" } });
    const ids = [first, second].map(({ body }) => (body as { id: string }).id);
    expect(ids).toEqual([expect.stringMatching(uuidv7), expect.stringMatching(uuidv7)]);
    expect(ids.map((id) => id.slice(0, 13)).sort()).toEqual(ids.map((id) => id.slice(0, 13)));
  });

  test("keeps every field", async () => {
    const event = {
      id: randomUUID(),
      type: "test_event",
      title: "Workshop 2024",
      description: "Hands-on coding workshop",
      date: "2024-12-20",
      location: "Online",
      capacity: 100,
      organizer: sub ?? "Dev Community",
      status: "published",
      payload: { key: "value" },
    };
    expect(await call("POST /events", { json: event })).toEqual(json(201, { ...event, ...added }));
    expect(await call(`GET /events/${event.id}`)).toEqual(json(200, { ...event, ...added }));
  });

  test.each([
    ["application/json; charset=utf-8"],
    ["APPLICATION/JSON"],
    ["application/json ; charset=utf-8"],
    ["application/json; charset=iso-8859-1"], // arrives as base64
  ])("may be sent as %s", async (contentType) => {
    const text = JSON.stringify({ title: "Größe 🎈" });
    const answer = await call("POST /events", { text, headers: { "content-type": contentType } });
    expect(answer).toEqual(
      json(201, {
        id: expect.stringMatching(uuidv7) as string,
        type: "event",
        title: "Größe 🎈",
        status: "active",
        ...added,
      }),
    );
  });

  test.each([
    ["application/json"],
    ["application/json; charset=utf-16"], // arrives as base64
  ])("may start with a byte order mark, as %s", async (contentType) => {
    const answer = await call("POST /events", {
      text: '\ufeff{"title":"x"}',
      headers: { "content-type": contentType },
    });
    expect(answer).toEqual(json(201, expect.objectContaining({ title: "x" }) as object));
  });

  test.each(["identity", "Identity", ",identity , identity", ""])(
    "may be sent with Content-Encoding %j",
    async (encoding) => {
      const answer = await call("POST /events", { json: { title: "x" }, headers: { "content-encoding": encoding } });
      expect(answer).toEqual(json(201, expect.objectContaining({ title: "x" }) as object));
    },
  );

  test("takes the last of duplicate keys, like JSON.parse", async () => {
    const text = '{"title": "first", "title": "last"}';
    const answer = await call("POST /events", { text, headers: { "content-type": "application/json" } });
    expect(answer).toEqual(json(201, expect.objectContaining({ title: "last" }) as object));
  });
});

describe("repeated with the same id", () => {
  test("and content: 200 with the stored event, in any order of keys", async () => {
    const id = randomUUID();
    const first = await call("POST /events", { json: { id, title: "Same", payload: { a: 1, b: [{ c: 2, d: 3 }] } } });
    const second = await call("POST /events", {
      json: { payload: { b: [{ d: 3, c: 2 }], a: 1 }, status: "active", title: "Same", id },
    });
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
    expect(second.headers["etag"]).toEqual(first.headers["etag"]);
    expect(second.headers).not.toHaveProperty("location");
  });

  test.each([
    ["another title", { title: "Other" }],
    ["an additional field", { title: "Same", location: "Here" }],
    ["a value other than the default", { title: "Same", status: "draft" }],
    ["a payload that differs in the order of a list", { title: "Same", payload: { list: [2, 1] } }],
    [
      "a payload with a key __proto__",
      { title: "Same", payload: JSON.parse('{"list":[1,2],"__proto__":{}}') as object },
    ],
  ])("and %s: 409, and the first event stays", async (_what, content) => {
    const id = randomUUID();
    const stored = { id, title: "Same", payload: { list: [1, 2] } };
    await call("POST /events", { json: stored });
    expect(await call("POST /events", { json: { id, ...content } })).toEqual(conflict);
    expect(await call(`GET /events/${id}`)).toEqual(
      json(200, { ...stored, type: "event", status: "active", ...added }),
    );
  });

  test("200 times concurrently with different content: one 201, 199 times 409", async () => {
    const id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => call("POST /events", { json: { id, payload: { n } } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(199).fill(409)]);
    const winner = answers.find(({ status }) => status === 201);
    expect((await call(`GET /events/${id}`)).body).toEqual(winner?.body);
  });

  test("200 times concurrently with the same content: one 201, 199 times 200, all bodies equal", async () => {
    const id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => call("POST /events", { json: { id, payload: { key: "value" } } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(199).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });
});

describe("a payload round-trips", () => {
  const texts = [
    "{}",
    '{"":""}',
    '{"a":[],"b":{},"c":[[]],"d":null,"e":false}',
    '{"n":[1e300,5e-324,-1.5,0.1,1E2]}',
    '{"n":[9007199254740993,123456789012345678901234567890,-9223372036854775808]}',
    '{"__proto__":{"a":1},"constructor":{"prototype":1},"toString":"x","hasOwnProperty":0}',
    '{"emoji":"👩‍👩‍👧‍👦","nul":"\\u0000","half":"\\ud800","line":"\\u2028\\r\\n","🎈":1}',
    '{"2":"b","1":"a","z":1,"a":2}',
    nested(200),
  ];

  test.each(texts)("%j", async (text) => {
    const id = randomUUID();
    const sent = { text: `{"id":"${id}","payload":${text}}`, headers: { "content-type": "application/json" } };
    const created = await call("POST /events", sent);
    const stored = await call(`GET /events/${id}`);
    expect([created.status, stored.status]).toEqual([201, 200]);
    for (const { body } of [created, stored]) {
      expect(JSON.stringify((body as { payload: unknown }).payload)).toBe(JSON.stringify(JSON.parse(text)));
    }
  });

  /** Any well-formed character; fast-check's "binary" first lists them all, which takes a second. */
  const character = fc
    .integer({ min: 0, max: 0x10f7ff })
    .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

  test("with any content", async () => {
    const payloads = fc.dictionary(
      fc.oneof(fc.string({ unit: character }), fc.constantFrom("__proto__", "")),
      fc.jsonValue({ stringUnit: character }),
    );
    const check = async (payload: object) => {
      const text = JSON.stringify(payload);
      const created = await call("POST /events", { json: { payload } });
      const { id } = created.body as { id: string };
      const { body } = await call(`GET /events/${id}`);
      expect(JSON.stringify((body as { payload: unknown }).payload)).toBe(text);
    };
    await fc.assert(fc.asyncProperty(payloads, check), { numRuns: target === "deployed" ? 30 : 300 });
  });

  test("up to 400 KB; a larger one is refused and not stored", async () => {
    const sent = (length: number, more: object = {}) => ({
      id: randomUUID(),
      ...more,
      payload: { text: "x".repeat(length) },
    });
    const largest = sent(400_000);
    expect(await call("POST /events", { json: largest })).toEqual(
      json(201, expect.objectContaining({ payload: largest.payload }) as object),
    );
    for (const larger of [sent(409_600), sent(409_000, { description: "x".repeat(1000) })]) {
      expect(await call("POST /events", { json: larger })).toEqual(tooLarge);
      expect(await call(`GET /events/${larger.id}`)).toEqual(notFound);
    }
  });
});

describe("a date", () => {
  test.each([
    "2026-03-15",
    "2024-02-29",
    "2000-02-29",
    "0000-02-29",
    "9999-12-31",
    "2026-03-15T18:00:00Z",
    "2026-03-15t18:00:00z",
    "2026-03-15T18:00:00.123456789+08:00",
    "2026-03-15T23:59:59-23:59",
    "2026-03-15T00:00:00-00:00",
    "0001-01-01T00:00:00Z",
    "1990-12-31T23:59:60Z",
    "1990-12-31T15:59:60-08:00",
    "2017-01-01T08:59:60+09:00",
    "2015-06-30T23:59:60Z",
    "2015-07-01T05:29:60+05:30",
  ])("may be %s", async (date) => {
    expect(await call("POST /events", { json: { title: "x", date } })).toEqual(
      json(201, expect.objectContaining({ date }) as object),
    );
  });

  test.each([
    "",
    "today",
    "2026",
    "2026-03",
    "2026-3-15",
    "20260315",
    "2026-00-15",
    "2026-13-15",
    "2026-03-00",
    "2026-03-32",
    "2026-02-30",
    "2026-04-31",
    "2023-02-29",
    "1900-02-29",
    "-2026-03-15",
    "12026-03-15",
    "2026-03-15 ",
    " 2026-03-15",
    "2026-03-15\n",
    "2026-03-15T18:00:00",
    "2026-03-15T18:00Z",
    "2026-03-15T18Z",
    "2026-03-15 18:00:00Z",
    "2026-03-15 T18:00:00Z",
    "2026-03-15T24:00:00Z",
    "2026-03-15T18:60:00Z",
    "2026-03-15T18:00:61Z",
    "2026-03-15T18:00:60Z",
    "1990-12-31T23:59:61Z",
    "2026-12-31T22:59:60Z",
    "2026-12-30T23:59:60Z",
    "2026-03-31T23:59:60Z",
    "2017-01-01T08:59:60+08:00",
    "2026-03-15T18:00:00.Z",
    "2026-03-15T18:00:00,5Z",
    "2026-03-15T18:00:00.1234567890Z",
    "2026-03-15T18:00:00+08",
    "2026-03-15T18:00:00+0800",
    "2026-03-15T18:00:00+24:00",
    "2026-03-15T18:00:00+08:60",
    "2026-03-15T18:00:00Zulu",
    "２０２６-03-15",
    20260315,
    null,
    true,
    {},
    ["2026-03-15"],
  ])("may not be %j", async (date) => {
    const detail = "must be a valid date (2026-03-15) or date-time with Z or an offset (2026-03-15T18:00:00+08:00)";
    expect(await call("POST /events", { json: { title: "x", date } })).toEqual(invalid({ pointer: "/date", detail }));
  });
});

describe("a field", () => {
  const maxLengths = {
    type: 100,
    title: 200,
    description: 1000,
    location: 200,
    ...(sub === undefined && { organizer: 100 }),
  };

  describe.each(Object.entries(maxLengths))("%s", (field, length) => {
    test.each([
      ["of the maximum length in characters, not UTF-16 units", "🎈".repeat(length)],
      ["of one character", "x"],
      ["with surrounding spaces", " x "],
    ])("may be text %s", async (_what, value) => {
      const answer = await call("POST /events", { json: { payload: {}, [field]: value } });
      expect(answer).toEqual(json(201, expect.objectContaining({ [field]: value }) as object));
    });

    test.each([
      ["empty", "", "must not be blank"],
      ["blank", " \t\n\u00a0\u3000\ufeff", "must not be blank"],
      ["of invisible characters", "\u200b\u3164\u2800", "must not be blank"],
      ["too long by one", "x".repeat(length + 1), `must be at most ${length} characters long`],
      ["too long by one emoji", "🎈".repeat(length + 1), `must be at most ${length} characters long`],
      ["a lone surrogate", "x\ud83c", "must be well-formed Unicode: it contains a lone surrogate"],
      ["a number", 1, `must be a string of 1 to ${length} characters`],
      ["true", true, `must be a string of 1 to ${length} characters`],
      ["null", null, `must be a string of 1 to ${length} characters`],
      ["a list", ["x"], `must be a string of 1 to ${length} characters`],
      ["an object", {}, `must be a string of 1 to ${length} characters`],
    ])("may not be %s", async (_what, value, detail) => {
      const id = randomUUID();
      expect(await call("POST /events", { json: { id, payload: {}, [field]: value } })).toEqual(
        invalid({ pointer: `/${field}`, detail }),
      );
      expect(await call(`GET /events/${id}`)).toEqual(notFound);
    });
  });

  test.each([[1], [100_000], [5e2]])("capacity may be %j", async (capacity) => {
    expect(await call("POST /events", { json: { title: "x", capacity } })).toEqual(
      json(201, expect.objectContaining({ capacity }) as object),
    );
  });

  test.each([[0], [-1], [100_001], [1.5], ["1"], [null], [true], [{}], [[1]]])(
    "capacity may not be %j",
    async (capacity) => {
      const error = { pointer: "/capacity", detail: "must be an integer from 1 to 100000" };
      expect(await call("POST /events", { json: { title: "x", capacity } })).toEqual(invalid(error));
    },
  );

  test.each(["draft", "published", "cancelled", "completed", "active"])("status may be %s", async (status) => {
    expect(await call("POST /events", { json: { title: "x", status } })).toEqual(
      json(201, expect.objectContaining({ status }) as object),
    );
  });

  test.each(["", "Active", "deleted", "toString", null, 1, ["active"]])("status may not be %j", async (status) => {
    const error = { pointer: "/status", detail: "must be one of draft, published, cancelled, completed, active" };
    expect(await call("POST /events", { json: { title: "x", status } })).toEqual(invalid(error));
  });

  test.each(["a", "A.b_c~d-9", "...", ".a", "-", "0".repeat(128)])("id may be %s", async (id) => {
    const content = { id, payload: { run: randomUUID() } };
    const answer = await call("POST /events", {
      json: target === "deployed" ? { ...content, id: `${randomUUID()}${id}`.slice(-128) } : content,
    });
    expect(answer).toEqual(json(201, expect.objectContaining({ payload: content.payload }) as object));
  });

  test.each(["", ".", "..", "a/b", "a b", "ä", "a%20b", "a\n", "a?b", "0".repeat(129), 123, null, ["a"], {}])(
    "id may not be %j",
    async (id) => {
      const error = { pointer: "/id", detail: "must be 1 to 128 characters from A-Z a-z 0-9 . _ ~ -, but not . or .." };
      expect(await call("POST /events", { json: { id, title: "x" } })).toEqual(invalid(error));
    },
  );

  test.each([[null], ["text"], [1], [true], [[]], [[{}]]])("payload may not be %j", async (payload) => {
    expect(await call("POST /events", { json: { payload } })).toEqual(
      invalid({ pointer: "/payload", detail: "must be a JSON object" }),
    );
  });

  test.each([
    ["201 levels of objects", nested(201)],
    ["100,000 levels of objects", nested(100_000)],
    ["100,000 levels of lists", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
  ])("payload may not have %s", async (_what, payload) => {
    const answer = await call("POST /events", {
      text: `{"payload":${payload}}`,
      headers: { "content-type": "application/json" },
    });
    expect(answer).toEqual(invalid({ pointer: "/payload", detail: "must be at most 200 levels deep" }));
  });

  test.each(["createdAt", "updatedAt", "version", "image", "rejectedImage"])("%s is read-only", async (field) => {
    const error = { pointer: `/${field}`, detail: "is read-only: omit it" };
    expect(await call("POST /events", { json: { title: "x", [field]: 1 } })).toEqual(invalid(error));
  });
});

describe("a title", () => {
  test.each([
    ["a letter", "x"],
    ["a hyphen", "-"],
    ["a digit", "0"],
    ["a letter between spaces", "\u3000x\u00a0"],
    ["a letter after a zero-width space", "\u200bx"],
    ["a letter after a NUL", "\0x"],
    ["Chinese", "北京"],
    ["Korean", "한글"],
    ["a Hangul letter next to an invisible one in Unicode", "\u314e"],
    ["Hindi with a joiner", "\u0915\u094d\u200d\u0937"],
    ["an accent put on its letter", "e\u0301"],
    ["an accent alone", "\u0301"],
    ["an accent on a no-break space", "\u00a0\u0301"],
    ["a Hebrew name", "מרים כהן"],
    ["a Hebrew name after a right-to-left mark", "\u200fמרים"],
    ["an Arabic name", "محمد علي"],
    ["an Arabic name in an embedding", "\u202bمحمد\u202c"],
    ["an Arabic name in an isolate", "\u2067ليلى\u2069"],
    ["Persian with a non-joiner", "می\u200cخواهم"],
    ["the Arabic end of a verse, a visible format character", "\u06dd"],
    ["an emoji", "🎈"],
    ["a heart with its variation selector", "\u2764\ufe0f"],
    ["a family of joined emoji", "👩\u200d👩\u200d👧\u200d👦"],
    ["a thumb with a skin tone", "👍🏽"],
    ["a flag of two letters", "🇩🇪"],
    ["the flag of England, which ends in invisible tags", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"],
    ["a keycap", "1\ufe0f\u20e3"],
    ["Braille with a dot", "\u2801"],
    ["a private-use character", "\uf8ff"],
    ["an unassigned character", "\u0378"],
  ])("may be %s", async (_what, title) => {
    expect(await call("POST /events", { json: { title } })).toEqual(
      json(201, expect.objectContaining({ title }) as object),
    );
  });

  test.each([
    ["a no-break space", "\u00a0"],
    ["an Ogham space", "\u1680"],
    ["an em space", "\u2003"],
    ["a line separator", "\u2028"],
    ["an ideographic space", "\u3000"],
    ["a NUL", "\0"],
    ["a bell", "\u0007"],
    ["an escape", "\u001b"],
    ["a delete", "\u007f"],
    ["a next line", "\u0085"],
    ["a control of the second set", "\u009f"],
    ["a soft hyphen", "\u00ad"],
    ["a grapheme joiner", "\u034f"],
    ["an Arabic letter mark", "\u061c"],
    ["a Hangul filler", "\u3164"],
    ["a leading Hangul filler", "\u115f"],
    ["a half-width Hangul filler", "\uffa0"],
    ["an inherent vowel of Khmer", "\u17b4"],
    ["a Mongolian vowel separator", "\u180e"],
    ["a zero-width space", "\u200b"],
    ["a zero-width non-joiner", "\u200c"],
    ["a zero-width joiner", "\u200d"],
    ["a right-to-left mark", "\u200f"],
    ["a right-to-left override", "\u202e"],
    ["an empty isolate", "\u2067\u2069"],
    ["a word joiner", "\u2060"],
    ["an invisible plus", "\u2064"],
    ["a blank Braille pattern", "\u2800"],
    ["a variation selector", "\ufe0f"],
    ["a supplementary variation selector", "\u{e0100}"],
    ["a byte order mark", "\ufeff"],
    ["an invisible musical beam", "\u{1d173}"],
    ["the tags of a flag without the flag", "\u{e0067}\u{e0062}\u{e007f}"],
    ["a mix of them", " \t\u200b\u2800\ufe0f\u00ad\0\u3164\u2060\n"],
    ["a thousand of them", "\u200b".repeat(1000)],
  ])("without a visible character is blank: %s", async (_what, title) => {
    expect(await call("POST /events", { json: { title } })).toEqual(
      invalid({ pointer: "/title", detail: "must not be blank" }),
    );
  });
});

describe("unknown fields", () => {
  const detail = `is not a field of an event: the fields are ${Object.keys(rules).join(", ")}`;

  test.each([
    ["Title", "/Title"],
    ["", "/"],
    ["a/b~c", "/a~1b~0c"],
    ["__proto__", "/__proto__"],
    ["constructor", "/constructor"],
    ["\ud800", "/\ud800"],
    ["x".repeat(100), `/${"x".repeat(100)}`],
    ["🎈".repeat(100), `/${"🎈".repeat(100)}`],
  ])("such as %j are refused", async (name, pointer) => {
    const text = `{"title":"x",${JSON.stringify(name)}:1}`;
    const answer = await call("POST /events", { text, headers: { "content-type": "application/json" } });
    expect(answer).toEqual(invalid({ pointer, detail }));
  });

  const beginning = (text: string) => ({
    pointer: "",
    detail: detail.replace("is not a field of an event", `has an unknown field that begins with ${text}`),
  });

  test.each([
    ["101 characters", "x".repeat(101), `"${"x".repeat(100)}"`],
    ["400,000 characters", `titel${"x".repeat(400_000)}`, `"titel${"x".repeat(95)}"`],
    ["a letter and 100 emoji", `x${"🎈".repeat(100)}`, `"x${"🎈".repeat(99)}"`],
    ["quotes and the like", `"/~\n${"x".repeat(100)}`, `"\\"/~\\n${"x".repeat(96)}"`],
  ])("with a long name, such as %s, are truncated", async (_what, name, shown) => {
    expect(await call("POST /events", { json: { title: "x", [name]: 1 } })).toEqual(invalid(beginning(shown)));
  });

  test.each([
    [21, "has 1 more unknown field"],
    [30, "has 10 more unknown fields"],
  ])("are only counted from the 21st on, to bound the response: %i", async (count, more) => {
    const many = Object.fromEntries(Array.from({ length: count }, (_, n) => [`field${n}`, 1]));
    const shown = Array.from({ length: 20 }, (_, n) => ({ pointer: `/field${n}`, detail }));
    expect(await call("POST /events", { json: { title: "x", ...many } })).toEqual(
      invalid(...shown, { pointer: "", detail: more }),
    );
  });

  test("of 2 MB make a response of at most 20 KB", async () => {
    const names = Array.from({ length: 100 }, (_, n) => `${n}${"\ud800".repeat(3_000)}`);
    const { status, body } = await call("POST /events", {
      json: { title: "x", ...Object.fromEntries(names.map((name) => [name, 1])) },
    });
    expect(status).toBe(400);
    expect(JSON.stringify(body).length).toBeLessThan(20_000);
  });
});

test("all errors are reported together", async () => {
  const id = "a/b";
  const answer = await call("POST /events", {
    json: { id, type: " ", capacity: 0, date: "2026-02-30", version: 7, titel: "x" },
  });
  expect(answer).toEqual(
    invalid(
      { pointer: "/id", detail: "must be 1 to 128 characters from A-Z a-z 0-9 . _ ~ -, but not . or .." },
      { pointer: "/type", detail: "must not be blank" },
      { pointer: "/capacity", detail: "must be an integer from 1 to 100000" },
      {
        pointer: "/date",
        detail: "must be a valid date (2026-03-15) or date-time with Z or an offset (2026-03-15T18:00:00+08:00)",
      },
      { pointer: "/version", detail: "is read-only: omit it" },
      {
        pointer: "/titel",
        detail: `is not a field of an event: the fields are ${Object.keys(rules).join(", ")}`,
      },
      { pointer: "", detail: "must have a payload or a title" },
    ),
  );
});

describe("a body", () => {
  const type = { "content-type": "application/json" };
  const notAnObject = invalid({ pointer: "", detail: "must be a JSON object" });

  test.each([
    ["none, with the JSON content type", { headers: type }, empty],
    ["empty", { text: "", headers: type }, empty],
    ["blank", { text: " \n ", headers: type }, empty],
    ["none at all", {}, notJsonType],
    ["an empty object", { json: {} }, invalid({ pointer: "", detail: "must have a payload or a title" })],
    ["a list", { json: [{ title: "x" }] }, notAnObject],
    ["text", { json: "title" }, notAnObject],
    ["a number", { json: 1 }, notAnObject],
    ["null", { json: null }, notAnObject],
    ["true", { json: true }, notAnObject],
    ["100,000 nested lists", { text: "[".repeat(100_000) + "]".repeat(100_000), headers: type }, notAnObject],
    ["not JSON", { text: "title=x", headers: type }, notJson],
    ["truncated", { text: '{"title": "x"', headers: type }, notJson],
    ["two objects", { text: '{"title":"x"}{"title":"x"}', headers: type }, notJson],
    ["JSON with a trailing comma", { text: '{"title":"x",}', headers: type }, notJson],
    ["JSON with a raw control character", { text: '{"title":"a\nb"}', headers: type }, notJson],
    ["a byte order mark alone", { text: "\ufeff", headers: type }, empty],
    ["JSON after two byte order marks", { text: '\ufeff\ufeff{"title":"x"}', headers: type }, notJson],
    ["JSON before a byte order mark", { text: '{"title":"x"}\ufeff', headers: type }, notJson],
    [
      "JSON after two byte order marks, as base64",
      { text: '\ufeff\ufeff{"title":"x"}', headers: { "content-type": "application/json; charset=utf-16" } },
      notJson,
    ],
    ["compressed", { bytes: gzipSync('{"title":"x"}'), headers: { ...type, "content-encoding": "gzip" } }, isEncoded],
    [
      "compressed twice",
      { bytes: gzipSync(gzipSync('{"title":"x"}')), headers: { ...type, "content-encoding": "gzip, gzip" } },
      isEncoded,
    ],
    [
      "uncompressed but declared as compressed",
      { text: '{"title":"x"}', headers: { ...type, "content-encoding": "gzip" } },
      isEncoded,
    ],
    [
      "declared with an encoding that only starts like identity",
      { text: '{"title":"x"}', headers: { ...type, "content-encoding": "identityidentity" } },
      isEncoded,
    ],
    [
      "declared with an unknown encoding",
      { text: '{"title":"x"}', headers: { ...type, "content-encoding": "identity,x-secret" } },
      isEncoded,
    ],
    [
      "of another type, and compressed too",
      { text: "x", headers: { "content-type": "text/plain", "content-encoding": "br" } },
      notJsonType,
    ],
    [
      "too large to store, and compressed too",
      { text: "[".repeat(3_000_000), headers: { ...type, "content-encoding": "br" } },
      isEncoded,
    ],
    [
      "not UTF-8",
      { bytes: Buffer.from([0x7b, 0xff, 0x7d]), headers: { "content-type": "application/json; charset=latin1" } },
      notUtf8,
    ],
    [
      "not UTF-8, with the JSON content type",
      { bytes: Buffer.from('{"title":"\xff"}', "latin1"), headers: type },
      notUtf8,
    ],
    ["JSON without a content type", { text: '{"title":"x"}' }, notJsonType],
    ["a form", { text: "title=x", headers: { "content-type": "application/x-www-form-urlencoded" } }, notJsonType],
    ["plain text", { text: '{"title":"x"}', headers: { "content-type": "text/plain" } }, notJsonType],
    ["a patch", { text: '{"title":"x"}', headers: { "content-type": "application/merge-patch+json" } }, notJsonType],
    ["JSON with an empty content type", { text: '{"title":"x"}', headers: { "content-type": "" } }, notJsonType],
    [
      "JSON with a content type that only starts like JSON's",
      { text: '{"title":"x"}', headers: { "content-type": "application/jsonp" } },
      notJsonType,
    ],
    [
      "numbers that grow to 10 MB when serialized",
      { text: `{"payload":{"a":[${"1e20,".repeat(480_000)}1]}}`, headers: type },
      tooLarge,
    ],
    ["2 MB of brackets", { text: `{"payload":{"a":[${"[],".repeat(700_000)}1]}}`, headers: type }, tooLarge],
    ["5 MB of brackets, which are not even parsed", { text: "[".repeat(5_000_000), headers: type }, tooLarge],
    ["of 5 MB", { json: { payload: { text: "x".repeat(5 * 1024 * 1024) } } }, tooLarge],
  ])("may not be %s", async (_what, sent, expected) => {
    expect(await call("POST /events", sent)).toEqual(expected);
  });

  test("of an unsupported media type gets no Accept-Encoding", async () => {
    const { headers } = await call("POST /events", { text: "x", headers: { "content-type": "text/plain" } });
    expect(headers).not.toHaveProperty("accept-encoding");
  });

  test("may have 2,457,600 bytes, six per byte of 400 KB, and no more", async () => {
    const sent = (bytes: number) => ({ text: `{"title":"ö"${" ".repeat(bytes - 14)}}`, headers: type });
    expect(await call("POST /events", sent(2_457_600))).toEqual(
      json(201, expect.objectContaining({ title: "ö" }) as object),
    );
    expect(await call("POST /events", sent(2_457_601))).toEqual(tooLarge);
  });

  test.each([
    ["6 MB, above Lambda's limit", 6],
    ["11 MB, above API Gateway's limit", 11],
  ])("may not have %s", async (_what, megabytes) => {
    const answer = await call("POST /events", { json: { payload: { text: "x".repeat(megabytes * 1024 * 1024) } } });
    expect([answer.status, answer.body]).toEqual([413, { message: "Request Entity Too Large" }]);
  });
});

describe("a precondition", () => {
  const detail = "If-Match is for PUT, PATCH and DELETE, and If-None-Match is for GET: omit both from a POST.";

  test.each([
    { "if-match": "*" },
    { "if-match": '"a-1"' },
    { "if-match": "" },
    { "if-none-match": "*" },
    { "if-none-match": '"a-1"' },
    { "if-none-match": "", "if-match": "*" },
  ])("is refused, not ignored, and nothing is created: %j", async (headers) => {
    const id = randomUUID();
    expect(await call("POST /events", { json: { id, title: "x" }, headers })).toEqual(
      problem(400, "invalid-request", "Invalid request", detail),
    );
    expect(await call(`GET /events/${id}`)).toEqual(notFound);
  });
});

test("an error response has the request id in the header, too, and nothing from the request", async () => {
  const canary = `canary${randomUUID()}`;
  const answers = await Promise.all([
    call("POST /events", { text: `{"payload": ${canary}`, headers: { "content-type": "application/json" } }),
    call("POST /events", { json: { payload: [canary], title: { canary }, type: canary.repeat(10) } }),
    call("POST /events", { text: canary, headers: { "content-type": canary } }),
  ]);
  for (const { status, headers, body } of answers) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(headers["apigw-requestid"]).toBe((body as { requestId: string }).requestId);
    expect(JSON.stringify(body)).not.toContain(canary);
  }
});
