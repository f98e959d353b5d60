const fullDate = /^(\d{4})-(\d\d)-(\d\d)/;
const fullTime = /^[Tt](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * Whether a text is a full date or a date-time with `Z` or an offset, and exists: no 30 February, no
 * 24:00, a second 60 only where leap seconds are put. Not left to Date, which turns 30 February into
 * 1 March and years below 100 into 19xx.
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

/** Leap seconds end a June or a December, in UTC. The year does not matter: any leap year will do. */
function isBeforeNewHalfYear(minute: number): boolean {
  const next = new Date(minute + 60_000).toISOString();
  return next.endsWith("-01-01T00:00:00.000Z") || next.endsWith("-07-01T00:00:00.000Z");
}

function daysIn(year: number, month: number): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}
