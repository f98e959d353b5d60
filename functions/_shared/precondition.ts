import type { Event } from "./event.ts";
import type { Caller, Request } from "./http.ts";
import { Problem } from "./problem.ts";
import { etagOf, parseEtags } from "./representation.ts";
import type { Item } from "./stored-event.ts";

/** A ConditionExpression, in which `#name` stands for the attribute `name`, and its values. */
export interface Condition {
  expression: string;
  values: Item;
}

/** DynamoDB limits an expression to 4 KB. */
const maxEtags = 50;

/**
 * The condition of a write: the event exists, and its ETag is in If-Match. Strong comparison: a weak ETag
 * never matches.
 *
 * Throws a `Problem` 400 if If-Match is malformed or too long, and for If-None-Match: a write must not
 * ignore a precondition. RFC 9110, section 13.1.1.
 */
export function parsePrecondition({ headers }: Request): Condition {
  if (headers["if-none-match"] !== undefined) {
    throw new Problem(
      400,
      "The If-None-Match header is only for GET: to make a write conditional, send the event's ETag in If-Match.",
    );
  }
  const etags = parseEtags(headers["if-match"] ?? "*");
  if (!etags)
    throw new Problem(400, 'The If-Match header must be * or a list of ETags in double quotes, such as "a-1", "a-2".');
  if (etags.length > maxEtags) throw new Problem(400, `The If-Match header must list at most ${maxEtags} ETags.`);
  if (etags === "*") return { expression: "attribute_exists(#id)", values: {} };

  const values: Item = {};
  const comparisons = etags.map((etag, n) => {
    const [, incarnation = etag, version = "0"] = /^"(.+)-([1-9]\d{0,14})"$/.exec(etag) ?? []; // no event has version 0
    values[`:incarnation${n}`] = { S: incarnation };
    values[`:version${n}`] = { N: version };
    return `#incarnation = :incarnation${n} AND #event.#version = :version${n}`; // AND binds tighter than OR; DynamoDB refuses redundant parentheses
  });
  return { expression: `attribute_exists(#id) AND (${comparisons.join(" OR ")})`, values };
}

/**
 * For a POST, whose target has no ETag.
 *
 * Throws a `Problem` 400 for If-Match and If-None-Match, which must not be ignored.
 */
export function rejectPrecondition({ headers }: Request): void {
  if (headers["if-match"] === undefined && headers["if-none-match"] === undefined) return;
  throw new Problem(400, "If-Match is for PUT, PATCH and DELETE, and If-None-Match is for GET: omit both from a POST.");
}

/** Whether If-Match allows a write to the stored event, checked before anything is written. */
export function meetsPrecondition({ headers }: Request, event: Event): boolean {
  const etags = parseEtags(headers["if-match"] ?? "*") ?? [];
  return etags === "*" || etags.includes(etagOf(event));
}

export function preconditionFailed(): Problem {
  return new Problem(412, "No ETag in If-Match matches the event: get it again and retry with its current ETag.");
}

/**
 * Adds the condition that the caller is the organizer. It is part of the write, because another caller may
 * delete and recreate the event between a read and a write. An event created without an organizer while
 * tokens were off has no owner; while they are off, anyone may write.
 */
export function ownedBy(caller: Caller, { expression, values }: Condition): Condition {
  if (caller === undefined) return { expression, values };
  return {
    expression: `${expression} AND #event.#organizer = :caller`,
    values: { ...values, ":caller": { S: caller } },
  };
}

/** Whether someone else owns the event; false while sign-in is off. */
export function isOwnedByOther({ organizer }: Event, caller: Caller): boolean {
  return caller !== undefined && organizer !== caller;
}

export function notTheOrganizer(): Problem {
  return new Problem(403, "Only the organizer of an event may update it, add an image or delete it.");
}
