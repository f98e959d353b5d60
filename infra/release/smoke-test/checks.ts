import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Routes } from "../_shared/outputs.ts";
import { describe, overHttp, type Answer, type NoAnswer, type Request, type Transport } from "./transports.ts";

/** The event that checks create and read. */
interface Subject {
  id: string;
  /** Whether other callers can delete it at any moment. */
  isExposed: boolean;
}

/** Whether callers can delete events: without sign-in, everyone every event. */
export function canDelete(routes: Routes): boolean {
  return "DELETE /events/{id}" in routes;
}

/**
 * The one event that is left behind. Every deployment creates it again: the answer is 201 once and 200
 * from then on, even after updates. If you change `eventOf`, change these ids: the old id with new content is a
 * conflict, which proves less.
 */
export function lastingSubject(isSignedIn: boolean, routes: Routes): Subject {
  return isSignedIn
    ? { id: "smoke-test-signed-in", isExposed: false }
    : { id: "smoke-test", isExposed: canDelete(routes) };
}

/** The defaults are spelled out, because they are part of the content. So is the organizer: hence two lasting ids. */
const eventOf = (id: string) => ({
  id,
  type: "smoke_test",
  status: "draft",
  title: "Made by the smoke test of each deployment",
});
const post = (body: object): Request => ({ routeKey: "POST /events", body });
const get = (id: string): Request => ({ routeKey: "GET /events/{id}", pathParameters: { id } });

const problemType = "application/problem+json"; // from the functions; API Gateway's own answers are application/json

export interface Check {
  claim: string;
  transport: Transport;
  request: Request;
  expected: string;
  holds: (answer: Answer) => boolean;
}

export interface Clock {
  now: () => number;
  pause: (pause_ms: number, value: undefined, options: { signal?: AbortSignal | undefined }) => Promise<unknown>;
}

export const realClock: Clock = { now: () => performance.now(), pause: wait };

export interface Conditions {
  print: (line: string) => void;
  stop?: AbortSignal;
  /** For a rollback: an answer that says nothing about the functions does not count. */
  isAtOnce?: boolean;
  clock?: Clock;
  timeout_ms?: number;
}

/** Longer than a function may take: API Gateway answers sooner. */
const limit_ms = 15_000;

/** The time that retries may take in a whole run, including the pauses. */
const patience_s = 60;

/**
 * Throws if a check fails, and when told to stop. A check that may pass later is retried after a second, two, four
 * and so on, with a line each time, and fails once a run's retries have taken a minute. Early on, API Gateway may lack
 * the route, its function or its authorizer, or may still have the old one, and a function may lack a new right.
 * Returns the answer that passed; undefined in a rollback if no answer proved anything.
 */
export function checker({ print, stop, isAtOnce = false, clock = realClock, timeout_ms = limit_ms }: Conditions) {
  let left_s = patience_s;
  return async (
    { claim, transport, request, expected, holds }: Check,
    isEarly = false,
  ): Promise<Answer | undefined> => {
    for (let next_s = 1; ; next_s *= 2) {
      const started_ms = clock.now();
      const answer = await transport.send(request, timeout_ms, stop);
      if (answer.status !== undefined && holds(answer)) return answer;
      stop?.throwIfAborted();
      left_s -= (clock.now() - started_ms) / 1000;
      const pause_s = Math.min(next_s, Math.floor(left_s));
      const gave = `gave ${describe(answer)}`;
      if (pause_s < 1 || !mayPass(answer, isEarly)) {
        if (!isAtOnce || !saysNothing(answer))
          throw new Error(`${claim} FAILED: ${transport.describe(request)} should give ${expected}, but ${gave}.`);
        print(`${claim}: UNKNOWN, which does not stop a rollback: ${transport.describe(request)} ${gave}.`);
        return undefined;
      }
      print(`Retrying in ${pause_s} s: ${transport.describe(request)} ${gave}.`);
      left_s -= pause_s;
      await clock.pause(pause_s * 1000, undefined, { signal: stop });
    }
  };
}

