import { join } from "node:path";
import type { AnySchemaObject } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { rules } from "../../../functions/_shared/event.ts";
import { parseChanges, parseNewEvent } from "../../../functions/_shared/event-body.ts";
import type { Request } from "../../../functions/_shared/http.ts";
import { Problem } from "../../../functions/_shared/problem.ts";
import { root } from "../../build/functions.ts";
import { needs } from "../../testing/api.ts";
import { complaintsAboutValue, document } from "../../testing/contract.ts";
import { weighted, wellFormed } from "../traffic/operations.ts";

type Body = Record<string, unknown>;

/** Mostly `usual`: a body of ten fields all drawn from anything would never be accepted. */
function mostly<T>(usual: fc.Arbitrary<T>, ...others: fc.Arbitrary<T>[]): fc.Arbitrary<T> {
  return weighted([20, usual], ...others.map((other): [number, fc.Arbitrary<T>] => [1, other]));
}

/** Shallow: functions and schemas treat deep values alike, and drawing them takes most of the time. */
const anything = fc.jsonValue({ maxDepth: 1 });
const repeated = (character: fc.Arbitrary<string>, counts: number[]) =>
  fc.tuple(character, fc.constantFrom(...counts)).map(([text, count]) => text.repeat(count));
const character = fc.constantFrom("a", "ß", "🎈", "\u200b", "\0", "\ud83c");
const blank = fc.constantFrom(
  "",
  " ",
  "\t\n\v\f\r",
  "\u00a0\u1680\u2000\u2028\u2029\u3000",
  "\ufeff",
  "\u0085",
  "\u180e",
  "\u200b\u2060",
  "\0",
  "\u2800",
  "\u3164",
  "\ufe0f",
  "\u0301",
  " . ",
);
const text = (longest: number) =>
  mostly<unknown>(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
    repeated(character, [0, 1, longest - 1, longest, longest + 1]),
    blank,
    fc.string({ unit: wellFormed }),
    anything,
  );

const digits = (least: number, most: number, length: number) =>
  fc.integer({ min: least, max: most }).map((number) => String(number).padStart(length, "0"));
const day = fc.tuple(
  digits(0, 9999, 4),
  fc.constantFrom("-", "-", "-", "-", "/"),
  mostly(digits(1, 12, 2), digits(0, 13, 1)),
  mostly(digits(1, 28, 2), digits(0, 32, 2)),
);
const date = day.map(([year, separator, month, dayOfMonth]) => `${year}-${month}${separator}${dayOfMonth}`);
const time = fc.tuple(
  mostly(digits(0, 23, 2), digits(0, 25, 1)),
  mostly(digits(0, 59, 2), digits(59, 61, 2)),
  mostly(digits(0, 59, 2), digits(59, 61, 2)),
);
const fraction = mostly(fc.constantFrom("", ".1", ".123456789"), fc.constantFrom(".", ",5", ".1234567890"));
const offset = mostly(
  fc.constantFrom("Z", "z", "+00:00", "-00:00", "+05:30", "-23:59"),
  fc.constantFrom("", "+08", "+0800", "+24:00", "+00:60", "Zz", " Z"),
);
const dateTime = fc
  .tuple(date, mostly(fc.constantFrom("T", "t"), fc.constantFrom(" ", "_", "")), time, fraction, offset)
  .map(([of, separator, parts, ...rest]) => `${of}${separator}${parts.join(":")}${rest.join("")}`);

const fields = {
  id: mostly<unknown>(
    fc.stringMatching(/^[\w.~-]{3,40}$/),
    repeated(fc.constantFrom("a", ".", "~", "/", "ä"), [0, 1, 2, 127, 128, 129]),
    anything,
  ),
  type: text(100),
  title: text(200),
  description: text(1000),
  date: mostly<unknown>(fc.oneof(date, dateTime), fc.string(), anything),
  location: text(200),
  capacity: mostly<unknown>(
    fc.integer({ min: 1, max: 100_000 }),
    fc.constantFrom(-1, 0, 1, 1.5, 99_999, 100_000, 100_001, 2 ** 53, "1", true),
    fc.double(),
    anything,
  ),
  organizer: text(100),
  status: mostly<unknown>(
    fc.constantFrom("draft", "published", "cancelled", "completed", "active"),
    fc.constantFrom("Draft", "", "active ", "deleted"),
    anything,
  ),
  payload: mostly<unknown>(fc.dictionary(fc.string(), anything), anything),
};

