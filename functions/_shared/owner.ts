import type { Caller } from "./caller.ts";
import type { Condition } from "./etags.ts";
import type { Event } from "./event.ts";
import { Problem } from "./problem.ts";

/**
 * Adds to what a write demands that the event is the caller's. In the write itself, because between a
 * read and a write the event may be deleted and made anew by somebody else. An event without an
 * organizer, made while tokens were off, is nobody's; while they are off, every event is everybody's.
 */
export function ownedBy(caller: Caller, { expression, values }: Condition): Condition {
  if (caller === undefined) return { expression, values };
  return {
    expression: `${expression} AND #event.#organizer = :caller`,
    values: { ...values, ":caller": { S: caller } },
  };
}

/** Whether that is why a write was refused which met this event. */
export function isAnothers({ organizer }: Event, caller: Caller): boolean {
  return caller !== undefined && organizer !== caller;
}

export function notTheOrganizer(): Problem {
  return new Problem(403, "Only the organizer of an event may change it, give it an image or delete it.");
}
