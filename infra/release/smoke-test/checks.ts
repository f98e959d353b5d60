import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { describe, overHttp, type Answer, type NoAnswer, type Request, type Transport } from "./transports.ts";

/**
 * The one event that is left behind. Every deployment creates it again: the answer is 201 once and 200
 * from then on, even after updates. If you change this content, change the id: the old id with
 * new content is a conflict, which proves less. The defaults are spelled out because they are part of the content. So
 * is the organizer: a stage that turns sign-in on or off needs another id.
 */
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
 * the route, its function or its authorizer, or may still have the old one.
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
    check,
    print,
  }: { signedIn?: Transport | undefined; check: ReturnType<typeof checker>; print: Conditions["print"] },
): Promise<void> {
  const open = overHttp(baseUrl);
  const checks = signedIn ? [...refusalsOf(open), ...checksOf(signedIn, true)] : checksOf(open, false);
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

export function checksOf(transport: Transport, isSignedIn: boolean): Check[] {
  const event = eventOf(isSignedIn ? "smoke-test-signed-in" : "smoke-test");
  const isEvent = ({ object }: Answer) => object?.["id"] === event.id;
  const problem = (status: number, type: string) => ({
    expected: `${status} with a problem of type ${type}`,
    holds: (answer: Answer) =>
      answer.status === status && answer.contentType.startsWith(problemType) && answer.object?.["type"] === type,
  });
  // By another caller, who must not be able to block a release.
  const isTaken = problem(409, "urn:problem-type:conflict").holds;
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
      expected: `200 with the event ${event.id}`,
      holds: (answer) => answer.status === 200 && isEvent(answer),
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
      ...problem(404, "urn:problem-type:not-found"),
    },
  ];
}

/** A throttle, a lost answer, or an answer that asks for a retry: it says nothing about the functions. */
function saysNothing(answer: Answer | NoAnswer): boolean {
  return answer.status === undefined ? answer.isLost : [429, 502, 503, 504].includes(answer.status);
}

/** API Gateway itself answers 500 if a function has failed, and sometimes if none has. */
function mayPass(answer: Answer | NoAnswer, isEarly: boolean): boolean {
  if (answer.status === undefined || saysNothing(answer)) return saysNothing(answer);
  const { status, contentType, object } = answer;
  const isGateways = typeof object?.["message"] === "string" && !contentType.startsWith(problemType);
  return (isEarly && status === 401) || (isGateways && [500, ...(isEarly ? [403, 404] : [])].includes(status));
}