const unknown = fc.constantFrom(
  "createdAt",
  "version",
  "image",
  "rejectedImage",
  "titel",
  "Title",
  "",
  "__proto__",
  "constructor",
  "toString",
  "pay/load",
);

/** Bodies as JSON.parse returns them: `__proto__` is an ordinary key, and nothing is undefined. */
function bodies(of: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  const known = fc.record(of, { requiredKeys: [] });
  const withMore = fc
    .tuple(known, unknown, anything)
    .map(([body, name, value]) => Object.fromEntries([...Object.entries(body), [name, value]]));
  return mostly<unknown>(known, withMore, anything).map((body) => JSON.parse(JSON.stringify(body)) as unknown);
}

function isAccepted(expectBody: () => unknown): boolean {
  try {
    expectBody();
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

function isNewEvent(body: unknown, caller?: string): boolean {
  return isAccepted(() => parseNewEvent(body, caller));
}

function conforms(name: string, body: unknown): boolean {
  return complaintsAboutValue(schema(name), body).length === 0;
}

function schema(name: string): AnySchemaObject {
  return document.components.schemas[name] ?? {};
}

const texts = ["type", "title", "description", "location", "organizer"];

/** The rules in functions/openapi.yaml under "What the schemas cannot say" that apply to these bodies. Each is tested below. */
function isExceptional(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  const { date: value, ...rest } = body as Body;
  const isHalf = texts.some((name) => typeof rest[name] === "string" && !rest[name].isWellFormed());
  return isHalf || (typeof value === "string" && value.includes(":60"));
}

/** Compares 10,000 bodies. More than a thousand must be of each kind, or the comparison would prove little. */
async function expectAgreement(
  name: string,
  bodiesOf: fc.Arbitrary<unknown>,
  accepts: (body: unknown) => boolean | Promise<boolean>,
): Promise<void> {
  const counts = { accepted: 0, refused: 0 };
  const agrees = async (body: unknown) => {
    fc.pre(!isExceptional(body));
    const isRight = await accepts(body);
    counts[isRight ? "accepted" : "refused"]++;
    expect(conforms(name, body), isRight ? "is accepted" : "is refused").toBe(isRight);
  };
  await fc.assert(fc.asyncProperty(bodiesOf, agrees), { numRuns: 10_000 });
  expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(1_000);
}

describe("the functions accept what the schema accepts, of", { timeout: 120_000 }, () => {
  test("10,000 new events", async () => {
    await expectAgreement("NewEvent", bodies(fields), isNewEvent);
  });

  test("10,000 changes", async () => {
    needs("update-event");
    const nullable = Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, mostly(field, fc.constant(null), fc.constant(null))]),
    );
    const changes = bodies({ ...nullable, id: fc.constant("the-id-in-the-path") });
    await expectAgreement("Changes", changes, (body) =>
      isAccepted(() => parseChanges(body, "the-id-in-the-path", undefined)),
    );
  });

  test("10,000 requests for an upload", async () => {
    needs("create-upload-url");
    const contentType = mostly<unknown>(
      fc.constantFrom("image/jpeg", "image/png"),
      fc.constantFrom("image/gif", "IMAGE/PNG", "image/png ", ""),
      anything,
    );
    const contentLength = mostly<unknown>(
      fc.integer({ min: 1, max: 5_242_880 }),
      fc.constantFrom(-1, 0, 1, 1.5, 5_242_880, 5_242_881, 1e300, "1", true),
      anything,
    );
    await expectAgreement("NewUpload", bodies({ contentType, contentLength }), await loadUpload());
  });

  test("10,000 dates", async () => {
    const dates = fc.oneof(date, dateTime).map((value) => ({ title: "x", date: value }));
    await expectAgreement("NewEvent", dates, isNewEvent);
  });
});

