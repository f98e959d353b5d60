import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pLimit from "p-limit";
import { vi } from "vitest";
import { readFunctions } from "../../../build/functions.ts";
import type { Images } from "../../../local/bucket/images.ts";
import { startGateway } from "../../../local/gateway/gateway.ts";
import { callHandler } from "../../../local/runtime/call-handler.js";
import type { HandlerModule } from "../../../local/runtime/function-thread.js";
import { serve, type RunningFunctions } from "../../../local/runtime/running-functions.ts";
import { startStack, type Environment } from "../../../local/stack.ts";
import type { Call } from "../../../testing/call.ts";
import { callAt } from "../../../testing/contract.ts";
import { between, faults, type ServiceCall } from "../../../testing/faults.ts";

/** What happens to a call to DynamoDB, S3 or Rekognition. A killed function does nothing after that call. */
type Fault = Exclude<keyof typeof faults, "throttle"> | "killed";

export interface Injection {
  /** The call that fails, counted from 0; the SDK's retries are the same call. */
  call: number;
  /** Runs just before that call. */
  before?: () => Promise<void>;
  fault?: Fault;
  /** Whether each attempt fails, or only the first one. */
  isLasting?: boolean;
}

/** The functions, each in its own Lambda environment with its own connections. */
export type Machine = ReturnType<typeof toMachine>;

/** A prepared event with its objects in the bucket. */
export interface Prepared {
  id: string;
  etag: string;
  /** The keys of uploads without a notification, in order. */
  arrived: string[];
}

export type Stack = Awaited<ReturnType<typeof startFaultyStack>>;

/** Longer than any timer but a time limit; each set of functions is identified by its own limit. */
const longest_ms = 600_000;
let sets = 0;

/** What to do when the last invocation's time is up, by its limit. */
const timeIsUp = new Map<number, () => void>();

// A time limit ends only when an endless call has begun, never because the machine is slow.
const { setTimeout: setTimer } = globalThis;
vi.stubGlobal("setTimeout", (act: () => void, ms = 0, ...given: []) => {
  if (ms < longest_ms) return setTimer(act, ms, ...given);
  timeIsUp.set(Math.ceil(ms / 10_000), act);
  return setTimer(() => undefined, 0);
});

/** One database and one bucket in memory, with two sets of functions: one whose calls fail on demand, and a healthy one. */
export async function startFaultyStack() {
  const calls = watchCalls(() => faulty.endTime());
  let services: Environment = {};
  const { url, database, images, functions, events, stop } = await startStack({
    run: async (environment) => {
      services = environment;
      return (await loadFunctions(environment)).functions;
    },
  });
  const front = await between(calls.pass)(services);
  const faulty = await loadFunctions({ ...services, ...front.environment });
  const gateway = await startGateway({ stage: "prod", routes: faulty.functions.routes, port: 0, log: () => undefined });
  let lasting = 0;
  return {
    healthy: toMachine(url, functions),
    faulty: toMachine(gateway.url, faulty.functions),
    images,
    /** Waits until all uploads so far are processed. */
    settled: events.settled,
    run: async <Result>(injection: Injection | undefined, act: () => Promise<Result>) => {
      if (injection?.isLasting && ++lasting % lastingOfOneLoad === 0) await faulty.restart();
      return calls.run(injection, act);
    },
    /** Returns a function that copies an event under a new id: cheaper than preparing each one by requests. */
    copiesOf: async (event: Prepared) => {
      const key = { TableName: "events", Key: { id: { S: event.id } } };
      const { Item: item } = (await database.act("GetItem", { ...key, ConsistentRead: true })) as { Item?: object };
      const objects = keysOf(images, event.id).map((each) => [each, images.objects.get(each)] as const);
      return async () => {
        const id = randomUUID();
        const renamed = <Value>(value: Value) => JSON.parse(JSON.stringify(value).replaceAll(event.id, id)) as Value;
        for (const [each, object] of objects) if (object) images.objects.set(renamed(each), object);
        if (item) await database.act("PutItem", { TableName: "events", Item: renamed(item) });
        return renamed(event);
      };
    },
    stop: async () => {
      await gateway.stop();
      await front.stop();
      await stop();
    },
  };
}

