import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { runEditedBundles } from "../../local/runtime/running-functions.ts";
import { startStack, type Stack } from "../../local/stack.ts";
import { callServerAt, type Call } from "../../testing/call.ts";
import { complaintsAbout } from "../../testing/contract.ts";
import { between, databaseFaults, faults, type Fault, type FaultyDatabase } from "../../testing/faults.ts";
import { makeCaller } from "../traffic/caller.ts";
import { operations } from "../traffic/operations.ts";

interface Report {
  requests: number;
  statuses: Record<string, number>;
  injected: ReturnType<typeof injectFaults>;
  /** Once a second. */
  memory_mb: number[];
}

const tens = Array.from({ length: 10 }, (_, n) => n);
const callers = tens.map((n) => ({ name: `caller-${n}`, ids: tens.map((event) => `caller-${n}-${event}`) }));

/** How much memory may grow from the first quarter of a run to the last, while caches fill and garbage waits. */
const memoryAllowance_mb = 100;

/**
 * Sends mixed traffic to the local stack while calls to the database fail at these rates. The contract and a model must
 * explain every answer, each outage and nothing else must give a 503, and memory must not grow. Outages are rare because
 * the SDK has 500 retry tokens: an outage takes up to 28, and only a success returns one. Without tokens the SDK does
 * not retry, and a hiccup is a 503 too.
 */
export async function runLoad(isOver: (requests: number) => boolean, rates = { hiccup: 0.05, outage: 0.005 }) {
  const folder = mkdtempSync(join(tmpdir(), "events-api-load-"));
  const database = databaseFaults();
  const report: Report = { requests: 0, statuses: {}, injected: injectFaults(database, rates), memory_mb: [] };
  const sampling = setInterval(() => report.memory_mb.push(Math.round(process.memoryUsage.rss() / 1024 / 1024)), 1000);
  let stack: Stack | undefined;
  try {
    stack = await startStack({
      data: folder, // in memory the database would grow with every write
      run: runEditedBundles,
      between: between(database.meet),
      environment: { AWS_LAMBDA_LOG_LEVEL: "FATAL" },
    });
    const call = callServerAt(stack.url);
    const undocumented: string[] = [];
    const counting: Call = async (...request) => {
      const answer = await call(...request);
      undocumented.push(...complaintsAbout(request[0], answer).map((complaint) => `${request[0]}: ${complaint}`));
      report.requests += 1;
      report.statuses[answer.status] = (report.statuses[answer.status] ?? 0) + 1;
      return answer;
    };
    const complaints = await Promise.all(
      callers.map(async ({ name, ids }) => {
        const caller = makeCaller(counting, { isDisturbed: true });
        while (!isOver(report.requests))
          for (const operation of fc.sample(operations(ids, name), 20)) await caller.act(operation);
        for (const id of ids) await caller.act({ does: "get", id }); // or nothing would look at the last writes
        return caller.complaints;
      }),
    );
    return { ...report, complaints: [...undocumented, ...complaints.flat(), ...complaintsOf(report)] };
  } finally {
    clearInterval(sampling);
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How often functions/_shared/table.ts tries. */
const attempts = 3;

const kinds: Fault[] = [faults["hang up"], faults["answer lost"], faults["internal error"], faults.throttle];

function injectFaults(database: FaultyDatabase, rates: { hiccup: number; outage: number }) {
  const injected = {
    /** Last one attempt: callers must not notice. */
    hiccups: 0,
    /** Last all attempts: the caller gets 503, and only then. */
    outages: 0,
  };
  const pass: Fault = (call) => call.pass();
  const plan = (): Fault[] => {
    const [drawn, kind = pass] = [Math.random(), kinds[Math.floor(Math.random() * kinds.length)]];
    if (drawn < rates.hiccup) {
      injected.hiccups += 1;
      return [kind, pass];
    }
    if (drawn > 1 - rates.outage) {
      injected.outages += 1;
      return new Array<Fault>(attempts).fill(kind);
    }
    return [pass];
  };
  for (const id of callers.flatMap(({ ids }) => ids)) {
    let planned: Fault[] = [];
    database.setFault(id, (call) => {
      if (planned.length === 0) planned = plan();
      return planned.shift()?.(call);
    });
  }
  return injected;
}

export function complaintsOf({ requests, statuses, injected, memory_mb }: Report): string[] {
  const refused = statuses["503"] ?? 0;
  const quarter = Math.ceil(memory_mb.length / 4);
  const grown_mb = Math.min(...memory_mb.slice(-quarter)) - Math.max(...memory_mb.slice(0, quarter));
  return [
    ...(requests === 0 ? ["no request was answered"] : []),
    // On a busy machine an attempt may time out.
    ...(Math.abs(injected.outages - refused) > callers.length
      ? [`${refused} answers were 503, and there were ${injected.outages} outages`]
      : []),
    ...(memory_mb.length > 4 && grown_mb > memoryAllowance_mb
      ? [`memory has grown by ${grown_mb} MB and may grow by ${memoryAllowance_mb} MB`]
      : []),
  ];
}
