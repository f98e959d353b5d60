import {
  createServer,
  request as send,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { vi } from "vitest";
import { readFunctions } from "../../build/functions.ts";
import { callHandler } from "../../local/runtime/call-handler.js";
import type { Call } from "../../testing/call.ts";
import { callAt } from "../../testing/contract.ts";
import { startDatabase } from "../../local/database/database.ts";
import type { HandlerModule } from "../../local/runtime/function-thread.js";
import { startGateway } from "../../local/gateway/gateway.ts";
import { startImages, type Images } from "../../local/bucket/images.ts";
import { listen, stop } from "../../local/gateway/server.ts";

/** What happens to a call to DynamoDB, S3 or Rekognition. */
export type Fault = "refused" | "answer lost" | "fails" | "hangs" | "drips" | "killed";

/** What is to happen in one run. */
export interface Injection {
  /** Which call it happens to, counted from 0; one that the SDK repeats is the same call. */
  call: number;
  /** Done just before that call. */
  before?: () => Promise<void>;
  fault?: Fault;
  /** Whether it happens to each attempt, or to the first one alone. */
  isLasting?: boolean;
}

/** The functions as one Lambda environment each, with their own connections. */
export interface Machine {
  call: Call;
  invoke: (name: string, event: object) => Promise<unknown>;
}

export interface Watched {
  /** A text for each call, in their order. */
  calls: string[];
  /** How often the one that met the fault was attempted. */
  attempts: number;
  isKilled: boolean;
}

/** Functions whose calls are watched, and meet a fault as it is planned. */
export interface FaultyMachine extends Machine {
  /** Runs something, and gives the calls that it made meanwhile, in order. */
  run: <Result>(injection: Injection | undefined, act: () => Promise<Result>) => Promise<Watched & { result: Result }>;
}

export interface Stack {
  healthy: Machine;
  faulty: FaultyMachine;
  images: Images;
  /** Waits until all uploads so far have been looked at. */
  settled: () => Promise<void>;
  stop: () => Promise<void>;
}

/** How long an invocation has whose call does not end: half of it until it answers, and then no attempt has run out of time. */
const short_ms = 1_000;

/** One database and one bucket in memory, with two sets of functions: one whose calls fail on demand, and one that is well. */
export async function startStack(): Promise<Stack> {
  const database = await startDatabase();
  const images = await startImages();
  const environment: Record<string, string> = { ...database.environment, ...images.environment, AUTH: "off" };
  const healthy = await startMachine(environment, () => 30_000);
  const events = images.deliverTo(healthy);
  const calls = watchCalls();
  const proxies = await Promise.all(
    ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_REKOGNITION"].map(
      async (name) => [name, await startProxy(environment[name] ?? "", calls.pass)] as const,
    ),
  );
  const own = { ...environment, ...Object.fromEntries(proxies.map(([name, { url }]) => [name, url])) };
  const faulty = await startMachine(own, () =>
    ["hangs", "drips"].includes(calls.injection()?.fault ?? "") ? short_ms : 30_000,
  );
  let runs = 0;
  const run: FaultyMachine["run"] = async (injection, act) => {
    if (++runs % runsOfOneLoad === 0) await faulty.restart();
    return calls.run(injection, act);
  };
  return {
    healthy,
    faulty: { ...faulty, run },
    images,
    settled: events.settled,
    async stop() {
      await Promise.all([healthy, faulty, ...proxies.map(([, proxy]) => proxy)].map((each) => each.stop()));
      await events.stop();
      await images.stop();
      await database.stop();
    },
  };
}

/** How often the SDK's stock of retries lasts: it has 500, and what fails three times takes 28 of them. */
const runsOfOneLoad = 10;

interface RunningMachine extends Machine {
  /** Loads the functions again, as Lambda does after a kill. */
  restart: () => Promise<void>;
  stop: () => Promise<void>;
}

async function startMachine(environment: Record<string, string>, limit_ms: () => number): Promise<RunningMachine> {
  let handlers: Awaited<ReturnType<typeof load>> = {};
  const restart = async () => {
    handlers = await load(environment);
  };
  await restart();
  const invoke = async (name: string, event: object): Promise<unknown> =>
    JSON.parse(
      await callHandler(handlers[name], JSON.stringify(event), {
        name,
        memory_mb: 256,
        requestId: "fault",
        deadline_ms: Date.now() + limit_ms(),
      }),
    );
  const routes = readFunctions().flatMap(({ name, routes: keys }) =>
    keys.map((routeKey) => ({ routeKey, invoke: (event: object) => invoke(name, event) })),
  );
  const gateway = await startGateway({
    stage: "prod",
    port: 0,
    routes: () => Promise.resolve(routes),
    log: ({ error }) => {
      if (error !== undefined) console.error(error);
    },
  });
  return { call: callAt(gateway.url), invoke, restart, stop: gateway.stop };
}

