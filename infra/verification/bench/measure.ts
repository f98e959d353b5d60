import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import type { CpuShare } from "./cpu-share.ts";
import type { Case, Sample } from "./figures.ts";
import { checks, exchanges, type Exchange } from "./requests.ts";
import type { Python, Variant } from "./variants.ts";

export const memory_mb = 256;

/**
 * Node's flags for that memory in a dump of Lambda's bootstrap for nodejs18.x; that of nodejs22.x is not public. Any V8
 * flag makes Node recompile its own modules: without these flags all variants would look faster than on Lambda.
 */
export const lambdaFlags = [
  "--expose-gc",
  "--max-http-header-size=81920",
  "--max-semi-space-size=12",
  "--max-old-space-size=231",
];

/** The environment of the variants. */
export interface Setting {
  node: string;
  python: Python | undefined;
  /** The stub's port for this round trip. */
  portAt: (roundTrip_ms: number) => number | undefined;
  environment: Record<string, string>;
  /** Ends the measured process. */
  signal: AbortSignal;
  /** The share of a process after loading. */
  share: CpuShare | undefined;
  /** In sequence, after twice as many that let V8 compile the code. */
  warmCalls: number;
}

export interface Measurement extends Omit<Case, "variant"> {
  variant: Variant;
}

/** Lambda's variables for a function, and from this machine only the one that turns priming off. */
export function functionEnvironment(home: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    AWS_SESSION_TOKEN: "x".repeat(800), // about as long as Lambda's
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_REGION: "us-east-1",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory_mb),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    TABLE_NAME: "events",
    INDEX_SHARDS: "1",
    BUCKET_NAME: "events-images",
    AUTH: "off",
    ...(process.env["PRIMING"] !== undefined && { PRIMING: process.env["PRIMING"] }),
    HOME: home,
    PATH: "/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
  };
}

/** Throws at the first wrong answer: a variant that does less is not compared. */
export async function checkAnswers(setting: Setting, variant: Variant): Promise<void> {
  for (const [operation, exchange] of checks) {
    if (variant.lacks?.includes(exchange.status)) continue;
    const { answer } = await measure(setting, { variant, operation, state: "whole", roundTrip_ms: 0 }, exchange);
    const body = JSON.parse((JSON.parse(answer) as { body?: string }).body ?? "{}") as object;
    if (!isDeepStrictEqual(body, { ...body, ...exchange.body }))
      throw new Error(`${variant.name}: must answer with ${JSON.stringify(exchange.body)}, not ${answer}`);
  }
}

/** One cold start and its first answer, in a process of its own, then the warm calls. */
export async function measure(
  { node, python, portAt, environment, signal, share, warmCalls }: Setting,
  { variant, operation, state, roundTrip_ms }: Measurement,
  { event, status }: Exchange = exchanges[operation],
): Promise<{ sample: Sample; answer: string }> {
  signal.throwIfAborted();
  const artifact = variant.artifacts[operation];
  const calls = state === "warm" ? warmCalls : 0;
  const task = { artifact, event: JSON.stringify(event), status, port: portAt(roundTrip_ms), calls };
  const isPython = python && artifact.endsWith(".py");
  const [command, ...args] = isPython
    ? [python.executable, "-S", join(import.meta.dirname, "measured.py")]
    : [node, ...lambdaFlags, join(import.meta.dirname, "measured.js")];
  const env = {
    ...environment,
    AWS_LAMBDA_FUNCTION_NAME: operation,
    // Python keeps the first round's compiled files there; a zip could ship them.
    ...(isPython && { PYTHONPATH: python.paths.join(":"), PYTHONPYCACHEPREFIX: environment["HOME"] }),
    ...variant.environment,
  };
  const child = spawn(command, [...args, JSON.stringify(task)], { env });
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  const ended = once(child, "close") as Promise<[code: number | null]>;
  child.stdin.on("error", () => undefined); // it has ended with a message
  const complained = text(child.stderr);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  try {
    const loaded = await lines.next();
    if (state === "share" && !loaded.done && child.pid !== undefined) share?.give(child.pid);
    child.stdin.end("\n");
    const line = await lines.next();
    const [[code], complaint] = await Promise.all([ended, complained]);
    if (code !== 0 || complaint !== "" || line.done)
      throw new Error(`${variant.name}, ${event.routeKey}: ended with ${code ?? "a signal"}.\n${complaint}`);
    const { answer, ...sample } = JSON.parse(line.value) as Sample & { answer: string };
    return { sample, answer };
  } finally {
    kill();
    await ended;
    signal.removeEventListener("abort", kill);
  }
}
