import { createHash } from "node:crypto";
import { isPosition } from "./stored-event.ts";

const digest_bytes = 12;

/** Where the list of a query goes on, as a text that means nothing to callers. */
export function toCursor(position: string, query: unknown): string {
  return Buffer.concat([digestOf(position, query), Buffer.from(position)]).toString("base64url");
}

/**
 * The position in a cursor, or undefined when the cursor is truncated, garbled or of another query.
 * The digest is no signature: whoever forges a cursor only starts elsewhere in the same list.
 */
export function readCursor(cursor: string, query: unknown): string | undefined {
  const position = Buffer.from(cursor, "base64url").subarray(digest_bytes).toString();
  // Made again and compared, because Buffer.from passes over what is not base64url.
  return isPosition(position) && toCursor(position, query) === cursor ? position : undefined;
}

function digestOf(position: string, query: unknown): Buffer {
  return createHash("sha256")
    .update(JSON.stringify([position, query]))
    .digest()
    .subarray(0, digest_bytes);
}
