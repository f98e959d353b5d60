import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { describe, overHttp, type Answer, type NoAnswer, type Request, type Way } from "./ways.ts";

/**
 * The one event that is left behind. Every deployment creates it again, which is answered 201 once and
 * 200 ever after, whatever it has been changed to. Whoever changes this content has to change the id:
 * the old id with new content is a conflict. The defaults are spelled out, as they belong to the content,
 * and so does the organizer: a stage that begins to ask for tokens, or ends to, needs another id.
 */
const eventOf = (id: string) => ({
  id,
  type: "smoke_test",
  status: "draft",
  title: "Made by the smoke test of each deployment",
});
const [idOfAnybody, idOfSignedIn] = ["smoke-test", "smoke-test-signed-in"];

const post = (body: object): Request => ({ routeKey: "POST /events", body });
const get = (id: string): Request => ({ routeKey: "GET /events/{id}", pathParameters: { id } });

const problemType = "application/problem+json"; // of what our functions refuse; API Gateway's own answers are application/json

interface Check {
  claim: string;
  way: Way;
  request: Request;
  expected: string;
  holds: (answer: Answer) => boolean;
}

export type Pause = (
  pause_ms: number,
  value: undefined,
  options: { signal?: AbortSignal | undefined },
) => Promise<unknown>;

interface Options {
  signedIn?: Way | undefined;
  print?: (line: string) => void;
  pause?: Pause;
  timeout_ms?: number;
  stop?: AbortSignal | undefined;
}

/** Longer than a function may take, which API Gateway tells sooner. */
const limit_ms = 15_000;

/** A new host name, a route's authorizer and the first start of a function take a moment: all pauses together are a minute. */
const pauses_s = [1, 2, 4, 8, 15, 30];

/** Throws at the first check that fails, and when told to stop. Only what may be too early for a route is repeated. */
export async function smokeTest(baseUrl: string, options: Options = {}): Promise<void> {
  const { signedIn, print = console.log, pause = wait, timeout_ms = limit_ms, stop } = options;
  const open = overHttp(baseUrl);
  const checks = signedIn ? [...refusalsOf(open), ...checksOf(signedIn, idOfSignedIn)] : checksOf(open, idOfAnybody);
  const early = signedIn ? 2 : 1;
  for (const [index, check] of checks.entries()) {
    const { claim, way, request, holds } = check;
    let answer = await way.send(request, timeout_ms, stop);
    for (const pause_s of index < early ? pauses_s : []) {
      stop?.throwIfAborted();
      if (!mayBeTooEarly(answer) || (answer.status !== undefined && holds(answer))) break;
      print(`Not yet, once more in ${pause_s} s: ${way.describe(request)} gave ${describe(answer)}.`);
      await pause(pause_s * 1000, undefined, { signal: stop });
      answer = await way.send(request, timeout_ms, stop);
    }
    const { status, duration_ms } = expectPassed(check, answer);
    print(`${claim}: ${status} in ${duration_ms.toFixed(0)} ms`);
  }
}

/** By a way past API Gateway, where nothing is too early; gives how many checks passed. */
export async function tryOnce(way: Way, isSignedIn: boolean, stop?: AbortSignal): Promise<number> {
  const checks = checksOf(way, isSignedIn ? idOfSignedIn : idOfAnybody);
  for (const check of checks) expectPassed(check, await way.send(check.request, limit_ms, stop));
  return checks.length;
}

function expectPassed({ claim, way, request, expected, holds }: Check, answer: Answer | NoAnswer): Answer {
  if (answer.status !== undefined && holds(answer)) return answer;
  throw new Error(`${claim} FAILED: ${way.describe(request)} should give ${expected}, and gave ${describe(answer)}.`);
}

/** By API Gateway itself: where a function refuses it, the route has lost its authorizer. */
function refusalsOf(way: Way): Check[] {
  const refused = {
    expected: '401 with {"message":"Unauthorized"}, as API Gateway answers who has no token',
    holds: ({ status, object }: Answer) => status === 401 && object?.["message"] === "Unauthorized",
  };
  return [
    { claim: "Create nothing without a token", way, request: post({}), ...refused },
    { claim: "Show nothing without a token", way, request: get(randomUUID()), ...refused },
  ];
}

function checksOf(way: Way, id: string): Check[] {
  const event = eventOf(id);
  const isEvent = ({ object }: Answer) => object?.["id"] === event.id;
  const isProblem = ({ contentType, object }: Answer, type: string) =>
    contentType.startsWith(problemType) && object?.["type"] === type;
  return [
    {
      claim: "Create an event, again and again",
      way,
      request: post(event),
      expected: `201 or 200 with the event ${event.id} (after a 409 delete that event, which somebody else has made, and try again)`,
      holds: (answer) => (answer.status === 201 || answer.status === 200) && isEvent(answer),
    },
    {
      claim: "Read it",
      way,
      request: get(event.id),
      expected: `200 with the event ${event.id}`,
      holds: (answer) => answer.status === 200 && isEvent(answer),
    },
    {
      claim: "Refuse what breaks a rule",
      way,
      request: post({ ...event, capacity: 0 }),
      expected: "400 with a problem of type urn:problem-type:invalid-request",
      holds: (answer) => answer.status === 400 && isProblem(answer, "urn:problem-type:invalid-request"),
    },
    {
      claim: "Find no event that nobody has made",
      way,
      request: get(randomUUID()),
      expected: "404 with a problem of type urn:problem-type:not-found",
      holds: (answer) => answer.status === 404 && isProblem(answer, "urn:problem-type:not-found"),
    },
  ];
}

/**
 * No answer at all, or one of API Gateway's own, which has no route or no function yet. Where we
 * answer, nothing is early, except 401 on a route that has no authorizer yet, or still has it.
 */
function mayBeTooEarly(answer: Answer | NoAnswer): boolean {
  if (answer.status === undefined || answer.status === 401) return true;
  const { status, contentType, object } = answer;
  const isGateways = typeof object?.["message"] === "string" && !contentType.startsWith(problemType);
  return isGateways && (status === 403 || status === 404 || status >= 500);
}
