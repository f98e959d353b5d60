import fc from "fast-check";
import type { Answer, Call } from "../../testing/call.ts";

export type Fields = Record<string, unknown>;

/**
 * What a caller does. `condition` is If-None-Match of a get and If-Match of a write. As drawn, it has placeholders: {0}
 * for the event's last ETag, {1} for the one before.
 */
export type Operation =
  | { does: "create"; id: string; content: Fields }
  | { does: "get"; id: string; condition?: string | undefined }
  | { does: "update"; id: string; method: "PUT" | "PATCH"; changes: Fields; condition?: string | undefined }
  | { does: "delete"; id: string; condition?: string | undefined }
  | { does: "list"; filters: Record<string, string>; limit: number };

export const pick = fc.constantFrom;

export function weighted<T>(...choices: [weight: number, arbitrary: fc.Arbitrary<T>][]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

/** Any well-formed character; fast-check's "binary" lists them all first, which takes a second. */
export const wellFormed = fc
  .integer({ min: 0, max: 0x10f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

const fields = {
  title: pick("Workshop", "Größe 🎈"),
  payload: pick<Fields[]>({}, { a: 1, b: { c: [null] } }, { b: { c: [null] }, a: 1 }),
  type: pick("meetup", "event"),
  status: pick("draft", "active"),
  capacity: pick(1, 100_000),
  date: pick("2026-03-15", "2026-03-15T18:00:00+08:00"),
  organizer: pick("Dev Community", "Ops, Inc."),
};
const etag = pick("{0}", "{1}", "{2}", "W/{0}", "W/{1}", "W/{2}");
const etags = fc.array(etag, { minLength: 1, maxLength: 3 }).map((list) => list.join(", "));
const header = weighted<string | undefined>([3, fc.constant(undefined)], [3, etags], [1, fc.constant("*")]);

export const contents: fc.Arbitrary<Fields> = fc.oneof(
  fc.record(fields, { requiredKeys: ["title"] }),
  fc.record(fields, { requiredKeys: ["payload"] }),
);

/** The new values; null removes a field. */
export const changes: fc.Arbitrary<Fields> = fc.record(
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, fc.option<unknown>(value, { freq: 3 })])),
  { requiredKeys: [] },
);

/** With `owner` all events belong to it, and lists hold no others. */
export function operations(ids: string[], owner?: string): fc.Arbitrary<Operation> {
  const id = pick(...ids);
  const own = owner === undefined ? {} : { organizer: owner };
  const owned = <Of extends Fields>(arbitrary: fc.Arbitrary<Of>) => arbitrary.map((each) => ({ ...each, ...own }));
  const { status, organizer, type } = fields;
  const filters = owned(fc.record({ status, organizer, type }, { requiredKeys: [] }));
  return weighted<Operation>(
    [3, fc.record({ does: pick("create"), id, content: owned(contents) })],
    [1, fc.record({ does: pick("get"), id, condition: header })],
    [
      4,
      fc.record({ does: pick("update"), id, method: pick("PUT", "PATCH"), changes: owned(changes), condition: header }),
    ],
    [2, fc.record({ does: pick("delete"), id, condition: header })],
    [1, fc.record({ does: pick("list"), filters, limit: fc.integer({ min: 1, max: 3 }) })],
  );
}

/** Fills the placeholders. `seen` has all ETags that each event ever had, in order. */
export function resolve(drawn: Operation, seen: ReadonlyMap<string, string[]>): Operation {
  if (!("condition" in drawn)) return drawn;
  const etags = seen.get(drawn.id) ?? [];
  const etagOf = (_placeholder: string, n: string) => etags.at(-1 - Number(n)) ?? '"none"';
  return { ...drawn, condition: drawn.condition?.replaceAll(/\{(\d)\}/g, etagOf) };
}

/** A list is read to its end; its body is the list of its pages. */
export function perform(call: Call, operation: Operation): Promise<Answer> {
  switch (operation.does) {
    case "create":
      return call("POST /events", { json: { id: operation.id, ...operation.content } });
    case "get":
      return call(`GET /events/${operation.id}`, { headers: { "if-none-match": operation.condition } });
    case "update":
      return call(`${operation.method} /events/${operation.id}`, {
        json: operation.changes,
        headers: { "if-match": operation.condition },
      });
    case "delete":
      return call(`DELETE /events/${operation.id}`, { headers: { "if-match": operation.condition } });
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
    pages.push(events);
    if (next === undefined || pages.length > 100) return { ...answer, body: pages };
    query.set("cursor", next);
  }
}
