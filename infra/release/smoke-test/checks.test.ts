import { createServer, type ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { startApi } from "../../testing/api.ts";
import { listen, stop } from "../../local/gateway/server.ts";
import { serve } from "../../testing/serve.ts";
import { forward } from "../_tests/forward.ts";
import { failureOf } from "../_tests/run-bundle.ts";
import type { Routes } from "../_shared/outputs.ts";
import { checker, smokeTest } from "./checks.ts";

const { url: realUrl } = await startApi();

interface Fake {
  status: number;
  body?: string;
  type?: string;
  location?: string;
}

type Fakes = Record<number, Fake | "hang" | "hang up">;

/** The real API, except for the requests with these numbers, counted from 1. */
async function startFront(fakes: Fakes): Promise<{ url: string; received: string[] }> {
  const received: string[] = [];
  const url = await serve((request, response) => {
    received.push(`${request.method ?? ""} ${request.url ?? ""}`);
    const fake = fakes[received.length];
    if (fake === "hang") return;
    if (fake === "hang up") response.destroy();
    else if (fake) write(response, fake);
    else void forward(request, response, new URL(realUrl).origin);
  });
  return { url: `${url}/prod`, received };
}

function write(response: ServerResponse, { status, body = "", type = "application/json", location }: Fake): void {
  response
    .writeHead(status, { "content-type": type, "apigw-requestid": "id=", ...(location && { location }) })
    .end(body);
}

/** Runs it with pauses that take no time: the lines without their durations, the pauses, and the sentence if it fails. */
async function run(
  url: string,
  { timeout_ms, now = () => 0, routes = {} }: { timeout_ms?: number; now?: () => number; routes?: Routes } = {},
): Promise<{ lines: string[]; pauses_ms: number[]; sentence: string | undefined }> {
  const lines: string[] = [];
  const pauses_ms: number[] = [];
  const print = (line: string) => {
    lines.push(line.replace(/ in \d+ ms$/, ""));
  };
  const clock = { now, pause: (pause_ms: number) => Promise.resolve(pauses_ms.push(pause_ms)) };
  const check = checker({ print, clock, ...(timeout_ms && { timeout_ms }) });
  const sentence = await failureOf(smokeTest(url, { signedIn: undefined, routes, check, print }));
  return { lines, pauses_ms, sentence };
}

const claims = ["Create an event repeatedly", "Read it", "Refuse an invalid event", "Answer 404 to an unknown id"];
const passed = [
  "Create an event repeatedly: 200",
  "Read it: 200",
  "Refuse an invalid event: 400",
  "Answer 404 to an unknown id: 404",
];
const unroutable = ofGateway(404, "Not Found");
const throttle = ofGateway(429, "Too Many Requests");
const anEvent = "the event smoke-test, or 409 if another caller has created it";

/** An answer of API Gateway itself. */
function ofGateway(status: number, message: string): Fake {
  return { status, body: JSON.stringify({ message }) };
}

function problem(status: number, type: string): Fake {
  return {
    status,
    type: "application/problem+json",
    body: JSON.stringify({ type: `urn:problem-type:${type}`, status }),
  };
}

test("passes however often it runs, and prints a line for each check", async () => {
  for (const created of [201, 200, 200])
    expect(await run(realUrl)).toEqual({
      lines: [`${claims[0] ?? ""}: ${created}`, ...passed.slice(1)],
      pauses_ms: [],
      sentence: undefined,
    });
});

test("accepts its event after an update", async () => {
  const { url } = await startFront({ 1: { status: 200, body: '{"id":"smoke-test","title":"Changed","version":2}' } });
  expect(await run(url)).toEqual({ lines: passed, pauses_ms: [], sentence: undefined });
});

describe("waits for a new API with", () => {
  test.each<[string, Fake]>([
    ["no route", unroutable],
    ["no stage", ofGateway(403, "Forbidden")],
    ["no function", ofGateway(500, "Internal Server Error")],
    ["no started function", ofGateway(503, "Service Unavailable")],
  ])("%s", async (_what, fake) => {
    const { url } = await startFront({ 1: fake, 2: fake });
    const gave = `POST ${url}/events gave ${fake.status} ${fake.body ?? ""} (apigw-requestid id=)`;
    const waiting = [1, 2].map((pause_s) => `Retrying in ${pause_s} s: ${gave}.`);
    expect(await run(url)).toEqual({ lines: [...waiting, ...passed], pauses_ms: [1000, 2000], sentence: undefined });
  });

  test("no answer", async () => {
    const { url } = await startFront({ 1: "hang up" });
    const waiting = expect.stringMatching(
      /^Retrying in 1 s: POST http:\S+\/prod\/events gave no answer \(.+\)\.$/,
    ) as string;
    expect(await run(url)).toEqual({ lines: [waiting, ...passed], pauses_ms: [1000], sentence: undefined });
  });
});

describe("gives up after a minute of pauses, when there is", () => {
  const sevenTimes = (fake: Fakes[number]) =>
    Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((number) => [number, fake] as const));
  const minute_ms = [1000, 2000, 4000, 8000, 16_000, 29_000];
  const failed = (url: string, gave: string) =>
    `${claims[0] ?? ""} FAILED: POST ${url}/events should give 201 or 200 with ${anEvent}, but gave ${gave}.`;

  test("no route", async () => {
    const { url } = await startFront(sevenTimes(unroutable));
    const { pauses_ms, sentence } = await run(url);
    expect([pauses_ms, sentence]).toEqual([
      minute_ms,
      failed(url, '404 {"message":"Not Found"} (apigw-requestid id=)'),
    ]);
  });

  test("no complete answer", async () => {
    const { url } = await startFront(sevenTimes("hang"));
    const { pauses_ms, sentence } = await run(url, { timeout_ms: 50 });
    expect([pauses_ms, sentence]).toEqual([minute_ms, failed(url, "no answer within 0.05 s")]);
  });

  test("no connection", async () => {
    const server = createServer();
    const { port } = await listen(server, 0);
    await stop(server);
    const url = `http://127.0.0.1:${port}`;
    const { pauses_ms, sentence } = await run(url);
    expect([pauses_ms, sentence]).toEqual([
      minute_ms,
      failed(url, `no answer (connect ECONNREFUSED 127.0.0.1:${port})`),
    ]);
  });
});

