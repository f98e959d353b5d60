import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readFunctions } from "../build/functions.ts";
import { runSources } from "../local/runtime/running-functions.ts";
import { startStack } from "../local/stack.ts";
import { has, needs, speedUpTimers } from "../testing/api.ts";
import { serve } from "../testing/serve.ts";
import { moveAlias, startAws, type Invoked } from "./_tests/aws-stand-in.ts";
import { forward } from "./_tests/forward.ts";
import { failureOf, outputs, runBundle, startBundle } from "./_tests/run-bundle.ts";
import { readOutputs, stackIn, type Stack } from "./_shared/outputs.ts";
import { rollBack } from "./release/aliases.ts";
import { release, type Options } from "./release/canary.ts";
import type { Clock } from "./smoke-test/checks.ts";

const prefix = "events-api-test-";
const routes = Object.fromEntries(
  readFunctions().flatMap((folder) => folder.routes.map((route) => [route, `${prefix}${folder.name}`])),
);
speedUpTimers();
const { apiUrl, invoke } = await startFunctions();
const aws = await startAws(invoke);
const front = await startFront();
const [changed, changedWithoutRoute, unchanged, labelImage] = [
  `${prefix}get-event`,
  `${prefix}sweep-events`,
  `${prefix}create-event`,
  `${prefix}label-image`,
];
const withoutRoute = [changedWithoutRoute, ...(has("label-image") ? [labelImage] : [])];
const stack: Stack = {
  name: "events-api-test",
  region: { region: "eu-north-1" },
  baseUrl: front.url,
  functionNames: [...new Set([...withoutRoute, ...Object.values(routes)])],
  routes,
  isSignedIn: false,
  canary: { percent: 10, minutes: 0.5 },
};

