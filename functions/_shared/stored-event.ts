import { createHash } from "node:crypto";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { isObject, type Event, type NewEvent } from "./event.ts";
import { maxItemBytes, tooLarge } from "./problem.ts";

/** An event as stored in DynamoDB; see `toItem`. */
export type Item = Record<string, AttributeValue>;

/**
 * The indexes project the whole `event`, so a new field needs no new index. `position` is its place in
 * lists. `contentDigest` distinguishes a repeated create from another one with the same id, even after the
 * event has changed; `writers` distinguishes a repeated write from a new one.
 *
 * Throws a `Problem` 413 like `toStored`.
 */
export function toItem(
  { id, incarnation, ...event }: Event,
  content: NewEvent,
  requestId: string,
  shards: number,
): Item {
  const stored = toStored(id, event, shards); // first: a digest of what is too large would take seconds
  const own = {
    id,
    incarnation,
    position: `${event.createdAt}#${id}`,
    contentDigest: digestOf(content),
    writers: firstWriters(requestId),
  };
  return toAttributes({ ...own, ...stored });
}

/**
 * The attributes that hold fields of an event. `payload` is a JSON string: DynamoDB limits maps to 32
 * levels and rounds numbers to 38 digits. Organizers are not sharded: one person has few events.
 *
 * Throws a `Problem` 413 for a payload that is too large by itself: `1e20` grows to 21 digits, and
 * DynamoDB rejects requests over 16 MB unread.
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

/** The key of one shard of an index value. */
export function shardKey(shard: number, value: string): string {
  return `${shard}#${value}`;
}

/** Omits undefined values, like JSON. */
export function toAttributes(values: Record<string, unknown>): Item {
  return marshall(values, { removeUndefinedValues: true });
}

/** An item from an index has no payload and no incarnation. */
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

/** Equal for equal content, in any order of keys. */
function digestOf(content: NewEvent): string {
  return createHash("sha256").update(canonicalJson(content)).digest("base64url").slice(0, 22);
}

/**
 * JSON with sorted keys, in at most 200 levels of recursion. A replacer of JSON.stringify that sorts keeps its copies of
 * all objects until the end: 200 KB of `{"1023":0}` would take more than 256 MB.
 */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`).join()}}`;
}

/**
 * aws-client.ts retries a write whose response was lost, and may then find the result of its first attempt. So
 * every item stores digests of the last request ids that wrote it: a request that finds its own digest has
 * already succeeded and must not write again. One digest is not enough, because another request may write
 * between the two attempts.
 *
 * The limit: if four others change the event between two attempts, the change is made twice, or with
 * If-Match gets a 412. If another request deletes the event in between, the list is lost with it: an update
 * gets a 404, or without If-Match changes an event recreated with the same id, and a create is made again.
 */
export function writerOf(requestId: string): string {
  return createHash("sha256").update(requestId).digest("base64url").slice(0, 8);
}

/** Full length from the start, so that later writes do not grow the item. */
function firstWriters(requestId: string): string[] {
  return Array<string>(4).fill(writerOf(requestId));
}

/** For an update's SET: puts `:writer` first and drops the last. DynamoDB reads all right-hand sides first. */
export const writersUpdate =
  "#writers[0] = :writer, #writers[1] = #writers[0], #writers[2] = #writers[1], #writers[3] = #writers[2]";

/** For an update's condition. */
export const newWriteCondition = "NOT contains(#writers, :writer)";

/** Whether the request is among the last that wrote the item. */
export function isWrittenBy(requestId: string, { writers }: Item): boolean {
  return writers?.L?.some(({ S }) => S === writerOf(requestId)) ?? false;
}
