import { createHash } from "node:crypto";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { etagOf } from "./etags.ts";
import { isId, isObject, shownFields, type Event, type NewEvent } from "./event.ts";
import { shownImages } from "./image.ts";
import { largestItem_bytes, tooLarge } from "./problem.ts";
import { firstWriters } from "./writers.ts";

/** An event as DynamoDB holds it: `toItem` says how. */
export type Item = Record<string, AttributeValue>;

/**
 * The indexes project `event` whole, so that no field changes them. `position` is its place in lists.
 * `contentDigest` tells a repeated create from another one with the same id, whatever the event has
 * become since; `writers` tells a repeated write from a new one.
 *
 * Throws a `Problem` 413 as `toStored` does.
 */
export function toItem(
  { id, incarnation, ...event }: Event,
  content: NewEvent,
  requestId: string,
  shards: number,
): Item {
  const own = {
    id,
    incarnation,
    position: `${event.createdAt}#${id}`,
    contentDigest: digestOf(content),
    writers: firstWriters(requestId),
  };
  return toAttributes({ ...own, ...toStored(id, event, shards) });
}

/**
 * Where an item has some fields of an event. `payload` is JSON text: as a map DynamoDB would refuse it
 * below 32 levels and round its numbers to 38 digits. An organizer is one person, who fills no shard.
 *
 * Throws a `Problem` 413 for a payload that is too large by itself: `1e20` grows to 21 digits, and
 * DynamoDB does not even read a request of over 16 MB.
 */
export function toStored(id: string, { payload, ...event }: Partial<Event>, shards: number) {
  const text = payload && JSON.stringify(payload);
  if (text !== undefined && Buffer.byteLength(text) > largestItem_bytes) throw tooLarge();
  const { status, type, organizer } = event;
  const shard = createHash("sha256").update(id).digest().readUInt32BE() % shards;
  return {
    event,
    payload: text,
    byStatus: status && shardKey(shard, status),
    byType: type && shardKey(shard, type),
    byOrganizer: organizer,
  };
}

/** One key for the events of a value in an index. */
export function shardKey(shard: number, value: string): string {
  return `${shard}#${value}`;
}

/** What is undefined is left out, as in JSON. */
export function toAttributes(values: Record<string, unknown>): Item {
  return marshall(values, { removeUndefinedValues: true });
}

/** Whether a text could be an event's position, which is greater for later events; there need not be one. */
export function isPosition(text: string): boolean {
  const id = text.slice("2026-03-15T18:00:00.000Z#".length);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#/.test(text) && isId(id);
}

/** From an index without its payload and incarnation. */
export function fromItem(item: Item): Event {
  const { id, event, payload, incarnation } = unmarshall(item) as {
    id: string;
    event: Event;
    payload?: string;
    incarnation: string;
  };
  return {
    ...event,
    id,
    incarnation,
    ...(payload !== undefined && { payload: JSON.parse(payload) as Record<string, unknown> }),
  };
}

/** What an answer about one event says: its ETag and its fields. */
export function represent(event: Event): { headers: Record<string, string>; body: object } {
  return { headers: { etag: etagOf(event) }, body: fieldsOf(event) };
}

/** What callers see of an event, always in the same order. JSON leaves out what is undefined. */
export function fieldsOf(event: Event): object {
  const shown: Partial<Record<string, unknown>> = { ...event, ...shownImages(event) };
  return Object.fromEntries(shownFields.map((field) => [field, shown[field]]));
}

/** Equal for equal content: the order of keys does not count, as JSON objects have none. */
function digestOf(content: NewEvent): string {
  return createHash("sha256").update(JSON.stringify(content, sortKeys)).digest("base64url").slice(0, 22);
}

/** Object.fromEntries, not assignment: a key `__proto__` has to stay a key. */
function sortKeys(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
