import fc from "fast-check";
import { expect, test } from "vitest";
import { startApi, type Answer } from "../../testing/api.ts";
import { explain, type Events, type Fields, type Operation } from "./events-model.ts";

const { call } = await startApi();

const ids = ["a", "b", "c"];

/** `*`, or ETags that are known only later: the nth from the last one that the event had, made weak or not. */
type Drawn = "*" | { n: number; isWeak: boolean }[];

const id = fc.constantFrom(...ids);
const title = fc.constantFrom("Workshop", "Größe 🎈");
const payload = fc.constantFrom({}, { a: 1, b: { c: [null] } }, { b: { c: [null] }, a: 1 });
const others = {
  type: fc.constantFrom("meetup", "event"),
  status: fc.constantFrom("draft", "active"),
  organizer: fc.constantFrom("Dev Community", "Ops, Inc."),
  capacity: fc.constantFrom(1, 100_000),
};
const nullable = (value: fc.Arbitrary<unknown>) => fc.option(value, { freq: 3 });
const changed = Object.fromEntries(
  Object.entries({ title, payload, ...others }).map(([name, value]) => [name, nullable(value)]),
);
const content = fc.oneof(
  fc.record({ title, payload, ...others }, { requiredKeys: ["title"] }),
  fc.record({ title, payload, ...others }, { requiredKeys: ["payload"] }),
);
const etags = fc.array(fc.record({ n: fc.nat(2), isWeak: fc.boolean() }), { minLength: 1, maxLength: 3 });
const header: fc.Arbitrary<Drawn | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: etags },
  { weight: 1, arbitrary: fc.constant("*" as const) },
);

const operation: fc.Arbitrary<Operation<Drawn>> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant("create"), id, content }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("get"), id, ifNoneMatch: header }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("update"),
      id,
      method: fc.constantFrom("PUT", "PATCH"),
      changes: fc.record(changed, { requiredKeys: [] }),
      ifMatch: header,
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("delete"), id, ifMatch: header }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("list"),
      filters: fc.record(
        { status: others.status, organizer: others.organizer, type: others.type },
        { requiredKeys: [] },
      ),
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  },
);

/** Every ETag that each event ever had, of all its lives, the last one last. */
const seen = new Map<string, string[]>();

test("thousands of operations are answered as a model in memory answers", async () => {
  const check = async (operations: Operation<Drawn>[]) => {
    let events = await deleteAll();
    for (const drawn of operations) events = await checkOne(events, resolve(drawn));
  };
  const seed = Date.now() | 0;
  console.log(`To repeat this, give fc.assert the seed ${seed}.`); // shown when it fails, though it be by the time limit
  await fc.assert(fc.asyncProperty(fc.limitShrink(fc.array(operation, { size: "+1" }), 20), check), {
    seed,
    numRuns: 30,
  });
}, 120_000);

async function deleteAll(): Promise<Events> {
  await Promise.all(ids.map((each) => call(`DELETE /events/${each}`)));
  return new Map();
}

async function checkOne(events: Events, operation: Operation): Promise<Events> {
  const answer = await perform(operation);
  remember(operation, answer);
  const after = explain(events, operation, answer);
  if (!after)
    throw new Error(
      `The model cannot explain ${JSON.stringify([operation, answer], undefined, 1)} where there is ${JSON.stringify([...events], undefined, 1)}`,
    );
  return after;
}

async function perform(operation: Operation): Promise<Answer> {
  switch (operation.does) {
    case "create":
      return call("POST /events", { json: { id: operation.id, ...operation.content } });
    case "get":
      return call(`GET /events/${operation.id}`, { headers: headersOf("if-none-match", operation.ifNoneMatch) });
    case "update":
      return call(`${operation.method} /events/${operation.id}`, {
        json: operation.changes,
        headers: headersOf("if-match", operation.ifMatch),
      });
    case "delete":
      return call(`DELETE /events/${operation.id}`, { headers: headersOf("if-match", operation.ifMatch) });
    case "list":
      return list(operation.filters, operation.limit);
  }
}

/** Follows a list to its end. The body is a list of its pages. */
async function list(filters: Record<string, string>, limit: number): Promise<Answer> {
  const pages: Fields[][] = [];
  let query = new URLSearchParams({ ...filters, limit: String(limit) });
  for (;;) {
    const answer = await call(`GET /events?${query.toString()}`);
    if (answer.status !== 200 || pages.length > ids.length) return answer;
    const { events, next } = answer.body as { events: Fields[]; next?: string };
    if (events.length > 0 || next !== undefined || pages.length > 0) pages.push(events);
    if (next === undefined) return { ...answer, body: pages };
    query = new URLSearchParams({ ...filters, limit: String(limit), cursor: next });
  }
}

function resolve(drawn: Operation<Drawn>): Operation {
  const textOf = (id: string, header: Drawn | undefined) =>
    header === "*"
      ? header
      : header?.map(({ n, isWeak }) => (isWeak ? "W/" : "") + (seen.get(id)?.at(-1 - n) ?? '"none"')).join(", ");
  switch (drawn.does) {
    case "get":
      return { ...drawn, ifNoneMatch: textOf(drawn.id, drawn.ifNoneMatch) };
    case "update":
    case "delete":
      return { ...drawn, ifMatch: textOf(drawn.id, drawn.ifMatch) };
    default:
      return drawn;
  }
}

/** What was written has an ETag that nothing had before. */
function remember(operation: Operation, { status, headers }: Answer): void {
  const isWritten = (operation.does === "create" && status === 201) || (operation.does === "update" && status === 200);
  if (!isWritten) return;
  const etag = headers["etag"] ?? "";
  expect([...seen.values()].flat()).not.toContain(etag);
  seen.set(operation.id, [...(seen.get(operation.id) ?? []), etag]);
}

function headersOf(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}