export async function smokeTest(
  baseUrl: string,
  {
    signedIn,
    routes,
    check,
    print,
  }: {
    signedIn: Transport | undefined;
    routes: Routes;
    check: ReturnType<typeof checker>;
    print: Conditions["print"];
  },
): Promise<void> {
  const open = overHttp(baseUrl);
  const subject = lastingSubject(signedIn !== undefined, routes);
  const checks = signedIn ? [...refusalsOf(open), ...checksOf(signedIn, subject)] : checksOf(open, subject);
  const early = signedIn ? 2 : 1;
  for (const [index, each] of checks.entries()) {
    const answer = await check(each, index < early);
    if (answer) print(`${each.claim}: ${answer.status} in ${answer.duration_ms.toFixed(0)} ms`);
  }
}

/** By API Gateway itself: if a function refuses it, the route has lost its authorizer. */
function refusalsOf(transport: Transport): Check[] {
  const refused = {
    expected: `401 with {"message":"Unauthorized"}, API Gateway's answer without a token`,
    holds: ({ status, object }: Answer) => status === 401 && object?.["message"] === "Unauthorized",
  };
  return [
    { claim: "Create nothing without a token", transport, request: post({}), ...refused },
    { claim: "Show nothing without a token", transport, request: get(randomUUID()), ...refused },
  ];
}

export function checksOf(transport: Transport, { id, isExposed }: Subject): Check[] {
  const event = eventOf(id);
  const isEvent = ({ object }: Answer) => object?.["id"] === event.id;
  const problem = (status: number, type: string) => ({
    expected: `${status} with a problem of type ${type}`,
    holds: (answer: Answer) =>
      answer.status === status && answer.contentType.startsWith(problemType) && answer.object?.["type"] === type,
  });
  // By another caller, who must not be able to block a release.
  const isTaken = problem(409, "urn:problem-type:conflict").holds;
  const missing = problem(404, "urn:problem-type:not-found");
  return [
    {
      claim: "Create an event repeatedly",
      transport,
      request: post(event),
      expected: `201 or 200 with the event ${event.id}, or 409 if another caller has created it`,
      holds: (answer) => ([200, 201].includes(answer.status) && isEvent(answer)) || isTaken(answer),
    },
    {
      claim: "Read it",
      transport,
      request: get(event.id),
      expected: `200 with the event ${event.id}${isExposed ? ", or 404 if another caller has deleted it" : ""}`,
      holds: (answer) => (answer.status === 200 && isEvent(answer)) || (isExposed && missing.holds(answer)),
    },
    {
      claim: "Refuse an invalid event",
      transport,
      request: post({ ...event, capacity: 0 }),
      ...problem(400, "urn:problem-type:invalid-request"),
    },
    {
      claim: "Answer 404 to an unknown id",
      transport,
      request: get(randomUUID()),
      ...missing,
    },
  ];
}

/** A throttle, a lost answer, or an answer that asks for a retry: it says nothing about the functions. */
function saysNothing(answer: Answer | NoAnswer): boolean {
  return answer.status === undefined ? answer.isLost : [429, 502, 503, 504].includes(answer.status);
}

/**
 * API Gateway itself answers 500 if a function has failed, and sometimes if none has. Early on, a function may lack a
 * right that this deployment has given it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
function mayPass(answer: Answer | NoAnswer, isEarly: boolean): boolean {
  if (saysNothing(answer)) return true;
  if (answer.status === undefined) return isEarly && answer.reason.includes("AccessDenied");
  const { status, contentType, object } = answer;
  const isGateways = typeof object?.["message"] === "string" && !contentType.startsWith(problemType);
  return (isEarly && status === 401) || (isGateways && [500, ...(isEarly ? [403, 404] : [])].includes(status));
}
