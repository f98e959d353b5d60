import { createHash } from "node:crypto";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { isObject, type Event, type NewEvent } from "./event.ts";
import { maxItemBytes, tooLarge } from "./problem.ts";

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
  if (text !== undefined && Buffer.byteLength(text) > maxItemBytes) throw tooLarge();
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

/** Equal for equal content: the order of keys does not count, as JSON objects have none. */
function digestOf(content: NewEvent): string {
  return createHash("sha256").update(JSON.stringify(content, sortKeys)).digest("base64url").slice(0, 22);
}

/** Object.fromEntries, not assignment: a key `__proto__` has to stay a key. */
function sortKeys(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * The SDK repeats a write whose answer was lost, and then meets what its first attempt has done. So
 * every item holds digests of the ids of the requests that wrote it last: one that finds its own among
 * them has succeeded already and must not write again. One would not do, because another request may
 * write between the two attempts.
 *
 * It ends where four others change the same event within the seconds between two attempts: the change
 * is then made twice, or with If-Match answered 412. It also ends where another request deletes the
 * event in between, because the list goes with it: an update is then answered 404, and a create is
 * made again.
 */
export function writerOf(requestId: string): string {
  return createHash("sha256").update(requestId).digest("base64url").slice(0, 8);
}

/** Of full length at once, so that no item grows by it. */
function firstWriters(requestId: string): string[] {
  return Array<string>(4).fill(writerOf(requestId));
}

/** For an update's SET: puts `:writer` in front and pushes the last one out. All right-hand sides are read first. */
export const addWriter =
  "#writers[0] = :writer, #writers[1] = #writers[0], #writers[2] = #writers[1], #writers[3] = #writers[2]";

/** For an update's condition. */
export const isNewWrite = "NOT contains(#writers, :writer)";

/** Whether the request is among those that wrote the item last. */
export function isWrittenBy(requestId: string, { writers }: Item): boolean {
  return writers?.L?.some(({ S }) => S === writerOf(requestId)) ?? false;
}
