import { createHash } from "node:crypto";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { Event, NewEvent } from "./event.ts";
import { largestItem_bytes, tooLarge } from "./problem.ts";

/** An event as DynamoDB holds it: `toItem` says what it has besides the event's own fields. */
export type Item = Record<string, AttributeValue>;

const fields = [
  "id", "type", "title", "description", "date", "location", "capacity", "organizer", "status",
  "payload", "createdAt", "updatedAt", "version",
] as const satisfies readonly (keyof Event)[];

/**
 * `payload` is kept as JSON text: as a map DynamoDB would refuse it below 32 levels and round its
 * numbers to 38 digits. `contentDigest` tells a repeated create from another one with the same id,
 * whatever the event has become since; `writtenBy` is the id of the request that wrote it last.
 *
 * Throws a `Problem` 413 for a payload that is too large by itself: `1e20` grows to 21 digits, and
 * DynamoDB does not even read a request of over 16 MB.
 */
export function toItem(event: Event, content: NewEvent, writtenBy: string): Item {
  const { payload, ...rest } = event;
  const text = payload && JSON.stringify(payload);
  if (text !== undefined && Buffer.byteLength(text) > largestItem_bytes) throw tooLarge();
  const contentDigest = digestOf(content);
  return marshall({ ...rest, payload: text, contentDigest, writtenBy }, { removeUndefinedValues: true });
}

export function fromItem(item: Item): Event {
  const { payload, ...rest } = unmarshall(item);
  const event = typeof payload === "string" ? { ...rest, payload: JSON.parse(payload) as unknown } : rest;
  return event as Event; // toItem made it of one
}

/** What every answer says of an event: its ETag, and its fields, always in the same order. */
export function represent(event: Event): { headers: Record<string, string>; body: object } {
  const present = fields.filter((field) => event[field] !== undefined);
  return { headers: { etag: etagOf(event) }, body: Object.fromEntries(present.map((field) => [field, event[field]])) };
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

/** With createdAt, an event deleted and made again never has an ETag of the old one. RFC 9110, section 8.8.3. */
function etagOf({ createdAt, version }: Event): string {
  return `"${Date.parse(createdAt).toString(36)}-${version}"`;
}
