import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { exchanges, refusals, type Exchange, type Operation } from "./requests.ts";
import type { Python, Variant } from "./variants.ts";

export const memory_mb = 256;

/**
 * What a dump of Lambda's bootstrap for nodejs18.x starts Node with, at this size of memory; that of
 * nodejs22.x is not public. Any flag of V8's makes Node compile its own modules instead of taking them
 * from the snapshot of its build, so that without these flags everybody would look better than there.
 */
const newSpace_mb = Math.floor(memory_mb / 10);
export const lambdaFlags = [
  "--expose-gc",
  "--max-http-header-size=81920",
  `--max-semi-space-size=${Math.floor(newSpace_mb / 2)}`,
  `--max-old-space-size=${memory_mb - newSpace_mb}`,
];

/** Where and with what the variants run. */
export interface Setting {
  node: string;
  python: Python | undefined;
  port: number;
  environment: Record<string, string>;
  /** A folder to write to. */
  path: string;
}

export interface ColdSample {
  init_ms: number;
  /** Loading the function and its first call. */
  answer_ms: number;
  /** From the start of the process. */
  total_ms: number;
  cpu_ms: number;
  memory_mb: number;
}

export interface WarmSample {
  cpu_us: number;
  /** The median call. */
  wall_us: number;
  /** One call in a hundred takes longer. */
  slow_us: number;
  memory_mb: number;
}

interface Report {
  cold: Omit<ColdSample, "answer_ms" | "total_ms"> & { first_ms: number; answered_ms: number };
  warm?: Omit<WarmSample, "memory_mb">;
  answer: string;
}

/** What Lambda sets for a function, and nothing of this machine. */
export function functionEnvironment(home: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    AWS_SESSION_TOKEN: "x".repeat(800), // about as long as Lambda's
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_REGION: "us-east-1",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x",
    AWS_LAMBDA_FUNCTION_NAME: "measured",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory_mb),
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", // for --node with Node 20
    TABLE_NAME: "events",
    INDEX_SHARDS: "1",
    BUCKET_NAME: "events-images",
    AUTH: "off",
    HOME: home,
    PATH: "/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
  };
}

/** Checks every answer that a variant is built to give. Throws with the first that is wrong: who does less is not compared. */
export async function checkAnswers(setting: Setting, variant: Variant): Promise<void> {
  for (const [operation, exchange] of [...(Object.entries(exchanges) as [Operation, Exchange][]), ...refusals]) {
    if (variant.artifacts[operation] === undefined || !variant.statuses.includes(exchange.status)) continue;
    const { answer } = await measureCold(setting, variant, operation, 0, exchange);
    const { body = "{}" } = JSON.parse(answer) as { body?: string };
    if (variant.usesDatabase && exchange.body && !holds(JSON.parse(body), exchange.body)) {
      throw new Error(
        `${variant.name}: ${exchange.event.routeKey} must answer with ${JSON.stringify(exchange.body)}, not ${body}`,
      );
    }
  }
}

function holds(body: unknown, expected: object): boolean {
  return isDeepStrictEqual(body, { ...(body as object), ...expected });
}

/** Many calls, one after the other, in a process of its own, after twice as many that let V8 compile it. */
export async function measureWarm(...given: Parameters<typeof measureCold>): Promise<WarmSample> {
  const { warm, cold } = await measureCold(...given);
  if (!warm) throw new Error(`${given[1].name}: no warm calls were measured.`);
  return { ...warm, memory_mb: cold.memory_mb };
}

/** One cold start and its first answer, in a process of its own, and as many warm calls as are asked for. */
export async function measureCold(
  setting: Setting,
  variant: Variant,
  operation: Operation,
  calls = 0,
  { event, status }: Exchange = exchanges[operation],
): Promise<Pick<Report, "warm" | "answer"> & { cold: ColdSample }> {
  const { node, python, port, environment, path } = setting;
  const task = join(path, "task.json"); // an event can be larger than arguments may be
  const artifact = variant.artifacts[operation];
  writeFileSync(
    task,
    JSON.stringify({
      artifact,
      event: JSON.stringify(event),
      status,
      calls,
      warmUp: 2 * calls,
      ...(variant.usesDatabase && { port }),
    }),
  );
  const [command, ...args] =
    variant.runtime === "node"
      ? [node, ...lambdaFlags, join(import.meta.dirname, "measured.js"), task]
      : [python?.executable ?? "python3", "-S", join(import.meta.dirname, "measured.py"), task];
  // Python keeps what it compiled in the first round there, as Lambda could if the zip had it.
  const variables =
    variant.runtime === "node"
      ? environment
      : { ...environment, PYTHONPATH: python?.paths.join(":") ?? "", PYTHONPYCACHEPREFIX: path };
  const started_ms = Number(process.hrtime.bigint()) / 1e6;
  const child = spawn(command, args, { env: variables, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("close", resolve).once("error", reject);
  });
  const [output, complaint, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0 || complaint !== "")
    throw new Error(`${variant.name}, ${event.routeKey}: ended with ${code ?? "a signal"}.\n${complaint}`);
  const {
    cold: { init_ms, first_ms, answered_ms, ...cold },
    ...report
  } = JSON.parse(output) as Report;
  return { ...report, cold: { init_ms, answer_ms: init_ms + first_ms, total_ms: answered_ms - started_ms, ...cold } };
}

/** The Node.js that the functions run on in Lambda, where the peers' packages brought it for this machine; else this one. */
export function findNode(): string {
  const path = join(import.meta.dirname, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  return existsSync(path) ? path : process.execPath;
}