beforeEach(() => {
  const environment = {
    AWS_ENDPOINT_URL_LAMBDA: aws.url,
    AWS_ENDPOINT_URL_CLOUDWATCH: aws.url,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "deploy",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  for (const name of stack.functionNames) {
    const versions = name === changed || name === changedWithoutRoute ? [256, 256, 512] : [256, 256];
    aws.functions.set(name, {
      versions,
      latest: versions.at(-1) ?? 0,
      alias: { version: "2", weights: {}, revision: 1 },
    });
  }
  Object.assign(aws, { alarms: [], moves: [], invoked: [], answer: invoke, fault: () => undefined });
  front.answer = () => undefined;
});
afterEach(() => {
  vi.clearAllTimers(); // time limits of calls that were answered; hundreds of them make the fake clock slow
  vi.unstubAllEnvs();
});

/** The functions, over HTTP and by Invoke, whatever the version. */
async function startFunctions() {
  const { url: apiUrl, functions, stop } = await startStack({ run: runSources });
  afterAll(stop);
  const running = await functions.routes();
  const invokeOne = async ({ target, event }: Invoked) =>
    target.startsWith(`${labelImage}:`)
      ? functions.invoke("label-image", event)
      : running.find(({ routeKey }) => routeKey === event["routeKey"])?.invoke(event);
  return { apiUrl, invoke: invokeOne };
}

/** What callers reach over HTTP; a test may replace its answers. */
async function startFront() {
  const itself: { url: string; answer: () => readonly [status: number, body: string] | undefined } = {
    url: "",
    answer: () => undefined,
  };
  itself.url = await serve((request, response) => {
    const own = itself.answer();
    if (own) response.writeHead(own[0], { "content-type": "application/json" }).end(own[1]);
    else void forward(request, response, apiUrl);
  });
  return itself;
}

interface Ran {
  /** Without their durations, and with ID in the name of the release's own event. */
  lines: string[];
  sentence: string | undefined;
}

/** The time on the clock of a release. */
let now_ms = 0;

/** Runs it with pauses that take no time and calls `onPause` with the number of each, from 1. */
async function run({
  onPause = () => undefined,
  of = stack,
  ...options
}: Partial<Options> & { onPause?: (pause: number) => void; of?: Stack } = {}): Promise<Ran> {
  const lines: string[] = [];
  let pauses = 0;
  const print = (line: string) => {
    lines.push(line.replace(/ in \d+ ms$/, "").replace(/(?<=\/events\/smoke-test-)[0-9a-f-]{36}/, "ID"));
  };
  const pause = (pause_ms: number) => {
    now_ms += pause_ms;
    pauses += 1;
    onPause(pauses);
    return Promise.resolve();
  };
  const clock = { now: () => now_ms, pause };
  const sentence = await failureOf(release(of, { stop: new AbortController().signal, print, clock, ...options }));
  return { lines, sentence };
}

const names = [changed, changedWithoutRoute];
const after = (text: string) => names.map((name) => `${name} ${text}`);
const [onTrial, toAll, released, back] = [after("2, 3: 10 %"), after("2, 3: 100 %"), after("3"), after("2")];
const [broken, tooMany] = [[500, ""] as const, [429, '{"message":"Too Many Requests"}'] as const];
const moving = names.map((name) => `UpdateAlias ${name}`);
const denied = { status: 403, type: "AccessDeniedException", message: "It may not." };
const throttled = { status: 429, type: "TooManyRequestsException", message: "Rate exceeded." };
const tested = ["Create an event repeatedly", "Read it", "Refuse an invalid event", "Answer 404 to an unknown id"];
const calls = 4 + Object.keys(routes).length + (has("label-image") ? 1 : 0);
const inWords = "get-event 2 -> 3, sweep-events 2 -> 3";
const red = { AlarmName: `${prefix}errors`, StateValue: "ALARM", StateReason: "Too\nmany." } as const;
const itIsRed = `The alarm ${prefix}errors is red: Too many.\nRelease the fix with --at-once, as the workflow Deploy does when started by hand with a commit.`;

function setAlias(name: string, values: object): void {
  Object.assign(aws.functions.get(name)?.alias ?? {}, values);
}

function releaseEverything(): void {
  for (const { alias, versions } of aws.functions.values()) alias.version = String(versions.length);
}

/** Version 3 of this function fails. */
const failing = (name: string) => (invoked: Invoked) =>
  invoked.target === `${name}:3` ? Promise.reject(new Error("A mistake.")) : invoke(invoked);

describe("a release", () => {
  test("gives the new versions part of the calls, then all, and prints each step", async () => {
    aws.alarms.push({ ...red, StateValue: "OK" }, { ...red, StateValue: "INSUFFICIENT_DATA" });
    const { lines, sentence } = await run();
    expect([sentence, aws.moves]).toEqual([undefined, [...onTrial, ...toAll, ...released]]);
    expect(lines.map((line) => line.replace(/: 20[01]$/, ": 20x"))).toEqual([
      `0 % to the new versions, ${inWords}: ${calls} of our own calls answered.`,
      "10 % to the new versions for 0.5 minutes.",
      ...[30, 20, 10, 0].map((left_s) => `10 %: ${calls} calls answered, none of 2 alarms red, ${left_s} s to go.`),
      "100 % to the new versions, on trial.",
      `${tested[0] ?? ""}: 20x`,
      `${tested[1] ?? ""}: 20x`,
      `${tested[2] ?? ""}: 400`,
      `${tested[3] ?? ""}: 404`,
      `Released: ${inWords}.`,
    ]);
  });

  test("gives the new versions part of the calls for that time, however long its own calls take", async () => {
    aws.answer = (invoked) => {
      now_ms += 1000;
      return invoke(invoked);
    };
    const { lines } = await run();
    const left_s = lines.flatMap((line) => /^10 %: .*, (\d+) s to go\.$/.exec(line)?.[1] ?? []).map(Number);
    expect(left_s).toEqual([30 - calls, Math.max(30 - calls - 10 - calls, 0), ...(calls < 10 ? [0] : [])]);
  });

  test("calls the newest version of every function that has a route, and label-image, before callers get it and while they do", async () => {
    await run();
    const { "DELETE /events/{id}": last, ...others } = routes;
    const called = [unchanged, changed, unchanged, changed, ...Object.values(others), ...(last ? [last] : [])];
    const once = [...called, ...withoutRoute.slice(1)].map((name) => `${name}:${name === changed ? 3 : 2}`);
    expect(aws.invoked.map(({ target }) => target)).toEqual(Array(5).fill(once).flat());
  });

  /** The statuses of the first call of each route, and of the last. */
  async function statusesOf(of: Stack) {
    const [first, last]: [Record<string, number>, Record<string, number>] = [{}, {}];
    aws.answer = async (invoked) => {
      const answer = await invoke(invoked);
      const { routeKey } = invoked.event;
      if (typeof routeKey === "string") {
        last[routeKey] = (answer as { statusCode: number }).statusCode;
        first[routeKey] ??= last[routeKey];
      }
      return answer;
    };
    expect((await run({ of })).sentence).toBeUndefined();
    return [first, last];
  }

  const unknownIn = (of: object) =>
    Object.fromEntries(
      Object.keys(of)
        .filter((route) => route.includes("{id}"))
        .map((route) => [route, 404]),
    );

  test("first succeeds at each route with an event of its own, then asks for unknown ids", async () => {
    needs("list-events", "update-event", "delete-event", "create-upload-url", "get-image");
    const [first, last] = await statusesOf(stack);
    expect(first).toEqual({
      "POST /events": 201,
      "GET /events/{id}": 200,
      "GET /events": 200,
      "PUT /events/{id}": 200,
      "PATCH /events/{id}": 200,
      "POST /events/{id}/upload-url": 201,
      "GET /events/{id}/image": 404,
      "DELETE /events/{id}": 204,
    });
    expect(last).toEqual({ "POST /events": 400, "GET /events": 200, ...unknownIn(routes) });
  });

  test("asks only for unknown ids if it cannot delete, which each function looks for in the database", async () => {
    const kept = Object.entries(routes).filter(([route]) => !route.startsWith("DELETE "));
    const withoutDelete = Object.fromEntries(kept);
    const [first, last] = await statusesOf({ ...stack, routes: withoutDelete });
    expect(first).toMatchObject({ ...unknownIn(withoutDelete), "GET /events/{id}": 200 });
    expect(last).toMatchObject(unknownIn(withoutDelete));
  });

  test("calls as a signed-in caller if the stage requires it, otherwise anonymously", async () => {
    for (const isSignedIn of [true, false]) {
      aws.invoked = [];
      await run({ of: { ...stack, isSignedIn } });
      const claims = { jwt: { claims: { sub: "smoke-test", token_use: "access" }, scopes: null } };
      const expected = isSignedIn ? claims : undefined;
      expect(aws.invoked.length).toBeGreaterThan(0);
      for (const { event } of aws.invoked.filter(({ target }) => !target.startsWith(`${labelImage}:`)))
        expect((event["requestContext"] as { authorizer?: object }).authorizer).toEqual(expected);
    }
  });

  test("changes none of the callers' events", async () => {
    needs("list-events");
    const list = async () => (await fetch(`${apiUrl}/events`)).json() as Promise<{ events: { id: string }[] }>;
    const made = await fetch(`${apiUrl}/events`, {
      method: "POST",
      body: '{"title":"Mine"}',
      headers: { "content-type": "application/json" },
    });
    const { id } = (await made.json()) as { id: string };
    const before = (await list()).events.filter((event) => event.id !== "smoke-test");
    await run();
    expect((await list()).events.filter((event) => event.id !== "smoke-test")).toEqual(before);
    expect((await fetch(`${apiUrl}/events/${id}`)).status).toBe(200);
  });

  test.each([
    ["without a canary if its time is 0", { of: { ...stack, canary: { percent: 10, minutes: 0 } } }],
    ["at once on request, whatever the alarms say", { isAtOnce: true }],
  ])("moves %s", async (what, options) => {
    if (what.startsWith("at once")) aws.alarms.push(red);
    const { sentence } = await run(options);
    expect([sentence, aws.moves]).toEqual([undefined, [...toAll, ...released]]);
  });

  test("runs only the smoke test if nothing is new", async () => {
    releaseEverything();
    aws.alarms.push(red);
    const { lines, sentence } = await run();
    expect([lines[0], lines.length, sentence, aws.moves]).toEqual([
      "Nothing to release: callers get the newest version of every function.",
      5,
      undefined,
      [],
    ]);
  });

  test("fails if the API is broken, even with nothing new", async () => {
    releaseEverything();
    front.answer = () => broken;
    expect((await run()).sentence).toMatch(/^Create an event repeatedly FAILED: .*, but gave 500 /);
    expect(aws.moves).toEqual([]);
  });
});

describe("a release does not begin", () => {
  test("with a red alarm of this stack", async () => {
    aws.alarms.push({ ...red, StateValue: "OK" }, red);
    expect([await run(), aws.moves, aws.invoked]).toEqual([
      { lines: [], sentence: `Not released. ${itIsRed}` },
      [],
      [],
    ]);
  });

  test("but does with a red alarm of another stack", async () => {
    aws.alarms.push({ ...red, AlarmName: "events-api-other-errors" }, { ...red, AlarmName: "events-api-testing" });
    expect((await run()).sentence).toBeUndefined();
  });

  test("with a new version that fails its first call", async () => {
    aws.answer = failing(changed);
    const { lines, sentence } = await run();
    expect([lines, aws.moves]).toEqual([[], []]);
    expect(sentence).toMatch(
      new RegExp(
        `^Not released\\. Read it FAILED: GET /events/smoke-test\\S* \\(${changed}:3\\) should .*, but gave an error of the function: .*A mistake\\.`,
      ),
    );
  });

  test("until a right that the deployment has given a function arrives", async () => {
    let denied = 3;
    const answer = '{"errorType":"AccessDeniedException","errorMessage":"It may not yet."}';
    aws.answer = (invoked) => (denied-- > 0 ? Promise.reject(new Error(answer)) : invoke(invoked));
    const { lines, sentence } = await run();
    expect([sentence, lines.filter((line) => line.startsWith("Retrying")).length]).toEqual([undefined, 3]);
  });

  test("with a new version of label-image, which has no route, that cannot load", async () => {
    needs("label-image");
    Object.assign(aws.functions.get(labelImage) ?? {}, { versions: [256, 256, 512], latest: 512 });
    aws.answer = failing(labelImage);
    expect([(await run()).sentence, aws.moves]).toEqual([
      `Not released. Run label-image FAILED: a notification without records (${labelImage}:3) should give no error, but gave an error of the function: {"errorMessage":"Error: A mistake."}.`,
      [],
    ]);
  });

  test.each([
    ["an error", { statusCode: 503, body: "{}" }, "503 {}"],
    ["null", null, "no answer \\(the function returned null\\)"],
  ])("with a new version that answers one route with %s", async (_what, answer, gave) => {
    needs("delete-event");
    aws.answer = (invoked) =>
      invoked.event["routeKey"] === "DELETE /events/{id}" ? Promise.resolve(answer) : invoke(invoked);
    const { sentence } = await run();
    expect(sentence).toMatch(
      new RegExp(
        `^Not released\\. Answer DELETE /events/\\{id\\} FAILED: DELETE /events/smoke-test-[0-9a-f-]{36} \\(${prefix}delete-event:2\\) should give a status below 500, but gave ${gave}`,
      ),
    );
    expect(aws.moves).toEqual([]);
  });

  test.each([
    [
      "was changed by hand",
      { versions: [256], latest: 512 },
      "The newest version of events-api-test-get-event, 1, differs from \\$LATEST: .*publish-version --function-name events-api-test-get-event$",
    ],
    [
      "has no version",
      { versions: [], latest: 256 },
      "events-api-test-get-event has no version: apply the Terraform first\\.$",
    ],
  ])("of a function that %s", async (_what, its, expected) => {
    Object.assign(aws.functions.get(changed) ?? {}, its);
    expect((await run()).sentence).toMatch(new RegExp(`^${expected}`));
    expect(aws.moves).toEqual([]);
  });

  test("of a function that does not exist", async () => {
    expect((await run({ of: { ...stack, functionNames: [...stack.functionNames, `${prefix}x`] } })).sentence).toBe(
      `${prefix}x: Function not found: ${prefix}x`,
    );
    expect(aws.moves).toEqual([]);
  });
});

describe("a release puts every function back", () => {
  const itSays = (reason: string) => [
    `Back to the previous versions. ${reason}`,
    ...names.map((name) => `${name}: back to version 2.`),
  ];

  test("when an alarm goes red", async () => {
    const { lines, sentence } = await run({
      onPause: (pause) => {
        if (pause === 2) aws.alarms.push(red);
      },
    });
    expect([sentence, lines.slice(-3), aws.moves]).toEqual([
      `Not released. ${itIsRed}`,
      itSays(itIsRed),
      [...onTrial, ...back],
    ]);
  });

  test("when one of its own calls fails", async () => {
    const { lines, sentence } = await run({
      onPause: () => {
        aws.answer = failing(changed);
      },
    });
    expect(sentence).toMatch(/^Not released\. Read it FAILED: .*A mistake\./);
    expect([lines.slice(-2), aws.moves]).toEqual([itSays("").slice(1), [...onTrial, ...back]]);
  });

  test("when the smoke test fails, though all calls go to the new versions", async () => {
    front.answer = () => (aws.moves.includes(toAll[1] ?? "") ? broken : undefined);
    const { sentence } = await run();
    expect(sentence).toMatch(/^Not released\. Create an event repeatedly FAILED: POST .*, but gave 500 /);
    expect(aws.moves).toEqual([...onTrial, ...toAll, ...back]);
  });

  test("when an alarm goes red during the smoke test", async () => {
    front.answer = () => {
      if (aws.moves.includes(toAll[1] ?? "")) aws.alarms = [red];
      return undefined;
    };
    expect((await run()).sentence).toBe(`Not released. ${itIsRed}`);
    expect(aws.moves).toEqual([...onTrial, ...toAll, ...back]);
  });

  test("when told to stop, without waiting for a pause to end", async () => {
    const stopping = new AbortController();
    const pause: Clock["pause"] = (_pause_ms, _value, options) => {
      stopping.abort(new Error("Interrupted by SIGINT."));
      return wait(600_000, undefined, options);
    };
    const { sentence } = await run({ stop: stopping.signal, clock: { now: () => 0, pause } });
    expect([sentence, aws.moves]).toEqual(["Not released. Interrupted by SIGINT.", [...onTrial, ...back]]);
  });

  test("when told to stop during the smoke test", async () => {
    const stopping = new AbortController();
    front.answer = () => {
      stopping.abort(new Error("Interrupted by SIGTERM."));
      return tooMany;
    };
    const { sentence } = await run({ stop: stopping.signal });
    expect([sentence, aws.moves]).toEqual(["Not released. Interrupted by SIGTERM.", [...onTrial, ...toAll, ...back]]);
  });

  test("when Lambda refuses to move one, including those that already have the new version", async () => {
    aws.fault = (call) => (call === moving[1] && aws.moves.at(-1) === released[0] ? denied : undefined);
    const { lines, sentence } = await run();
    expect([sentence, aws.moves]).toEqual(["Not released. It may not.", [...onTrial, ...toAll, released[0], ...back]]);
    expect(lines.slice(-3)).toEqual(itSays("It may not."));
  });

  test("when the answer to a move is lost for good, though the alias has moved", async () => {
    let resets = 0;
    aws.fault = (call) => {
      if (call !== moving[0]) return undefined;
      if (aws.moves.at(-1) === toAll[1]) return "lost answer";
      return aws.moves.at(-1) === released[0] && ++resets < 5 ? "reset" : undefined;
    };
    const { lines, sentence } = await run();
    expect(sentence).toMatch(/^Not released\. /);
    expect([lines.slice(-2), aws.moves]).toEqual([itSays("").slice(1), [...onTrial, ...toAll, released[0], ...back]]);
  });

  test("that it can, and names those it cannot", async () => {
    aws.fault = (call) => (call === moving[0] && aws.moves.length >= 2 ? denied : undefined);
    const { lines } = await run();
    expect([lines.slice(-2), aws.moves]).toEqual([
      [`${changed}: NOT put back. It may not.`, `${changedWithoutRoute}: back to version 2.`],
      [...onTrial, back[1]],
    ]);
  });

  test("except one that another process has moved", async () => {
    const { lines, sentence } = await run({
      onPause: (pause) => {
        if (pause === 1) moveAlias(aws, changed, "1", {});
      },
    });
    const moved = `Another process has moved the alias of ${changed}.`;
    expect([sentence, lines.slice(-2)]).toEqual([
      `Not released. ${moved}`,
      [`${changed}: NOT put back. ${moved}`, `${changedWithoutRoute}: back to version 2.`],
    ]);
    expect(aws.moves).toEqual([...onTrial, `${changed} 1`, back[1]]);
  });
});

type Fault = ReturnType<typeof aws.fault>;

/** Faults of the first calls of this kind only. */
function first(kind: string, ...faults: Fault[]): typeof aws.fault {
  return (call) => (call.startsWith(kind) ? faults.shift() : undefined);
}

const invoking = `Invoke ${changed}`;
const unavailable = { statusCode: 503, body: '{"type":"urn:problem-type:unavailable"}' };
const reading = `GET /events/smoke-test (${changed}:3)`;

describe("a release continues after", () => {
  test.each<[string, typeof aws.fault, string[]]>([
    [
      "a throttle of one of its own calls",
      first(invoking, throttled),
      ["1 s: Read it gave no answer (Rate exceeded.)"],
    ],
    ["a reset of one", first(invoking, "reset"), ["1 s: Read it gave no answer (socket hang up)"]],
    [
      "repeated errors of Lambda itself",
      first(invoking, ...Array<typeof throttled>(3).fill({ status: 500, type: "ServiceException", message: "Oops." })),
      [1, 2, 4].map((pause_s) => `${pause_s} s: Read it gave no answer (Oops.)`),
    ],
    ["a throttle of DescribeAlarms", first("DescribeAlarms", { ...throttled, type: "Throttling" }), []],
    ["a throttle of a move", first("UpdateAlias", throttled, throttled), []],
    ["a reset of a move", first("UpdateAlias", "reset"), []],
    ["a lost answer to a move", first("UpdateAlias", "lost answer"), []],
  ])("%s, and prints each retry", async (_what, fault, repeated) => {
    aws.fault = (call) => (aws.moves.length >= onTrial.length ? fault(call) : undefined);
    const { lines, sentence } = await run();
    expect([sentence, aws.moves]).toEqual([undefined, [...onTrial, ...toAll, ...released]]);
    expect(lines.filter((line) => line.startsWith("Retrying"))).toEqual(
      repeated.map((text) => `Retrying in ${text.replace("Read it", reading)}.`),
    );
  });

  test("a function's own 503, which asks for a retry", async () => {
    let left = 1;
    aws.answer = (invoked) =>
      invoked.target === `${changed}:3` && left-- > 0 ? Promise.resolve(unavailable) : invoke(invoked);
    const { lines, sentence } = await run();
    expect([sentence, aws.moves]).toEqual([undefined, [...onTrial, ...toAll, ...released]]);
    const shown = lines[0]?.replace("/smoke-test-ID ", "/smoke-test ").replace(/smoke-test-[0-9a-f-]{36}/, "ID");
    expect(shown).toBe(`Retrying in 1 s: ${reading} gave 503 ${unavailable.body} (apigw-requestid ID).`);
  });

  test("a 429 for the first and the third call of the smoke test", async () => {
    let call = 0;
    front.answer = () => ([1, 3].includes(++call) ? tooMany : undefined);
    const { lines, sentence } = await run();
    expect([sentence, aws.moves]).toEqual([undefined, [...onTrial, ...toAll, ...released]]);
    const gave = `gave 429 ${tooMany[1]} (apigw-requestid missing).`;
    expect(lines.filter((line) => line.startsWith("Retrying"))).toEqual([
      `Retrying in 1 s: POST ${front.url}/events ${gave}`,
      `Retrying in 1 s: GET ${front.url}/events/smoke-test ${gave}`,
    ]);
  });
});

describe("a release fails after a minute of retries", () => {
  const pauses_s = [1, 2, 4, 8, 16, 29];

  test("if a function answers 503 all that time", async () => {
    aws.answer = (invoked) => (invoked.target === `${changed}:3` ? Promise.resolve(unavailable) : invoke(invoked));
    const { lines, sentence } = await run();
    expect([lines.map((line) => /^Retrying in (\d+) s: GET /.exec(line)?.[1]), aws.moves]).toEqual([
      pauses_s.map(String),
      [],
    ]);
    expect(sentence).toMatch(/^Not released\. Read it FAILED: GET .*, but gave 503 /);
  });

  test("if every call is throttled from time to time", async () => {
    let call = 0;
    aws.fault = (operation) => (operation.startsWith("Invoke") && ++call % 2 === 1 ? throttled : undefined);
    const { lines, sentence } = await run({ of: { ...stack, canary: { percent: 10, minutes: 15 } } });
    expect(lines.filter((line) => line.startsWith("Retrying in 1 s")).length).toBe(60);
    expect(sentence).toMatch(/^Not released\. .* FAILED: .*, but gave no answer \(Rate exceeded\.\)\.$/);
  });
});

describe("a rollback completes", () => {
  const wayBack = { isAtOnce: true };
  const isUnknown = (line: string) => line.includes(": UNKNOWN, which does not stop a rollback: ");

  test.each<[string, () => void]>([
    ["API Gateway throttles everyone", () => (front.answer = () => tooMany)],
    ["Lambda throttles everyone", () => (aws.fault = (call) => (call.startsWith("Invoke") ? throttled : undefined))],
    ["no function can reach the database", () => (aws.answer = () => Promise.resolve(unavailable))],
    ["nothing is answered", () => (aws.fault = (call) => (call.startsWith("Invoke") ? "reset" : undefined))],
  ])("though %s, after a minute, and prints what is unknown", async (_what, breakIt) => {
    breakIt();
    const { lines, sentence } = await run(wayBack);
    expect([sentence, aws.moves, lines.at(-1)]).toEqual([undefined, [...toAll, ...released], `Released: ${inWords}.`]);
    expect(lines.filter((line) => line.startsWith("Retrying")).length).toBe(6);
    expect(lines.some(isUnknown)).toBe(true);
  });

  test("though API Gateway throttles everyone and nothing is new", async () => {
    releaseEverything();
    front.answer = () => tooMany;
    const { lines, sentence } = await run(wayBack);
    expect([sentence, lines.filter(isUnknown).length]).toEqual([undefined, 4]);
  });

  test("but not if a function is wrong, or API Gateway finds none that works", async () => {
    front.answer = () =>
      aws.moves.includes(toAll[1] ?? "") ? [500, '{"message":"Internal Server Error"}'] : undefined;
    expect((await run(wayBack)).sentence).toMatch(/^Not released\. Create an event repeatedly FAILED: .* gave 500 /);
    expect(aws.moves).toEqual([...toAll, ...back]);
  });
});

describe("after a run that was killed", () => {
  test.each([
    ["while the new versions got part of the calls", 0.1],
    ["while one function was on trial", 0.1, unchanged],
    ["while the new versions got all calls, not yet tested", 1],
  ])("%s, the next one ends the trials and releases", async (_what, weight, only?: string) => {
    for (const name of only === undefined ? names : [changed]) setAlias(name, { weights: { 3: weight } });
    const { lines, sentence } = await run();
    const ended = only === undefined ? names : [changed];
    expect(lines.slice(0, ended.length)).toEqual(
      ended.map(
        (name) =>
          `${name}: back to version 2. An unfinished release had given version 3 ${weight * 100} % of the calls.`,
      ),
    );
    expect([sentence, aws.moves]).toEqual([
      undefined,
      [...ended.map((name) => `${name} 2`), ...onTrial, ...toAll, ...released],
    ]);
  });

  test("while it set the versions, the next one releases the rest", async () => {
    setAlias(changed, { version: "3" });
    setAlias(changedWithoutRoute, { weights: { 3: 1 } });
    expect((await run()).sentence).toBeUndefined();
    expect(aws.moves).toEqual([back[1], onTrial[1], toAll[1], released[1]]);
  });

  test("and a red alarm, the next one still puts the functions back", async () => {
    for (const name of names) setAlias(name, { weights: { 3: 0.1 } });
    aws.alarms.push(red);
    expect((await run()).sentence).toBe(`Not released. ${itIsRed}`);
    expect(aws.moves).toEqual(back);
  });
});

test("at most one of two concurrent releases succeeds, and no function is left on trial", async () => {
  const outcomes = await Promise.all([run(), run(), run()]);
  expect(outcomes.filter(({ sentence }) => sentence === undefined).length).toBeLessThanOrEqual(1);
  for (const { sentence } of outcomes)
    expect(sentence ?? "Another process has moved").toMatch(/Another process has moved/);
  await rollBack(stack, () => undefined);
  const versions = names.map((name) => aws.functions.get(name)?.alias.version);
  expect(new Set(versions).size).toBe(1);
});

describe("a roll-back", () => {
  const rolledBack = async (of = stack) => {
    const lines: string[] = [];
    const sentence = await failureOf(rollBack(of, (line) => void lines.push(line)));
    return { lines, sentence };
  };
  const ended = (name: string) =>
    `${name}: back to version 2. An unfinished release had given version 3 10 % of the calls.`;
  beforeEach(() => {
    for (const name of names) setAlias(name, { weights: { 3: 0.1 } });
  });

  test("ends all trials, and finds nothing to do the second time", async () => {
    expect([await rolledBack(), aws.moves]).toEqual([{ lines: names.map(ended), sentence: undefined }, back]);
    expect([await rolledBack(), aws.moves]).toEqual([
      { lines: ["Nothing to put back: no function has a version on trial."], sentence: undefined },
      back,
    ]);
  });

  test.each<[Fault]>([["lost answer"], ["reset"], [throttled]])("survives %j", async (fault) => {
    aws.fault = first("UpdateAlias", fault);
    front.answer = () => tooMany;
    expect([await rolledBack(), aws.moves]).toEqual([{ lines: names.map(ended), sentence: undefined }, back]);
  });

  test("does all it can before it fails", async () => {
    const missing = `${prefix}a`;
    expect(await rolledBack({ ...stack, functionNames: [missing, ...stack.functionNames] })).toEqual({
      lines: names.map(ended),
      sentence: `${missing}: Function not found: ${missing}`,
    });
  });
});

describe("the command", () => {
  const given = {
    name: stack.name,
    base_url: stack.baseUrl,
    function_names: stack.functionNames,
    routes,
    canary: { percent: 10, minutes: 0 },
  };
  const slow = outputs({ ...given, canary: { percent: 10, minutes: 15 } });
  const usage = "terraform -chdir=infra output -json | node dist/release/release.mjs [--at-once | roll-back]";

  test("releases, and has nothing to release after that", async () => {
    for (const last of [`Released: ${inWords}.`, "Answer 404 to an unknown id: 404 in"]) {
      const { exitCode, output, errors } = await runBundle("release", [], { input: outputs(given) });
      expect([exitCode, errors, output.trim().split("\n").at(-1)]).toEqual([0, "", expect.stringContaining(last)]);
    }
    expect(aws.moves).toEqual([...toAll, ...released]);
  });

  test("releases at once", async () => {
    aws.alarms.push(red);
    expect((await runBundle("release", ["--at-once"], { input: slow })).exitCode).toBe(0);
    expect(aws.moves).toEqual([...toAll, ...released]);
  });

  /** Starts it and waits until the new versions get part of the calls. */
  async function startSlow() {
    const started = startBundle("release", [], { input: slow });
    await expect.poll(() => aws.moves.length, { timeout: 120_000 }).toBe(2);
    return started;
  }

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("puts every function back on %s, and fails", async (signal) => {
    const { child, ended } = await startSlow();
    child.kill(signal);
    const { exitCode, errors } = await ended;
    expect([exitCode, errors, aws.moves]).toEqual([
      1,
      `Not released. Interrupted by ${signal}.\n`,
      [...onTrial, ...back],
    ]);
  });

  test("puts every function back despite repeated signals", async () => {
    const { child, ended } = await startSlow();
    aws.fault = (call) => {
      if (call.startsWith("UpdateAlias")) child.kill("SIGTERM");
      return undefined;
    };
    child.kill("SIGINT");
    expect([(await ended).exitCode, aws.moves]).toEqual([1, [...onTrial, ...back]]);
  });

  test("leaves trials when killed, and roll-back puts every function back", async () => {
    const { child, ended } = await startSlow();
    child.kill("SIGKILL");
    await ended;
    expect(aws.moves).toEqual(onTrial);
    expect(await runBundle("release", ["roll-back"], { input: slow })).toMatchObject({ exitCode: 0, errors: "" });
    expect(aws.moves).toEqual([...onTrial, ...back]);
  });

  test("fails with a sentence if a call fails", async () => {
    aws.alarms.push(red);
    expect(await runBundle("release", [], { input: slow })).toEqual({
      exitCode: 1,
      output: "",
      errors: `Not released. ${itIsRed}\n`,
    });
  });

  test.each([[["--help"]], [["--at-once", "roll-back"]]])("refuses the parameters %j", async (parameters) => {
    expect(await runBundle("release", parameters)).toEqual({
      exitCode: 2,
      output: "",
      errors: `Pipe in the Terraform outputs: ${usage}\n`,
    });
  });

  test.each([
    [{ name: 1 }, "The output name must be a name such as events-api-prod."],
    [{ function_names: "get-event" }, "The output function_names must be a list of names."],
    [{ function_names: [] }, "The output function_names must be a list of names."],
    [{ canary: undefined }, "The output canary must have percent and minutes."],
    [{ canary: { percent: "10", minutes: 5 } }, "The output canary must have percent and minutes."],
    [{ routes: [] }, "The output routes must be an object from route keys to names of functions."],
    [{ routes: { "POST /events": 1 } }, "The output routes must be an object from route keys to names of functions."],
    ...[
      undefined,
      ["https://example.com/prod"],
      "abc123.execute-api.ap-southeast-1.amazonaws.com/prod",
      "ftp://example.com/prod",
      "https://user:secret@example.com/prod",
      "https://example.com/prod?stage=prod",
      "https://example.com/prod#events",
    ].map((base_url): [object, string] => [
      { base_url },
      "The output base_url must be a URL such as https://abc123.execute-api.ap-southeast-1.amazonaws.com/prod.",
    ]),
  ])("refuses outputs with %j", (wrong, sentence) => {
    expect(() => stackIn({ ...given, ...wrong })).toThrow(new Error(sentence));
  });

  test.each(["", "{", "[]", "null", "https://example.com/prod"])("refuses %j as outputs", (input) => {
    const sentence = "The input is not what terraform output -json prints. Usage: it";
    expect(() => readOutputs(input, "it")).toThrow(new Error(sentence));
  });

  test("ignores a slash at the end of the address", () => {
    expect(stackIn({ ...given, base_url: "https://example.com/prod/" }).baseUrl).toBe("https://example.com/prod");
  });
});
