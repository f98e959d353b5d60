export const statuses = ["draft", "published", "cancelled", "completed", "active"] as const;

/** Returns what a value must be if it is invalid, or undefined. `passed` exists only for the types. */
export type Rule<Value> = ((value: unknown) => string | undefined) & { passed?: Value };

/** One line per field, from which its type, its place in responses and its storage follow. */
export const rules = {
  id: is(isId, "must be 1 to 128 characters from A-Z a-z 0-9 . _ ~ -, but not . or .."),
  type: text(100),
  title: text(200),
  description: text(1000),
  date: is(
    isDateOrDateTime,
    "must be a valid date (2026-03-15) or date-time with Z or an offset (2026-03-15T18:00:00+08:00)",
  ),
  location: text(200),
  capacity: integer(1, 100_000),
  organizer: text(100),
  status: oneOf(statuses),
  payload: objectOf(200),
} satisfies Record<string, Rule<unknown>>;

export const defaults = { type: "event", status: "active" } as const;

const readOnly = ["image", "rejectedImage", "createdAt", "updatedAt", "version"];

/** The fields that callers see, in this order. */
export const shownFields = [...Object.keys(rules), ...readOnly];

type Fields = { [Name in keyof typeof rules]: NonNullable<(typeof rules)[Name]["passed"]> };
type AlwaysSet = "id" | keyof typeof defaults;

/** What a caller sets in an event, with defaults applied. */
export type NewEvent = Pick<Fields, AlwaysSet> & Partial<Omit<Fields, AlwaysSet>>;

export type Event = NewEvent & {
  createdAt: string;
  updatedAt: string;
  version: number;
  image?: Image & Uploaded;
  rejectedImage?: RejectedImage & Uploaded;
  /** Distinguishes this event from an earlier one with the same id. Hidden, but part of the ETag. */
  incarnation: string;
};

/** The formats that Rekognition reads. */
export const contentTypes = ["image/jpeg", "image/png"] as const;

export type ContentType = (typeof contentTypes)[number];

export const maxImageBytes = 5 * 1024 * 1024;

/**
 * The image of an event, as callers see it. `labels` and `labelledAt` are absent if labelling is off;
 * `confidence` is a percentage.
 */
export interface Image {
  contentType: ContentType;
  size: number;
  labels?: { name: string; confidence: number }[];
  labelledAt?: string;
}

/** Why an upload was rejected. */
export interface RejectedImage {
  detail: string;
  rejectedAt: string;
}

/**
 * The number of the upload that something came from. Upload URLs are counted per event, so a later
 * upload has a greater number, whatever the clocks say.
 */
export interface Uploaded {
  upload: number;
}

/** 1 to 128 characters that need no encoding in a path, except `.` and `..`, which URL parsers resolve. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,128}$/.test(value);
}

/**
 * A visible character: not white space, a control or what Unicode marks as ignorable in display (joiners,
 * fillers, variation selectors and the like), nor the blank Braille pattern, which has none of these
 * properties. A combining mark is visible by itself.
 */
const visible = /[^\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Counts code points, as callers do: an emoji is one character, though its JavaScript length is 2. */
function text(max: number): Rule<string> {
  return (value) => {
    if (typeof value !== "string") return `must be a string of 1 to ${max} characters`;
    if (!value.isWellFormed()) return "must be well-formed Unicode: it contains a lone surrogate";
    if (!visible.test(value)) return "must not be blank";
    const isTooLong = value.length > 2 * max || Array.from(value).length > max;
    return isTooLong ? `must be at most ${max} characters long` : undefined;
  };
}

export function integer(min: number, max: number, what = "an integer"): Rule<number> {
  return (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : `must be ${what} from ${min} to ${max}`;
}

function objectOf(levels: number): Rule<Record<string, unknown>> {
  return (value) =>
    !isObject(value)
      ? "must be a JSON object"
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

/** Level by level: recursion would overflow the stack at 100,000 levels. */
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

export function isNameOf<Name extends string>(rules: Record<Name, unknown>, name: string): name is Name {
  return Object.hasOwn(rules, name);
}

const fullDate = /^(\d{4})-(\d\d)-(\d\d)/;
const fullTime = /^[Tt](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * Whether a text is a full date or a date-time with `Z` or an offset, and exists: no 30 February, no
 * 24:00, a second 60 only where leap seconds occur. Date does not do: it turns 30 February into 1 March
 * and years below 100 into 19xx.
 *
 * RFC 3339, sections 5.6 and 5.7; a fraction of a second has at most nine digits here.
 */
export function isDateOrDateTime(text: unknown): text is string {
  const date = typeof text === "string" && fullDate.exec(text);
  if (!date) return false;
  const [year = 0, month = 0, day = 0] = date.slice(1).map(Number);
  if (day < 1 || day > daysIn(year, month)) return false;
  const time = text.slice("2026-03-15".length);
  return time === "" || isTime(time, month, day);
}

function isTime(text: string, month: number, day: number): boolean {
  const time = fullTime.exec(text);
  if (!time) return false;
  const [hour = 0, minute = 0, second = 0] = time.slice(1, 4).map(Number);
  const [offsetHour, offsetMinute] = [Number(time[5] ?? 0), Number(time[6] ?? 0)];
  if (hour > 23 || minute > 59 || offsetHour > 23 || offsetMinute > 59) return false;
  if (second < 60) return true;
  const offset = (offsetHour * 60 + offsetMinute) * (time[4] === "-" ? -1 : 1);
  return second === 60 && isBeforeNewHalfYear(Date.UTC(2000, month - 1, day, hour, minute - offset));
}

/** Leap seconds end June or December, in UTC. The year does not matter: any leap year will do. */
function isBeforeNewHalfYear(minute: number): boolean {
  const next = new Date(minute + 60_000).toISOString();
  return next.endsWith("-01-01T00:00:00.000Z") || next.endsWith("-07-01T00:00:00.000Z");
}

function daysIn(year: number, month: number): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}
