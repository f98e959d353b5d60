import { createHash } from "node:crypto";
import { isId } from "../_shared/event.ts";

const digestBytes = 12;

/** Where the list of a query continues, as a string that is opaque to callers. */
export function toCursor(position: string, query: unknown): string {
  return Buffer.concat([digestOf(position, query), Buffer.from(position)]).toString("base64url");
}

/**
 * The position in a cursor, or undefined if the cursor is truncated, garbled or of another query. The
 * digest is not a signature: a forged cursor only starts elsewhere in the same list.
 */
export function parseCursor(cursor: string, query: unknown): string | undefined {
  const position = Buffer.from(cursor, "base64url").subarray(digestBytes).toString();
  // Encoded again and compared, because Buffer.from ignores characters that are not base64url.
  return isPosition(position) && toCursor(position, query) === cursor ? position : undefined;
}

function digestOf(position: string, query: unknown): Buffer {
  return createHash("sha256")
    .update(JSON.stringify([position, query]))
    .digest()
    .subarray(0, digestBytes);
}

/** Whether a text has the form of an event's position, which sorts by creation time. */
function isPosition(text: string): boolean {
  const id = text.slice("2026-03-15T18:00:00.000Z#".length);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#/.test(text) && isId(id);
}
