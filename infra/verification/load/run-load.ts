import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDatabase } from "../../local/database/database.ts";
import { startFaultyDatabase } from "../../testing/faulty-database.ts";
import { startGateway } from "../../local/gateway/gateway.ts";
import { startImages } from "../../local/bucket/images.ts";
import { runEditedBundles } from "../../local/runtime/running-functions.ts";
import { injectFaults, type Injected } from "./faults.ts";
import { makeTraffic, type Traffic } from "./traffic.ts";

export interface Report {
  requests: number;
  /** How many answers had each status. */
  statuses: Record<string, number>;
  injected: Injected;
  /** Of this process with gateway, functions and database, once a second. */
  memory_mb: number[];
  /** What must not have happened, in words; empty when all is well. */
  complaints: string[];
}

const callers = 10;
const eventsPerCaller = 10;

/** What memory may gain from the first quarter of a run to the last, while caches fill and collectors wait. */
const memoryAllowance_mb = 100;

/**
 * Sends mixed traffic to the local stack for so many seconds, while some of its calls to the database
 * fail. Afterwards every write that was acknowledged must be there, a 503 must have come for each
 * outage and for nothing else, and memory must not have grown.
 *
 * Outages are rare because the SDK has a stock of 500 tokens for retries: an outage takes up to 28 of
 * them, a success brings one and a refusal none. At two in a hundred, deletes run out of them, a quarter of
 * which find nothing: the SDK then does not retry, as it should not, and a hiccup is a 503 too.
 */
export async function runLoad(seconds: number, rates = { hiccup: 0.05, outage: 0.01 }): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), "events-api-load-"));
  const started: (() => Promise<void>)[] = [];
  try {
    const real = await startDatabase(folder); // on disk: in memory it would grow with every write
    started.push(real.stop);
    const database = await startFaultyDatabase(real.environment["AWS_ENDPOINT_URL_DYNAMODB"] ?? "");
    started.push(database.stop);
    const images = await startImages();
    started.push(images.stop);
    const functions = await runEditedBundles({
      ...real.environment,
      ...images.environment,
      AWS_ENDPOINT_URL_DYNAMODB: database.url,
      AUTH: "off",
      AWS_LAMBDA_LOG_LEVEL: "FATAL",
    });
    started.push(functions.stop);
    const gateway = await startGateway({ stage: "prod", port: 0, routes: functions.routes, log: () => undefined });
    started.push(gateway.stop);

    const traffics = Array.from({ length: callers }, (_, caller) => {
      const ids = Array.from({ length: eventsPerCaller }, (__, event) => `load-${caller}-${event}`);
      return makeTraffic(`caller-${caller}`, ids);
    });
    const ids = traffics.flatMap((traffic) => traffic.ids);
    const injected = injectFaults(database, ids, rates);
    const { statuses, memory_mb } = await send(gateway.url, traffics, seconds);
    for (const id of ids) database.clearFault(id);
    await verify(gateway.url, traffics);

    const requests = Object.values(statuses).reduce((sum, count) => sum + count, 0);
    const report = { requests, statuses, injected, memory_mb, complaints: [] };
    return { ...report, complaints: [...traffics.flatMap(({ complaints }) => complaints), ...complaintsOf(report)] };
  } finally {
    for (const stop of started.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Client {
  setRequests: (requests: object[]) => void;
}

/** It has no types of its own. */
const autocannon = createRequire(import.meta.url)("autocannon") as (
  options: object,
) => Promise<{ errors: number; timeouts: number }>;

/** Each caller has a connection and waits for an answer before it sends again. */
async function send(
  url: string,
  traffics: Traffic[],
  seconds: number,
): Promise<Pick<Report, "statuses" | "memory_mb">> {
  const statuses: Record<string, number> = {};
  const memory_mb: number[] = [];
  const waiting = [...traffics];
  const { pathname } = new URL(url);
  const sampling = setInterval(() => memory_mb.push(Math.round(process.memoryUsage.rss() / 1024 / 1024)), 1000);
  const setupClient = (client: Client) => {
    const traffic = waiting.pop();
    if (!traffic) throw new Error("There are more connections than callers.");
    const setupRequest = (request: object) => {
      const { path, ...sent } = traffic.next();
      return {
        ...request,
        body: undefined,
        ...sent,
        path: pathname + path,
        headers: { "content-type": "application/json" },
      };
    };
    const onResponse = (status: number, body: string) => {
      statuses[status] = (statuses[status] ?? 0) + 1;
      traffic.answered(status, body);
    };
    client.setRequests([{ setupRequest, onResponse }]);
  };
  try {
    await autocannon({
      url: url.replace("localhost", "127.0.0.1"),
      connections: traffics.length,
      duration: seconds,
      timeout: 30,
      setupClient,
    });
  } finally {
    clearInterval(sampling);
  }
  return { statuses, memory_mb };
}

/** Asks for every event once more, now that nothing fails. */
async function verify(url: string, traffics: Traffic[]): Promise<void> {
  for (const traffic of traffics) {
    for (const id of traffic.ids) {
      const answer = await fetch(`${url}/events/${id}`);
      traffic.verify(id, answer.status, await answer.text());
    }
  }
}

/** What is wrong with a run as a whole. */
export function complaintsOf({ requests, statuses, injected, memory_mb }: Omit<Report, "complaints">): string[] {
  const refused = statuses["503"] ?? 0;
  const quarter = Math.ceil(memory_mb.length / 4);
  const grown_mb = Math.min(...memory_mb.slice(-quarter)) - Math.max(...memory_mb.slice(0, quarter));
  return [
    ...(requests === 0 ? ["no request was answered"] : []),
    // Of each caller the last request may have been cut off.
    ...(Math.abs(injected.outages - refused) > callers
      ? [`${refused} answers were 503, and there were ${injected.outages} outages`]
      : []),
    ...(grown_mb > memoryAllowance_mb
      ? [`memory has grown by ${grown_mb} MB and may grow by ${memoryAllowance_mb} MB`]
      : []),
  ];
}
