import type { Caller } from "./caller.ts";
import { isDateOrDateTime } from "./date.ts";
import type { Image, RejectedImage, Uploaded } from "./image.ts";
import { Problem, unknownFields, type Violation } from "./problem.ts";
import { uuidv7 } from "./uuid.ts";

export const statuses = ["draft", "published", "cancelled", "completed", "active"] as const;

/** What a caller says of an event, after defaults. */
export interface NewEvent {
  id: string;
  type: string;
  title?: string;
  description?: string;
  date?: string;
  location?: string;
  capacity?: number;
  organizer?: string;
  status: (typeof statuses)[number];
  payload?: Record<string, unknown>;
}

export interface Event extends NewEvent {
  createdAt: string;
  updatedAt: string;
  version: number;
  image?: Image & Uploaded;
  rejectedImage?: RejectedImage & Uploaded;
  /** Tells this event from an earlier one with the same id. Not shown, but part of the ETag. */
  incarnation: string;
}

/** What a caller wants changed. */
export interface Changes {
  set: Partial<NewEvent>;
  removed: (keyof NewEvent)[];
  /** What the event must have already, because the other one of payload and title goes. */
  needed?: "payload" | "title";
}

/** Says what would be right where a value is wrong, and nothing where it is right. */
type Rule = (value: unknown) => string | undefined;

export const rules: Record<keyof NewEvent, Rule> = {
  id: (value) => (isId(value) ? undefined : "must be 1 to 128 of A-Z a-z 0-9 . _ ~ - and not . or .."),
  type: text(100),
  title: text(200),
  description: text(1000),
  date: (value) =>
    typeof value === "string" && isDateOrDateTime(value)
      ? undefined
      : "must be a date (2026-03-15) or a date-time with Z or an offset (2026-03-15T18:00:00+08:00) that exists",
  location: text(200),
  capacity: (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 100_000
      ? undefined
      : "must be an integer from 1 to 100000",
  organizer: text(100),
  status: (value) =>
    statuses.some((status) => status === value) ? undefined : `must be one of ${statuses.join(", ")}`,
  payload: (value) => {
    if (!isObject(value)) return "must be a JSON object";
    return isDeeperThan(200, value) ? "must be at most 200 levels deep" : undefined;
  },
};

const readOnly = new Set(["createdAt", "updatedAt", "version", "image", "rejectedImage"]);

const defaults = { type: "event", status: "active" } as const;

const noObject: Violation = { pointer: "", detail: "must be a JSON object" };
const noContent: Violation = { pointer: "", detail: "must have a payload or a title" };

/**
 * The event that a body asks for, with the defaults filled in, and the caller for its organizer.
 * Throws a `Problem` 400 that names everything wrong with the body at once.
 */
export function expectNewEvent(body: unknown, caller: Caller): NewEvent {
  if (!isObject(body)) throw invalid([noObject]);
  const violations = fieldViolations(body, (name, value) => ruleOf(name, caller)(value));
  if (!Object.hasOwn(body, "payload") && !Object.hasOwn(body, "title")) violations.push(noContent);
  if (violations.length > 0) throw invalid(violations);
  // Every field has passed its rule, and there is no other.
  return { id: uuidv7(), ...defaults, ...(caller !== undefined && { organizer: caller }), ...body };
}

/**
 * The changes that a body asks for in the event with this id: null removes a field or restores its
 * default. Throws a `Problem` 400 that names everything wrong with the body at once.
 */
export function expectChanges(body: unknown, id: unknown, caller: Caller): Changes {
  if (!isObject(body)) throw invalid([noObject]);
  const violations = fieldViolations(body, (name, value) => {
    if (name === "id") return value === id ? undefined : "must be the id in the path, or left out: it never changes";
    const isKept = name === "organizer" && caller !== undefined;
    return value === null && !isKept ? undefined : ruleOf(name, caller)(value);
  });
  if (body["payload"] === null && body["title"] === null) violations.push(noContent);
  if (violations.length > 0) throw invalid(violations);
  return toChanges(body);
}

/** With tokens on an event's organizer is who created it, ever after. */
function ruleOf(name: keyof NewEvent, caller: Caller): Rule {
  if (name !== "organizer" || caller === undefined) return rules[name];
  return (value) => (value === caller ? undefined : "must be the sub of your token, or left out: an event belongs to who created it");
}

/** For changes that are right in themselves, but would leave the event that is stored without content. */
export function needsContent(): Problem {
  return invalid([noContent]);
}

function toChanges(body: Record<string, unknown>): Changes {
  const set: Record<string, unknown> = {};
  const removed: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (name === "id") continue;
    if (value !== null) set[name] = value;
    else if (name === "type" || name === "status") set[name] = defaults[name];
    else removed.push(name);
  }
  // One of payload and title may go if the other comes, or is there already.
  const [gone, other] = body["title"] === null ? ["title", "payload"] : ["payload", "title"];
  const needed = removed.includes(gone) && !(other in set) ? { needed: other } : {};
  return { set, removed, ...needed } as Changes; // every field has passed its rule, and there is no other
}

/** 1-128 characters that need no encoding in a path; `.` and `..` would be resolved away there. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,128}$/.test(value);
}

function invalid(errors: Violation[]): Problem {
  return new Problem(400, "The event breaks the rules listed in errors.", { errors });
}

function fieldViolations(body: Record<string, unknown>, check: (name: keyof NewEvent, value: unknown) => string | undefined): Violation[] {
  const violations: Violation[] = [];
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (isField(name)) {
      const detail = check(name, value);
      if (detail !== undefined) violations.push({ pointer: `/${name}`, detail });
    } else if (readOnly.has(name)) {
      violations.push({ pointer: `/${name}`, detail: "is read-only: leave it out" });
    } else {
      unknown.push(name);
    }
  }
  return [...violations, ...unknownFields(unknown, "an event", Object.keys(rules))];
}

function isField(name: string): name is keyof NewEvent {
  return Object.hasOwn(rules, name);
}

/**
 * A character that can be seen: anything but white space, controls and what Unicode lets be ignored in
 * display (joiners, fillers, variation selectors and the like), and but for the Braille pattern without
 * a dot, which has none of these properties. A combining mark can be seen by itself.
 */
const visible = /[^\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Counts code points, as callers do: an emoji is one character, though JavaScript's length says 2. */
function text(longest: number): Rule {
  return (value) => {
    if (typeof value !== "string") return `must be text of 1 to ${longest} characters`;
    if (!value.isWellFormed()) return "must be well-formed Unicode: it holds half a surrogate pair";
    if (!visible.test(value)) return "must not be blank";
    const isTooLong = value.length > 2 * longest || Array.from(value).length > longest;
    return isTooLong ? `must be at most ${longest} characters long` : undefined;
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Level by level: a function that calls itself would overflow the stack on 100,000 levels. */
function isDeeperThan(levels: number, value: object): boolean {
  let level: object[] = [value];
  for (let depth = 0; depth <= levels; depth++) {
    if (level.length === 0) return false;
    level = level.flatMap((inner): unknown[] => Object.values(inner)).filter(isContainer);
  }
  return true;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