export function keysOf({ objects }: Pick<Images, "objects">, id: string): string[] {
  return [...objects.keys()].filter((key) => key.includes(`/${id}/`));
}

/** How many outages the SDK's retry tokens last for: it has 500, and three failures take 28. */
const lastingOfOneLoad = 10;

/** Functions with their own modules, which can be reloaded, as Lambda does after a kill. */
async function loadFunctions(environment: Environment) {
  const limit_ms = longest_ms + 10_000 * ++sets;
  let handlers = await load(environment);
  const running = readFunctions().map((folder) => ({
    ...folder,
    invoke: async (event: object): Promise<unknown> => {
      const invocation = { ...folder, requestId: "fault", deadline_ms: Date.now() + limit_ms };
      return JSON.parse(await callHandler(handlers[folder.name], JSON.stringify(event), invocation));
    },
  }));
  return {
    functions: serve(running),
    endTime: () => timeIsUp.get(limit_ms / 10_000)?.(),
    restart: async () => {
      handlers = await load(environment);
    },
  };
}

const inTurn = pLimit(1);

/** One after the other, because functions read the process's environment while they load. */
function load(environment: Environment) {
  return inTurn(async () => {
    Object.assign(process.env, environment);
    vi.resetModules(); // each machine has its own modules, and with them its own clients
    const modules = readFunctions().map(async ({ name, path }) => {
      const { handler } = (await import(pathToFileURL(join(path, "handler.ts")).href)) as HandlerModule;
      return [name, handler] as const;
    });
    return Object.fromEntries(await Promise.all(modules));
  });
}

function toMachine(url: string, { invoke }: Pick<RunningFunctions, "invoke">) {
  const documented = callAt(url);
  const call: Call = async (...request) => {
    const answer = await documented(...request);
    if (answer.status === 500) throw new Error(`${request[0]} is answered 500.`); // documented, but no fault explains it
    return answer;
  };
  return { call, invoke };
}

function watchCalls(endTime: () => void) {
  /** `calls` has a text for each call, in order; `attempts` are those of the call that met the fault. */
  const start = () => ({ calls: [] as string[], attempts: 0, isKilled: false });
  let planned: Injection | undefined;
  let watched = start();
  const decide = async (passed: ServiceCall): Promise<Fault | undefined> => {
    if (isUpload(passed)) return undefined; // sent by a caller, not by a function
    if (watched.isKilled) return "hang up";
    const name = nameOf(passed);
    const isRepeated = watched.calls.includes(name);
    if (!isRepeated) watched.calls.push(name);
    if (watched.calls.indexOf(name) !== planned?.call) return undefined;
    watched.attempts += 1;
    if (isRepeated && !planned.isLasting) return undefined;
    if (!isRepeated) await planned.before?.();
    if (planned.fault === "killed") watched.isKilled = true;
    return planned.fault;
  };
  return {
    pass: async (passed: ServiceCall) => {
      const fault = await decide(passed);
      if (passed.response.destroyed) return; // no one is waiting for it any more
      if (fault === "no answer" || fault === "slow body") setTimer(endTime, 10); // after part of it may have arrived
      await (fault === undefined ? passed.pass() : faults[fault === "killed" ? "answer lost" : fault](passed));
    },
    run: async <Result>(injection: Injection | undefined, act: () => Promise<Result>) => {
      planned = injection;
      const own = (watched = start());
      const result = await act();
      planned = undefined;
      watched = { ...own, isKilled: false };
      return { ...own, result };
    },
  };
}

/** The same for each attempt of a call, different for each call of an invocation. */
function nameOf({ method, url, headers, body }: ServiceCall): string {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const parts = [method, pathname, searchParams.get("prefix"), headers["x-amz-target"], body.toString()];
  return parts.filter((part) => part).join(" ");
}

function isUpload({ method, url, headers }: ServiceCall): boolean {
  return method === "PUT" && url.includes("/incoming/") && headers["x-amz-copy-source"] === undefined;
}
