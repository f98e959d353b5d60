import { isDeepStrictEqual } from "node:util";
import type { Answer, Call } from "../../testing/call.ts";
import { perform, resolve, type Fields, type Operation } from "./operations.ts";

/** The only caller that changes its events, so it knows what the API must hold. */
export function makeCaller(call: Call, { isDisturbed = false } = {}) {
  let events: Events = new Map();
  /** Every ETag that each event ever had, across recreations, in order. */
  const seen = new Map<string, string[]>();
  const complaints: string[] = [];

  const get = async (id: string): Promise<Answer> => {
    const answer = await call(`GET /events/${id}`);
    return answer.status === 503 ? get(id) : answer;
  };

  return {
    complaints,
    act: async (drawn: Operation) => {
      const operation = resolve(drawn, seen);
      const answer = await perform(call, operation);
      const isUnknown = answer.status === 503;
      const got = isUnknown && "id" in operation ? await get(operation.id) : answer;
      const after = isUnknown
        ? explainUnknown(events, operation, got)
        : explain(events, operation, answer, isDisturbed);
      if (!after) {
        const stored = JSON.stringify([...events.values()]);
        complaints.push(`${JSON.stringify([operation, answer, got])} with ${stored} stored`);
        return;
      }
      for (const [id, { etag }] of after) {
        if (events.get(id)?.etag === etag) continue;
        if ([...seen.values()].flat().includes(etag)) complaints.push(`The ETag ${etag} was used before.`);
        seen.set(id, [...(seen.get(id) ?? []), etag]);
      }
      events = after;
    },
  };
}

/** `content` is what it was created from. */
interface Known {
  event: Fields;
  etag: string;
  content: Fields;
}

type Events = ReadonlyMap<string, Known>;

const defaults: Fields = { type: "event", status: "active" };

/**
 * The events after an operation, or undefined if the answer is forbidden. Times and ETags, which only the API knows,
 * are learned from the answer. With a database that loses answers (`isDisturbed`), a delete of nothing may be the
 * retry of one that was done: 204.
 */
function explain(events: Events, operation: Operation, answer: Answer, isDisturbed = false): Events | undefined {
  const unlessWrong = (isRight: boolean) => (isRight ? events : undefined);
  if (operation.does === "list")
    return unlessWrong(isDeepStrictEqual(answer.body, pagesOf(events, operation.filters, operation.limit)));
  const known = events.get(operation.id);
  switch (operation.does) {
    case "create":
      return explainCreate(events, operation, answer);
    case "get":
      return unlessWrong(isAnswerToGet(known, operation.condition, answer));
    case "update":
      return explainUpdate(events, operation, answer);
    case "delete":
      if (isDisturbed && answer.status === 204 && !known) return events;
      if (!known) return unlessWrong(isRefusal(answer, 404));
      if (!lets(operation.condition, known)) return unlessWrong(isRefusal(answer, 412));
      if (answer.status !== 204 || answer.body !== undefined) return undefined;
      return new Map([...events].filter(([other]) => other !== operation.id));
  }
}

/**
 * The events after a write with an unknown outcome (503), from what a GET shows afterwards; undefined if that is
 * neither outcome.
 */
function explainUnknown(events: Events, operation: Operation, got: Answer): Events | undefined {
  if (!("id" in operation) || operation.does === "get") return events;
  const { id } = operation;
  if (isAnswerToGet(events.get(id), undefined, got)) return events;
  const done = { create: 201, update: 200, delete: 204 }[operation.does];
  if (operation.does === "delete" && got.status !== 404) return undefined;
  return explain(events, operation, { ...got, status: done, ...(done === 204 && { body: undefined }) });
}

type Doing<Does> = Extract<Operation, { does: Does }>;

function explainCreate(events: Events, operation: Doing<"create">, answer: Answer): Events | undefined {
  const content = { id: operation.id, ...defaults, ...operation.content };
  const known = events.get(operation.id);
  if (known && !isDeepStrictEqual(known.content, content)) return isRefusal(answer, 409) ? events : undefined;
  if (known) return isSuccess(answer, 200, known.event) && etagOf(answer) === known.etag ? events : undefined;
  const { createdAt } = (answer.body ?? {}) as Fields;
  const event = { ...content, createdAt, updatedAt: createdAt, version: 1 };
  return isSuccess(answer, 201, event) ? learn(events, operation.id, event, content, answer) : undefined;
}

function isAnswerToGet(known: Known | undefined, ifNoneMatch: string | undefined, answer: Answer): boolean {
  if (!known) return isRefusal(answer, 404);
  if (etagOf(answer) !== known.etag) return false;
  const isKnown = ifNoneMatch === "*" || ifNoneMatch?.split(", ").some((etag) => etag.replace("W/", "") === known.etag);
  return isKnown ? answer.status === 304 && answer.body === undefined : isSuccess(answer, 200, known.event);
}

function explainUpdate(events: Events, operation: Doing<"update">, answer: Answer): Events | undefined {
  const { id, changes, condition } = operation;
  const known = events.get(id);
  const refusedWith = (status: number) => (isRefusal(answer, status) ? events : undefined);
  if (changes["title"] === null && changes["payload"] === null) return refusedWith(400);
  if (!known) return refusedWith(404);
  const merged = Object.entries({ ...known.event, ...changes }).map(
    ([name, value]) => [name, value ?? defaults[name]] as const,
  );
  const changed: Fields = Object.fromEntries(merged.filter(([, value]) => value !== undefined));
  if (!("title" in changed) && !("payload" in changed)) return refusedWith(400);
  if (!lets(condition, known)) return refusedWith(412);
  const { updatedAt } = (answer.body ?? {}) as Fields;
  const event = { ...changed, updatedAt, version: Number(known.event["version"]) + 1 };
  return isSuccess(answer, 200, event) ? learn(events, id, event, known.content, answer) : undefined;
}

/** All pages, newest first, without the payloads. */
function pagesOf(events: Events, filters: Record<string, string>, limit: number): Fields[][] {
  const position = ({ createdAt, id }: Fields) => `${String(createdAt)} ${String(id)}`;
  const listed = [...events.values()]
    .map(({ event }) => Object.fromEntries(Object.entries(event).filter(([name]) => name !== "payload")))
    .filter((event) => Object.entries(filters).every(([name, value]) => event[name] === value))
    .sort((one, other) => (position(one) < position(other) ? 1 : -1));
  return Array.from({ length: Math.ceil(listed.length / limit) }, (_, page) =>
    listed.slice(page * limit, (page + 1) * limit),
  );
}

function learn(events: Events, id: string, event: Fields, content: Fields, answer: Answer): Events {
  return new Map(events).set(id, { event, etag: etagOf(answer), content });
}

function lets(ifMatch: string | undefined, { etag }: Known): boolean {
  return ifMatch === undefined || ifMatch === "*" || ifMatch.split(", ").includes(etag);
}

/** Whether times and ETags are well formed and everything else is as expected. */
function isSuccess({ status, headers, body }: Answer, expectedStatus: number, expected: Fields): boolean {
  const times = [expected["createdAt"], expected["updatedAt"]].map(String);
  const areTimes = times.every((time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time));
  const isEtag = /^"[^"]+"$/.test(headers["etag"] ?? "");
  return status === expectedStatus && areTimes && isEtag && isDeepStrictEqual(body, expected);
}

function isRefusal({ status, headers, body }: Answer, expected: number): boolean {
  const isProblem = headers["content-type"] === "application/problem+json";
  return isProblem && status === expected && (body as Fields | undefined)?.["status"] === expected;
}

function etagOf({ headers }: Answer): string {
  return headers["etag"] ?? "";
}
