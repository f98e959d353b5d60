import { createHash } from "node:crypto";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "./attributes.ts";
import { etagOf } from "./etags.ts";
import { isId, type Event, type NewEvent } from "./event.ts";
import { shownImages } from "./image.ts";
import { largestItem_bytes, tooLarge } from "./problem.ts";
import { firstWriters } from "./writers.ts";

/** An event as DynamoDB holds it: `toItem` says what it has besides the event's own fields. */
export type Item = Record<string, AttributeValue>;

const fields = [
  "id", "type", "title", "description", "date", "location", "capacity", "organizer", "status",
  "payload", "image", "rejectedImage", "createdAt", "updatedAt", "version",
] as const satisfies readonly (keyof Event)[];

/**
 * `payload` is kept as JSON text: as a map DynamoDB would refuse it below 32 levels and round its
 * numbers to 38 digits. `position` is the event's place in lists. `contentDigest` tells a repeated
 * create from another one with the same id, whatever the event has become since; `writers` tells a
 * repeated write from a new one.
 *
 * Throws a `Problem` 413 as `toAttributes` does.
 */
export function toItem(event: Event, content: NewEvent, requestId: string): Item {
  const internal = { position: positionOf(event), contentDigest: digestOf(content), writers: firstWriters(requestId) };
  return { ...toAttributes(event), ...marshall(internal) };
}

/**
 * Some of an event's fields as DynamoDB holds them. Throws a `Problem` 413 for a payload that is too
 * large by itself: `1e20` grows to 21 digits, and DynamoDB does not even read a request of over 16 MB.
 */
export function toAttributes({ payload, ...rest }: Partial<Event>): Item {
  const text = payload && JSON.stringify(payload);
  if (text !== undefined && Buffer.byteLength(text) > largestItem_bytes) throw tooLarge();
  return marshall({ ...rest, payload: text });
}

/** Later events have greater positions, and no two have the same. */
function positionOf({ createdAt, id }: Event): string {
  return `${createdAt}#${id}`;
}

/** Whether a text could be an event's position; there need not be one. */
export function isPosition(text: string): boolean {
  const id = text.slice("2026-03-15T18:00:00.000Z#".length);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#/.test(text) && isId(id);
}

export function fromItem(item: Item): Event {
  const { payload, ...rest } = unmarshall(item);
  const event: object = typeof payload === "string" ? { ...rest, payload: JSON.parse(payload) as unknown } : rest;
  return event as Event; // toItem made it of one
}

/** What an answer about one event says: its ETag and its fields. */
export function represent(event: Event): { headers: Record<string, string>; body: object } {
  return { headers: { etag: etagOf(event) }, body: fieldsOf(event) };
}

/** What callers see of an event, always in the same order. JSON leaves out what is undefined. */
export function fieldsOf(event: Event): object {
  const shown: Partial<Record<string, unknown>> = { ...event, ...shownImages(event) };
  return Object.fromEntries(fields.map((field) => [field, shown[field]]));
}

/** Equal for equal content: the order of keys does not count, as JSON objects have none. */
function digestOf(content: NewEvent): string {
  return createHash("sha256").update(JSON.stringify(content, sortKeys)).digest("base64url");
}

/** Object.fromEntries, not assignment: a key `__proto__` has to stay a key. */
function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
