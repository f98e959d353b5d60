import { randomBytes } from "node:crypto";
import { defaults, isNameOf, isObject, rules, shownFields, type NewEvent, type Rule } from "./event.ts";
import type { Caller } from "./http.ts";
import { unknownFields } from "./json-body.ts";
import { Problem, type Violation } from "./problem.ts";

/** The changes that a request makes to an event. */
export interface Changes {
  set: Partial<NewEvent>;
  removed: (keyof NewEvent)[];
  /** The field that the stored event must have, because the request removes the other of payload and title. */
  needed?: "payload" | "title";
}

const notAnObject: Violation = { pointer: "", detail: "must be a JSON object" };
const noContent: Violation = { pointer: "", detail: "must have a payload or a title" };

/**
 * Parses a new event: fills in the defaults and makes the caller its organizer.
 * Throws a `Problem` 400 that lists every violation.
 */
export function parseNewEvent(body: unknown, caller: Caller): NewEvent {
  if (!isObject(body)) throw invalid([notAnObject]);
  const violations = fieldViolations(body, (name, value) => ruleOf(name, caller)(value));
  if (!Object.hasOwn(body, "payload") && !Object.hasOwn(body, "title")) violations.push(noContent);
  if (violations.length > 0) throw invalid(violations);
  // Every field has passed its rule, and no other field is present.
  return { id: uuidv7(), ...defaults, ...(caller !== undefined && { organizer: caller }), ...body };
}

/**
 * Parses changes to the event with this id: null removes a field or restores its default.
 * Throws a `Problem` 400 that lists every violation.
 */
export function parseChanges(body: unknown, id: unknown, caller: Caller): Changes {
  if (!isObject(body)) throw invalid([notAnObject]);
  const violations = fieldViolations(body, (name, value) => {
    if (name === "id") return value === id ? undefined : "must be the id in the path, or omitted: it never changes";
    const isKept = name === "organizer" && caller !== undefined;
    return value === null && !isKept ? undefined : ruleOf(name, caller)(value);
  });
  if (body["payload"] === null && body["title"] === null) violations.push(noContent);
  if (violations.length > 0) throw invalid(violations);
  return toChanges(body);
}

function invalid(errors: Violation[]): Problem {
  return new Problem(400, "The event breaks the rules listed in errors.", { errors });
}

function fieldViolations(
  body: Record<string, unknown>,
  check: (name: keyof NewEvent, value: unknown) => string | undefined,
): Violation[] {
  const violations: Violation[] = [];
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (isNameOf(rules, name)) {
      const detail = check(name, value);
      if (detail !== undefined) violations.push({ pointer: `/${name}`, detail });
    } else if (shownFields.includes(name)) {
      violations.push({ pointer: `/${name}`, detail: "is read-only: omit it" });
    } else {
      unknown.push(name);
    }
  }
  return [...violations, ...unknownFields(unknown, "an event", Object.keys(rules))];
}

/** With tokens on, the organizer is the event's creator and never changes. */
function ruleOf(name: keyof NewEvent, caller: Caller): Rule<unknown> {
  if (name !== "organizer" || caller === undefined) return rules[name];
  return (value) =>
    value === caller ? undefined : "must be the sub of your token, or omitted: an event belongs to its creator";
}

/** For changes that are valid by themselves but would leave the stored event without content. */
export function needsContent(): Problem {
  return invalid([noContent]);
}

function toChanges(body: Record<string, unknown>): Changes {
  const set: Record<string, unknown> = {};
  const removed: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (name === "id") continue;
    if (value !== null) set[name] = value;
    else if (name in defaults) set[name] = defaults[name as keyof typeof defaults];
    else removed.push(name);
  }
  // Payload or title may be removed if the other is set by this request or already stored.
  const [gone, other] = body["title"] === null ? ["title", "payload"] : ["payload", "title"];
  const needed = removed.includes(gone) && !(other in set) ? { needed: other } : {};
  return { set, removed, ...needed } as Changes; // every field has passed its rule, and no other field is present
}

/** A UUIDv7: 48 bits of Unix time in milliseconds, then random bits. RFC 9562, section 5.7. */
export function uuidv7(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes.toString("hex").replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