describe("retries any check after", () => {
  const page = { status: 502, type: "text/html", body: "<html>Bad Gateway</html>" };
  const all: [what: string, fake: Fake][] = [
    ["a throttle", throttle],
    ["a hiccup of the gateway", ofGateway(500, "Internal Server Error")],
    ["a page", page],
    ["a failure that asks for a retry", problem(503, "unavailable")],
    ["a timeout of the gateway", ofGateway(504, "Endpoint request timed out")],
  ];

  test.each(all.flatMap(([what, fake]) => [1, 2, 3, 4].map((number) => [what, number, fake] as const)))(
    "%s at request %i",
    async (_what, number, fake) => {
      const { url } = await startFront({ [number]: fake });
      const { lines, sentence } = await run(url);
      const repeated = lines.filter((line) => !passed.includes(line));
      expect([lines.filter((line) => passed.includes(line)), sentence, repeated.length]).toEqual([
        passed,
        undefined,
        1,
      ]);
      expect(repeated[0]).toMatch(/^Retrying in 1 s: (POST|GET) http:\S+ gave /);
      expect(repeated[0]).toContain(` gave ${fake.status} ${fake.body ?? ""} (apigw-requestid id=).`);
    },
  );

  test("a connection that is reset", async () => {
    const { url } = await startFront({ 3: "hang up" });
    const { lines, sentence } = await run(url);
    expect([sentence, lines.length, lines[2]]).toEqual([
      undefined,
      5,
      expect.stringMatching(/^Retrying in 1 s: POST \S+ gave no answer \(.+\)\.$/),
    ]);
  });
});

describe("retries for a minute in all", () => {
  const isThrottled = (...numbers: number[]) => Object.fromEntries(numbers.map((number) => [number, throttle]));

  test("of pauses, whichever checks they are for", async () => {
    const { url } = await startFront(isThrottled(1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12));
    const { pauses_ms, sentence } = await run(url);
    expect(pauses_ms).toEqual([1, 2, 4, 8, 16, 1, 2, 4, 8, 14].map((pause_s) => pause_s * 1000));
    expect(sentence).toMatch(/^Read it FAILED: GET .*, but gave 429 /);
  });

  test("of calls and pauses", async () => {
    let now_ms = 0;
    const { url } = await startFront(isThrottled(1, 2, 3, 4));
    const { pauses_ms, sentence } = await run(url, { now: () => (now_ms += 15_000) }); // the duration of each call
    expect(pauses_ms).toEqual([1000, 2000, 4000]);
    expect(sentence).toMatch(/^Create an event repeatedly FAILED: POST .*, but gave 429 /);
  });
});

