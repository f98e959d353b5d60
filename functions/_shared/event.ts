import type { Caller } from "./caller.ts";
import { isDateOrDateTime } from "./date.ts";
import type { Image, RejectedImage, Uploaded } from "./image.ts";
import { Problem, unknownFields, type Violation } from "./problem.ts";
import { isNameOf } from "./query-string.ts";
import { uuidv7 } from "./uuid.ts";

export const statuses = ["draft", "published", "cancelled", "completed", "active"] as const;

/** Says what would be right where a value is wrong, and nothing where it is right. Only types need `passed`. */
type Rule<Value> = ((value: unknown) => string | undefined) & { passed?: Value };

/** A line for each field: its type, its place in answers and how it is stored follow. */
export const rules = {
  id: is(isId, "must be 1 to 128 of A-Z a-z 0-9 . _ ~ - and not . or .."),
  type: text(100),
  title: text(200),
  description: text(1000),
  date: is(
    isDateOrDateTime,
    "must be a date (2026-03-15) or a date-time with Z or an offset (2026-03-15T18:00:00+08:00) that exists",
  ),
  location: text(200),
  capacity: integer(1, 100_000),
  organizer: text(100),
  status: oneOf(statuses),
  payload: objectOf(200),
} satisfies Record<string, Rule<unknown>>;

const defaults = { type: "event", status: "active" } as const;

const readOnly = ["image", "rejectedImage", "createdAt", "updatedAt", "version"];

/** What callers see of an event, in this order. */
export const shownFields = [...Object.keys(rules), ...readOnly];

type Fields = { [Name in keyof typeof rules]: NonNullable<(typeof rules)[Name]["passed"]> };
type Always = "id" | keyof typeof defaults;

/** What a caller says of an event, after defaults. */
export type NewEvent = Pick<Fields, Always> & Partial<Omit<Fields, Always>>;

export type Event = NewEvent & {
  createdAt: string;
  updatedAt: string;
  version: number;
  image?: Image & Uploaded;
  rejectedImage?: RejectedImage & Uploaded;
  /** Tells this event from an earlier one with the same id. Not shown, but part of the ETag. */
  incarnation: string;
};

/** What a caller wants changed. */
export interface Changes {
  set: Partial<NewEvent>;
  removed: (keyof NewEvent)[];
  /** What the event must have already, because the other one of payload and title goes. */
  needed?: "payload" | "title";
}

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
function ruleOf(name: keyof NewEvent, caller: Caller): Rule<unknown> {
  if (name !== "organizer" || caller === undefined) return rules[name];
  return (value) =>
    value === caller ? undefined : "must be the sub of your token, or left out: an event belongs to who created it";
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
    else if (name in defaults) set[name] = defaults[name as keyof typeof defaults];
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
      violations.push({ pointer: `/${name}`, detail: "is read-only: leave it out" });
    } else {
      unknown.push(name);
    }
  }
  return [...violations, ...unknownFields(unknown, "an event", Object.keys(rules))];
}

/**
 * A character that can be seen: anything but white space, controls and what Unicode lets be ignored in
 * display (joiners, fillers, variation selectors and the like), and but for the Braille pattern without
 * a dot, which has none of these properties. A combining mark can be seen by itself.
 */
const visible = /[^\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Counts code points, as callers do: an emoji is one character, though JavaScript's length says 2. */
function text(longest: number): Rule<string> {
  return (value) => {
    if (typeof value !== "string") return `must be text of 1 to ${longest} characters`;
    if (!value.isWellFormed()) return "must be well-formed Unicode: it holds half a surrogate pair";
    if (!visible.test(value)) return "must not be blank";
    const isTooLong = value.length > 2 * longest || Array.from(value).length > longest;
    return isTooLong ? `must be at most ${longest} characters long` : undefined;
  };
}

export function integer(least: number, most: number, what = "an integer"): Rule<number> {
  return (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most
      ? undefined
      : `must be ${what} from ${least} to ${most}`;
}

function objectOf(levels: number): Rule<Record<string, unknown>> {
  return (value) =>
    !isObject(value)
      ? noObject.detail
      : isDeeperThan(levels, value)
        ? `must be at most ${levels} levels deep`
        : undefined;
}

function is<Value>(test: (value: unknown) => value is Value, otherwise: string): Rule<Value> {
  return (value) => (test(value) ? undefined : otherwise);
}

function oneOf<Value>(values: readonly Value[]): Rule<Value> {
  return (value) => (values.some((each) => each === value) ? undefined : `must be one of ${values.join(", ")}`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Level by level: a function that calls itself would overflow the stack on 100,000 levels. */
function isDeeperThan(levels: number, value: object): boolean {
  let level: object[] = [value];
  for (let depth = 0; depth <= levels; depth++) {
    if (level.length === 0) return false;
    level = level
      .flatMap((inner): unknown[] => Object.values(inner))
      .filter((inner) => typeof inner === "object" && inner !== null);
  }
  return true;
}
