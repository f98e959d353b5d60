import fc from "fast-check";
import type { Answer, Call } from "../../testing/call.ts";

export type Fields = Record<string, unknown>;

/** What a caller does. Headers of conditional requests are texts, with `, ` between ETags, or placeholders. */
export type Operation<Header = string> =
  | { does: "create"; id: string; content: Fields }
  | { does: "get"; id: string; ifNoneMatch?: Header | undefined }
  | { does: "update"; id: string; method: "PUT" | "PATCH"; changes: Fields; ifMatch?: Header | undefined }
  | { does: "delete"; id: string; ifMatch?: Header | undefined }
  | { does: "list"; filters: Record<string, string>; limit: number };

/** `*`, or placeholders for ETags: the event's nth from the last, weak or not. */
export type Drawn = "*" | { n: number; isWeak: boolean }[];

const pick = fc.constantFrom;
const title = pick("Workshop", "Größe 🎈");
const payload = pick<Fields[]>({}, { a: 1, b: { c: [null] } }, { b: { c: [null] }, a: 1 });
const others = {
  type: pick("meetup", "event"),
  status: pick("draft", "active"),
  capacity: pick(1, 100_000),
  date: pick("2026-03-15", "2026-03-15T18:00:00+08:00"),
};
const organizer = pick("Dev Community", "Ops, Inc.");
const etags = fc.array(fc.record({ n: fc.nat(2), isWeak: fc.boolean() }), { minLength: 1, maxLength: 3 });
const header: fc.Arbitrary<Drawn | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: etags },
  { weight: 1, arbitrary: fc.constant("*" as const) },
);

export const contents: fc.Arbitrary<Fields> = fc.oneof(
  fc.record({ title, payload, ...others, organizer }, { requiredKeys: ["title"] }),
  fc.record({ title, payload, ...others, organizer }, { requiredKeys: ["payload"] }),
);

/** The new values; null removes a field. */
export const changes: fc.Arbitrary<Fields> = fc.record(
  Object.fromEntries(
    Object.entries({ title, payload, ...others, organizer }).map(([name, value]) => [
      name,
      fc.option<unknown>(value, { freq: 3 }),
    ]),
  ),
  { requiredKeys: [] },
);

/** With `owner` all events belong to it, and lists hold no others. */
export function operations(ids: string[], owner?: string): fc.Arbitrary<Operation<Drawn>> {
  const id = pick(...ids);
  const own = owner === undefined ? {} : { organizer: owner };
  const owned = <Of extends Fields>(fields: fc.Arbitrary<Of>) => fields.map((each) => ({ ...each, ...own }));
  const filters = fc.record({ status: others.status, organizer, type: others.type }, { requiredKeys: [] });
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ does: fc.constant("create"), id, content: owned(contents) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("get"), id, ifNoneMatch: header }) },
    {
      weight: 4,
      arbitrary: fc.record({
        does: fc.constant("update"),
        id,
        method: pick("PUT", "PATCH"),
        changes: owned(changes),
        ifMatch: header,
      }),
    },
    { weight: 2, arbitrary: fc.record({ does: fc.constant("delete"), id, ifMatch: header }) },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constant("list"),
        filters: owned(filters),
        limit: fc.integer({ min: 1, max: 3 }),
      }),
    },
  );
}

/** `seen` has all ETags that each event ever had, in order. */
export function resolve(drawn: Operation<Drawn>, seen: ReadonlyMap<string, string[]>): Operation {
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

/** A list is read to its end; its body is the list of its pages. */
export function perform(call: Call, operation: Operation): Promise<Answer> {
  switch (operation.does) {
    case "create":
      return call("POST /events", { json: { id: operation.id, ...operation.content } });
    case "get":
      return call(`GET /events/${operation.id}`, conditional("if-none-match", operation.ifNoneMatch));
    case "update":
      return call(`${operation.method} /events/${operation.id}`, {
        json: operation.changes,
        ...conditional("if-match", operation.ifMatch),
      });
    case "delete":
      return call(`DELETE /events/${operation.id}`, conditional("if-match", operation.ifMatch));
    case "list":
      return list(call, operation.filters, operation.limit);
  }
}

async function list(call: Call, filters: Record<string, string>, limit: number): Promise<Answer> {
  const pages: Fields[][] = [];
  const query = new URLSearchParams({ ...filters, limit: String(limit) });
  for (;;) {
    const answer = await call(`GET /events?${query.toString()}`);
    if (answer.status !== 200) return answer;
    const { events, next } = answer.body as { events: Fields[]; next?: string };
    if (events.length > 0 || next !== undefined || pages.length > 0) pages.push(events);
    if (next === undefined || pages.length > 100) return { ...answer, body: pages };
    query.set("cursor", next);
  }
}

function conditional(name: string, value: string | undefined) {
  return value === undefined ? {} : { headers: { [name]: value } };
}