test("passes though another caller has created its event, who could otherwise block every release", async () => {
  const { url } = await startFront({ 1: problem(409, "conflict"), 2: { status: 200, body: '{"id":"smoke-test"}' } });
  const { lines, sentence } = await run(url);
  expect([lines, sentence]).toEqual([["Create an event repeatedly: 409", ...passed.slice(1)], undefined]);
});

test("passes though another caller deletes its event at once, if callers can delete", async () => {
  const { url } = await startFront({ 2: problem(404, "not-found") });
  const { lines, sentence } = await run(url, { routes: { "DELETE /events/{id}": "delete-event" } });
  expect([lines, sentence]).toEqual([[passed[0], "Read it: 404", ...passed.slice(2)], undefined]);
});

describe("fails at once after", () => {
  const event = '{"id":"smoke-test"}';
  const other = '{"id":"other"}';
  const requests = [
    { sent: "POST PROD/events", expected: `201 or 200 with ${anEvent}` },
    { sent: "GET PROD/events/smoke-test", expected: "200 with the event smoke-test" },
    { sent: "POST PROD/events", expected: "400 with a problem of type urn:problem-type:invalid-request" },
    { sent: "GET PROD/events/UUID", expected: "404 with a problem of type urn:problem-type:not-found" },
  ];

  test.each<[string, number, Fake, string?]>([
    ["a failure of the function", 1, problem(500, "internal")],
    ["a 409 that is no conflict", 1, problem(409, "other")],
    ["the gateway's 409", 1, ofGateway(409, "Conflict")],
    [
      "a page",
      1,
      { status: 500, type: "text/html", body: "<html>\n<h1>Oops</h1>\n</html>" },
      "500 <html> <h1>Oops</h1> </html>",
    ],
    ["another event", 1, { status: 200, body: other }],
    ["another success", 1, { status: 202, body: event }],
    ["a success without a body", 1, { status: 204 }, "204 without a body"],
    ["a redirect", 1, { status: 302, location: "/prod/events/smoke-test" }, "302 without a body"],
    ["half an event", 2, { status: 200, body: '{"id":"smoke-test"' }],
    ["a list", 2, { status: 200, body: `[${event}]` }],
    ["a gateway that has lost the route", 2, unroutable],
    ["an event that is gone, though callers cannot delete", 2, problem(404, "not-found")],
    ["another event on reading", 2, { status: 200, body: other }],
    ["another success on reading", 2, { status: 201, body: event }],
    ["no refusal", 3, { status: 201, body: event }],
    ["another refusal", 3, problem(400, "other")],
    ["a refusal with another status", 3, problem(422, "invalid-request")],
    ["the gateway's refusal", 3, ofGateway(400, "Bad Request")],
    ["a problem with another content type", 3, { ...problem(400, "invalid-request"), type: "application/json" }],
    ["an event that should not exist", 4, { status: 200, body: event }],
    ["a problem with another status", 4, problem(410, "not-found")],
    ["the gateway's 404", 4, unroutable],
  ])("%s", async (_what, number, fake, gave = `${fake.status} ${fake.body ?? ""}`) => {
    const { url, received } = await startFront({ [number]: fake });
    const { lines, pauses_ms, sentence } = await run(url);
    expect([lines, pauses_ms, received.length]).toEqual([passed.slice(0, number - 1), [], number]);
    const { sent, expected } = requests[number - 1] ?? {};
    const shown = sentence?.replace(url, "PROD").replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, "UUID");
    expect(shown).toBe(
      `${claims[number - 1] ?? ""} FAILED: ${sent ?? ""} should give ${expected ?? ""}, but gave ${gave} (apigw-requestid id=).`,
    );
  });
});

test("prints an answer in one truncated line without log commands", async () => {
  const { url } = await startFront({
    2: { status: 200, type: "text/plain", body: `\u001b[2J\r\n::add-mask::a\u2028##[group]${"x".repeat(1000)}` },
  });
  const shown = `[2J ::add-mask::a # #[group]${"x".repeat(1000)}`.slice(0, 500);
  const { sentence } = await run(url);
  expect(sentence?.split(", but gave ")[1]).toBe(`200 ${shown} (apigw-requestid id=).`);
});

test("reports a missing request id", async () => {
  const { sentence } = await run(await serve((_request, response) => response.writeHead(500).end("Oops")));
  expect(sentence).toMatch(/ but gave 500 Oops \(apigw-requestid missing\)\.$/);
});
