import { isDeepStrictEqual } from "node:util";
import type { Answer } from "../../testing/call.ts";
import type { Fields, Operation } from "./operations.ts";

/** `content` is what it was created from. */
interface Known {
  event: Fields;
  etag: string;
  content: Fields;
}

export type Events = ReadonlyMap<string, Known>;

const defaults: Fields = { type: "event", status: "active" };

/**
 * The events after an operation, or undefined if the answer is forbidden. Times and ETags, which only the API knows,
 * are learned from the answer. With a database that loses answers (`isDisturbed`), a delete of nothing may be the
 * retry of one that was done: 204.
 */
export function explain(events: Events, operation: Operation, answer: Answer, isDisturbed = false): Events | undefined {
  switch (operation.does) {
    case "create":
      return explainCreate(events, operation.id, { id: operation.id, ...defaults, ...operation.content }, answer);
    case "get":
      return isAnswerToGet(events.get(operation.id), operation.ifNoneMatch, answer) ? events : undefined;
    case "update":
      return explainUpdate(events, operation.id, operation.changes, operation.ifMatch, answer);
    case "delete":
      if (isDisturbed && answer.status === 204 && !events.has(operation.id)) return events;
      return explainDelete(events, operation.id, operation.ifMatch, answer);
    case "list":
      return isDeepStrictEqual(answer.body, pagesOf(events, operation.filters, operation.limit)) ? events : undefined;
  }
}

/**
 * The events after a write with an unknown outcome (503), from what a GET shows afterwards; undefined if that is
 * neither outcome.
 */
export function explainUnknown(events: Events, operation: Operation, got: Answer): Events | undefined {
  if (!("id" in operation) || operation.does === "get") return events;
  const { id } = operation;
  if (isAnswerToGet(events.get(id), undefined, got)) return events;
  const done = { create: 201, update: 200, delete: 204 }[operation.does];
  if (operation.does === "delete" && got.status !== 404) return undefined;
  return explain(events, operation, { ...got, status: done, ...(done === 204 && { body: undefined }) });
}

function explainCreate(events: Events, id: string, content: Fields, answer: Answer): Events | undefined {
  const known = events.get(id);
  if (!known) {
    const { createdAt } = (answer.body ?? {}) as Fields;
    const expected = { ...content, createdAt, updatedAt: createdAt, version: 1 };
    return isSuccess(answer, 201, expected)
      ? learn(events, id, { event: expected, etag: etagOf(answer), content })
      : undefined;
  }
  const isSame = isDeepStrictEqual(known.content, content);
  const isRight = isSame
    ? isSuccess(answer, 200, known.event) && etagOf(answer) === known.etag
    : isRefusal(answer, 409);
  return isRight ? events : undefined;
}

function isAnswerToGet(known: Known | undefined, ifNoneMatch: string | undefined, answer: Answer): boolean {
  if (!known) return isRefusal(answer, 404);
  if (etagOf(answer) !== known.etag) return false;
  const isKnown = ifNoneMatch === "*" || ifNoneMatch?.split(", ").some((etag) => etag.replace("W/", "") === known.etag);
  return isKnown ? answer.status === 304 && answer.body === undefined : isSuccess(answer, 200, known.event);
}

function explainUpdate(
  events: Events,
  id: string,
  changes: Fields,
  ifMatch: string | undefined,
  answer: Answer,
): Events | undefined {
  const known = events.get(id);
  const refusedWith = (status: number) => (isRefusal(answer, status) ? events : undefined);
  if (changes["title"] === null && changes["payload"] === null) return refusedWith(400);
  if (!known) return refusedWith(404);
  const merged = Object.entries({ ...known.event, ...changes }).map(
    ([name, value]) => [name, value ?? defaults[name]] as const,
  );
  const event: Fields = Object.fromEntries(merged.filter(([, value]) => value !== undefined));
  if (!("title" in event) && !("payload" in event)) return refusedWith(400);
  if (!lets(ifMatch, known)) return refusedWith(412);
  const { updatedAt } = (answer.body ?? {}) as Fields;
  const expected = { ...event, updatedAt, version: Number(known.event["version"]) + 1 };
  return isSuccess(answer, 200, expected)
    ? learn(events, id, { ...known, event: expected, etag: etagOf(answer) })
    : undefined;
}

function explainDelete(events: Events, id: string, ifMatch: string | undefined, answer: Answer): Events | undefined {
  const known = events.get(id);
  if (!known) return isRefusal(answer, 404) ? events : undefined;
  if (!lets(ifMatch, known)) return isRefusal(answer, 412) ? events : undefined;
  return answer.status === 204 && answer.body === undefined
    ? new Map([...events].filter(([other]) => other !== id))
    : undefined;
}

/** All pages, newest first, without the payloads. */
export function pagesOf(events: Events, filters: Record<string, string>, limit: number): Fields[][] {
  const position = ({ createdAt, id }: Fields) => `${String(createdAt)} ${String(id)}`;
  const listed = [...events.values()]
    .map(({ event }) => Object.fromEntries(Object.entries(event).filter(([name]) => name !== "payload")))
    .filter((event) => Object.entries(filters).every(([name, value]) => event[name] === value))
    .sort((one, other) => (position(one) < position(other) ? 1 : -1));
  return Array.from({ length: Math.ceil(listed.length / limit) }, (_, page) =>
    listed.slice(page * limit, (page + 1) * limit),
  );
}

function learn(events: Events, id: string, known: Known): Events {
  return new Map(events).set(id, known);
}

function lets(ifMatch: string | undefined, { etag }: Known): boolean {
  return ifMatch === undefined || ifMatch === "*" || ifMatch.split(", ").includes(etag);
}

/** Whether times and ETags are well formed and everything else is as expected. */
function isSuccess({ status, headers, body }: Answer, expectedStatus: number, expected: Fields): boolean {
  const times = [expected["createdAt"], expected["updatedAt"]].map(String);
  const areTimes = times.every((time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time));
  return (
    status === expectedStatus &&
    areTimes &&
    /^"[^"]+"$/.test(headers["etag"] ?? "") &&
    isDeepStrictEqual(body, expected)
  );
}

function isRefusal({ status, headers, body }: Answer, expected: number): boolean {
  return (
    status === expected &&
    headers["content-type"] === "application/problem+json" &&
    (body as Fields | undefined)?.["status"] === expected
  );
}

function etagOf({ headers }: Answer): string {
  return headers["etag"] ?? "";
}