/** Every single character except surrogates. */
const characters = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code));

test.each([
  ["type", "EventType"],
  ["title", "Title"],
  ["description", "Description"],
  ["location", "Location"],
  ["organizer", "Organizer"],
] as const)(
  "each of the 1,112,064 characters alone: the functions accept it as a %s if the schema does",
  (field, name) => {
    const [rule, named] = [rules[field], schema(name)];
    const differing = characters.filter(
      (text) => (rule(text) === undefined) !== (complaintsAboutValue(named, text).length === 0),
    );
    expect(differing.map((text) => text.codePointAt(0)?.toString(16))).toEqual([]);
  },
);

/** create-upload-url reads the body before the id: with an impossible id it answers 404 to a valid body, without the database. */
async function loadUpload(): Promise<(body: unknown) => Promise<boolean>> {
  for (const name of [
    "TABLE_NAME",
    "BUCKET_NAME",
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
  ])
    vi.stubEnv(name, "x");
  vi.spyOn(console, "info").mockImplementation(() => undefined); // a line for each of 10,000 requests
  vi.stubEnv("INDEX_SHARDS", "1");
  vi.stubEnv("AUTH", "off");
  const { handler } = (await import(join(root, "functions/create-upload-url/handler.ts"))) as {
    handler: (event: Request, context: object) => Promise<{ statusCode: number }>;
  };
  const event = {
    version: "2.0",
    pathParameters: { id: ".." },
    headers: { "content-type": "application/json" },
    requestContext: { requestId: "x" },
  };
  return async (body) => {
    const { statusCode } = await handler({ ...event, body: JSON.stringify(body) } as unknown as Request, {
      getRemainingTimeInMillis: () => 10_000,
    });
    expect([400, 404]).toContain(statusCode);
    return statusCode === 404;
  };
}

/** Nested objects, `levels` deep. */
function nested(levels: number): unknown {
  return JSON.parse(`${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`);
}

describe("the functions refuse what the schemas cannot express:", () => {
  test.each(texts)("a lone surrogate in %s", (name) => {
    const body = { title: "x", [name]: "\ud800" };
    expect([conforms("NewEvent", body), isNewEvent(body)]).toEqual([true, false]);
  });

  test.each([
    ["2016-12-31T23:59:60Z", true],
    ["2017-01-01T07:59:60.5+08:00", true],
    ["2015-06-30T23:59:60Z", true],
    ["2016-11-30T23:59:60Z", false],
    ["2016-12-30T23:59:60Z", false],
  ])("an impossible leap second: %s", (value, exists) => {
    const body = { title: "x", date: value };
    expect([conforms("NewEvent", body), isNewEvent(body)]).toEqual([true, exists]);
  });

  test("a payload of more than 200 levels", () => {
    const accepted = [200, 201]
      .map((levels) => ({ payload: nested(levels) }))
      .map((body) => [conforms("NewEvent", body), isNewEvent(body)]);
    expect(accepted).toEqual([
      [true, true],
      [true, false],
    ]);
  });

  test.each<[string, Body, string | undefined]>([
    ["an id other than the one in the path", { id: "other" }, undefined],
    ["an organizer who is not the caller", { organizer: "bob" }, "alice"],
    ["no organizer, with sign-in", { organizer: null }, "alice"],
  ])("%s", (_what, body, caller) => {
    needs("update-event");
    expect([conforms("Changes", body), isAccepted(() => parseChanges(body, "123", caller))]).toEqual([true, false]);
  });

  test("a new event whose organizer is not the caller", () => {
    const body = { title: "x", organizer: "bob" };
    expect([conforms("NewEvent", body), isNewEvent(body, "alice")]).toEqual([true, false]);
  });
});
