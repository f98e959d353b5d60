import { isDeepStrictEqual } from "node:util";
import type { Answer, Call } from "../../testing/call.ts";
import { perform, resolve, type Fields, type Operation } from "./operations.ts";

/**
 * The only caller that changes its events, so it knows what the API must hold. `call` checks the rest, which
 * functions/openapi.yaml has: that a refusal has its problem, and an event its ETag.
 */
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
 * The events after an operation, or undefined if the answer is forbidden. With a database that loses answers
 * (`isDisturbed`), a delete of nothing may be the retry of one that was done: 204.
 */
function explain(events: Events, operation: Operation, answer: Answer, isDisturbed = false): Events | undefined {
  if (operation.does === "list")
    return isDeepStrictEqual(answer.body, pagesOf(events, operation.filters, operation.limit)) ? events : undefined;
  const known = events.get(operation.id);
  if (isDisturbed && operation.does === "delete" && answer.status === 204 && !known) return events;
  const { status, after } = expected(operation, known, answer);
  const isShown = status === 200 || status === 201;
  if (answer.status !== status) return undefined;
  if (isShown && !isDeepStrictEqual(answer.body, after?.event)) return undefined;
  if ((isShown || status === 304) && answer.headers["etag"] !== after?.etag) return undefined;
  const others = [...events].filter(([id]) => id !== operation.id);
  return new Map(after ? [...others, [operation.id, after]] : others);
}

/**
 * The events after a write with an unknown outcome (503), from what a GET shows afterwards; undefined if that is
 * neither outcome.
 */
function explainUnknown(events: Events, operation: Operation, got: Answer): Events | undefined {
  if (operation.does === "list") return events;
  if (explain(events, { does: "get", id: operation.id }, got)) return events;
  if (operation.does === "get") return undefined;
  if (operation.does === "delete" && got.status !== 404) return undefined;
  return explain(events, operation, { ...got, status: { create: 201, update: 200, delete: 204 }[operation.does] });
}

/**
 * The status of the right answer, and the event after it. Times and ETags of a changed event, which only the API knows,
 * are learned from the answer.
 */
function expected(
  operation: Exclude<Operation, { does: "list" }>,
  known: Known | undefined,
  answer: Answer,
): { status: number; after?: Known | undefined } {
  const { createdAt, updatedAt } = (answer.body ?? {}) as Fields;
  const { etag = "" } = answer.headers;
  const unchanged = (status: number) => ({ status, after: known });
  if (operation.does === "create") {
    const content = { id: operation.id, ...defaults, ...operation.content };
    if (known) return unchanged(isDeepStrictEqual(known.content, content) ? 200 : 409);
    return {
      status: 201,
      after: { event: { ...content, createdAt, updatedAt: createdAt, version: 1 }, etag, content },
    };
  }
  const { condition } = operation;
  switch (operation.does) {
    case "get":
      if (!known) return unchanged(404);
      return unchanged(condition !== undefined && matches(condition.replaceAll("W/", ""), known) ? 304 : 200);
    case "update": {
      const { changes } = operation;
      if (changes["title"] === null && changes["payload"] === null) return unchanged(400);
      if (!known) return unchanged(404);
      const kept = Object.entries({ ...known.event, ...changes }).filter(([, value]) => value !== null);
      const changed: Fields = { ...defaults, ...Object.fromEntries(kept) };
      if (!("title" in changed) && !("payload" in changed)) return unchanged(400);
      if (condition !== undefined && !matches(condition, known)) return unchanged(412);
      const version = Number(known.event["version"]) + 1;
      return { status: 200, after: { ...known, event: { ...changed, updatedAt, version }, etag } };
    }
    case "delete":
      if (!known) return unchanged(404);
      return condition === undefined || matches(condition, known) ? { status: 204 } : unchanged(412);
  }
}

function matches(condition: string, { etag }: Known): boolean {
  return condition === "*" || condition.split(", ").includes(etag);
}

/** All pages, newest first, without the payloads. */
function pagesOf(events: Events, filters: Record<string, string>, limit: number): Fields[][] {
  const position = ({ createdAt, id }: Fields) => `${String(createdAt)} ${String(id)}`;
  const listed = [...events.values()]
    .map(({ event }) => Object.fromEntries(Object.entries(event).filter(([name]) => name !== "payload")))
    .filter((event) => Object.entries(filters).every(([name, value]) => event[name] === value))
    .sort((one, other) => (position(one) < position(other) ? 1 : -1));
  return Array.from({ length: Math.max(1, Math.ceil(listed.length / limit)) }, (_, page) =>
    listed.slice(page * limit, (page + 1) * limit),
  );
}