let loading: Promise<unknown> = Promise.resolve();

/** One machine after the other, because functions read the environment of the whole process as they are loaded. */
function load(environment: Record<string, string>): Promise<Record<string, HandlerModule["string"]>> {
  const loaded = loading.then(async () => {
    Object.assign(process.env, environment);
    vi.resetModules(); // each machine has modules of its own, and with them its own clients
    const modules = readFunctions().map(
      async ({ name, path }) =>
        [name, (await import(pathToFileURL(join(path, "handler.ts")).href)) as HandlerModule] as const,
    );
    return Object.fromEntries((await Promise.all(modules)).map(([name, { handler }]) => [name, handler]));
  });
  loading = loaded;
  return loaded;
}

interface PassedCall {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  response: ServerResponse;
  /** Has the service act, and gives its answer without passing it on. */
  act: () => Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }>;
}

/** Stands in front of a service, and has something else decide what becomes of each call. */
async function startProxy(
  serviceUrl: string,
  pass: (call: PassedCall) => Promise<void>,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const { hostname, port: servicePort } = new URL(serviceUrl);
  const server = createServer((request, response) => {
    void buffer(request)
      .then((body) => {
        const { method = "", url = "", headers } = request;
        const act = async () => {
          const answer = await new Promise<IncomingMessage>((resolve, reject) => {
            send({ hostname, port: servicePort, method, path: url, headers }, resolve).on("error", reject).end(body);
          });
          return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
        };
        return pass({ method, url, headers, body, response, act });
      })
      .catch(() => response.destroy());
  });
  const { port } = await listen(server, 0);
  return { url: `http://127.0.0.1:${port}`, stop: () => stop(server) };
}

/** Counts the calls of one run after the other, and does to them what is planned. */
function watchCalls() {
  let planned: Injection | undefined;
  let watched: Watched = { calls: [], attempts: 0, isKilled: false };
  /** What becomes of a call. */
  const decide = async (passed: PassedCall): Promise<Fault | "passed"> => {
    if (isUpload(passed)) return "passed"; // what a caller sends is no call of a function
    if (watched.isKilled) return "refused";
    const name = nameOf(passed);
    const isRepeated = watched.calls.includes(name);
    if (!isRepeated) watched.calls.push(name);
    if (watched.calls.indexOf(name) !== planned?.call) return "passed";
    watched.attempts += 1;
    if (isRepeated && !planned.isLasting) return "passed";
    if (!isRepeated) await planned.before?.();
    if (planned.fault === "killed") watched.isKilled = true;
    return planned.fault ?? "passed";
  };
  const pass = async (passed: PassedCall) => {
    const fault = await decide(passed);
    const { response, act } = passed;
    if (response.destroyed || fault === "hangs") return; // of the former nobody waits any more
    if (fault === "drips") {
      drip(response);
      return;
    }
    if (fault === "fails") {
      response.writeHead(500, { "content-type": "application/x-amz-json-1.0" }).end('{"__type":"InternalServerError"}');
      return;
    }
    const answer = fault === "refused" ? undefined : await act();
    if (fault === "passed" && answer) response.writeHead(answer.status, answer.headers).end(answer.body);
    else response.destroy();
  };
  const run: FaultyMachine["run"] = async (injection, act) => {
    planned = injection;
    const own: Watched = { calls: [], attempts: 0, isKilled: false };
    watched = own;
    const result = await act();
    planned = undefined;
    watched = { ...own, isKilled: false };
    return { ...own, result };
  };
  return { pass, run, injection: () => planned };
}

/** The same for each attempt of a call, and another for each other call of an invocation. */
function nameOf({ method, url, headers, body }: PassedCall): string {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  return [method, pathname, searchParams.get("prefix"), headers["x-amz-target"], body.toString()]
    .filter((part) => part)
    .join(" ");
}

function isUpload({ method, url, headers }: PassedCall): boolean {
  return method === "PUT" && url.includes("/incoming/") && headers["x-amz-copy-source"] === undefined;
}

/** An answer that has begun, and goes on for ever. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": 1_000_000 });
  const dripping = setInterval(() => response.write(" "), 50);
  response.on("close", () => {
    clearInterval(dripping);
  });
}
