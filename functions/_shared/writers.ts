import { createHash } from "node:crypto";
import type { Item } from "./stored-event.ts";

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
const length = 4;

export function writerOf(requestId: string): string {
  return createHash("sha256").update(requestId).digest("base64url").slice(0, 8);
}

/** Of full length at once, so that no item grows by it. */
export function firstWriters(requestId: string): string[] {
  return Array<string>(length).fill(writerOf(requestId));
}

/** For an update's SET: puts `:writer` in front and pushes the last one out. All right-hand sides are read first. */
export const addWriter = [
  "#writers[0] = :writer",
  ...Array.from({ length: length - 1 }, (_, n) => `#writers[${n + 1}] = #writers[${n}]`),
].join(", ");

/** For an update's condition. */
export const isNoWriterYet = "NOT contains(#writers, :writer)";

/** Whether the request is among those that wrote the item last. */
export function isWrittenBy(requestId: string, { writers }: Item): boolean {
  return writers?.L?.some(({ S }) => S === writerOf(requestId)) ?? false;
}
