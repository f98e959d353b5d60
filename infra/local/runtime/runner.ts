import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import pLimit from "p-limit";
import { callHandler, type Invocation } from "./call-handler.js";
import type { Call, HandlerModule, Reply } from "./function-thread.js";

export interface RunningFunction {
  /** Throws if the handler throws, cannot be loaded, ends its process or times out. */
  invoke: (event: object) => Promise<unknown>;
  retire: () => void;
  stop: () => Promise<void>;
}

/** What runs in this process has no thread to end. */
export type Invoked = Pick<RunningFunction, "invoke">;

export interface Configuration {
  name: string;
  memory_mb: number;
  timeout_s: number;
  environment: Record<string, string>;
  exportName?: string;
}

/**
 * In Lambda each call has its own environment. Here calls share the 50 sockets of aws-client.ts, and a
 * thread. A call that waits for a socket uses up its invocation's time.
 */
const callsAtOnce = { inProcess: 50, inThread: 10 };

/**
 * Runs a bundle (its index.mjs) in a thread with its own environment: started by the first call, and
 * restarted after a crash or a timeout. Unlike in Lambda, concurrent calls share it, and its end.
 */
export function runInThread(bundle: string, configuration: Configuration): RunningFunction {
  let current: Thread | undefined;
  let isRetired = false;
  const inTurn = pLimit(callsAtOnce.inThread);
  return {
    invoke: (event) =>
      inTurn(async () => {
        if (!current || current.isOver) current = startThread(bundle, configuration);
        const call = invokeWith(configuration, event, current.call, current.stop);
        if (isRetired) current.retire(); // a late call ends the thread that it started
        return call;
      }),
    retire: () => {
      isRetired = true;
      current?.retire();
    },
    stop: async () => current?.stop(),
  };
}

/** Lambda's maximum, from its error. That API Gateway then answers 500 is inferred. */
const maxResultBytes = 6 * 1024 * 1024 + 100;

/** Sources share one connection pool; each bundle has its own. */
const inTurnInProcess = pLimit(callsAtOnce.inProcess);

/**
 * Runs a handler's source or bundle in this process, where coverage and mutation tests see it and tests can fake the
 * clock. The function's environment is already in process.env: a handler reads it on load, and a bundle is loaded each
 * time.
 */
export async function runInProcess(path: string, configuration: Configuration): Promise<Invoked> {
  const loaded: unknown = path.endsWith(".cjs") ? loadFresh(path) : await import(pathToFileURL(path).href);
  const { handler } = loaded as HandlerModule;
  const call = (event: string, invocation: Invocation) => callHandler(handler, event, invocation);
  return { invoke: (event) => inTurnInProcess(() => invokeWith(configuration, event, call)) };
}

function loadFresh(bundle: string): unknown {
  const require = createRequire(bundle);
  for (const file of Object.keys(require.cache)) {
    if (dirname(file) === dirname(bundle)) Reflect.deleteProperty(require.cache, file);
  }
  return require(bundle);
}

async function invokeWith(
  { name, memory_mb, timeout_s }: Configuration,
  event: object,
  call: (event: string, invocation: Invocation) => Promise<string>,
  onTimeout?: () => Promise<void>,
): Promise<unknown> {
  const invocation = { name, memory_mb, requestId: randomUUID(), deadline_ms: Date.now() + timeout_s * 1000 };
  const result = await within(timeout_s * 1000, call(JSON.stringify(event), invocation), () => {
    void onTimeout?.();
    throw new Error(`${name}: timed out after ${timeout_s} seconds.`);
  });
  const bytes = Buffer.byteLength(result);
  if (bytes > maxResultBytes)
    throw new Error(`${name}: its result has ${bytes} bytes as JSON, Lambda's maximum is ${maxResultBytes}.`);
  return JSON.parse(result);
}

/** The result, or that of `late` if it takes longer. */
export async function within<Result>(limit_ms: number, result: Promise<Result>, late: () => Result): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, limit_ms);
  });
  try {
    return await Promise.race([result, limit.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}

type Thread = ReturnType<typeof startThread>;

function startThread(bundle: string, { name, environment, exportName = "handler" }: Configuration) {
  const worker = new Worker(new URL("function-thread.js", import.meta.url), {
    workerData: { bundle, exportName },
    env: environment,
    execArgv: [], // not this process's: its TypeScript loader would slow every start
    stdout: true,
    stderr: true,
  });
  const calls = new Map<number, { resolve: (result: string) => void; reject: (error: Error) => void }>();
  let count = 0;
  const thread = {
    isOver: false,
    call: (event: string, invocation: Invocation) =>
      new Promise<string>((resolve, reject) => {
        const key = count++;
        calls.set(key, { resolve, reject });
        worker.postMessage({ key, event, invocation } satisfies Call);
      }),
    retire: () => {
      thread.isOver = true;
      if (calls.size === 0) void worker.terminate();
    },
    stop: async () => {
      thread.isOver = true;
      await worker.terminate();
    },
  };
  const end = (reason: string) => {
    thread.isOver = true;
    for (const { reject } of calls.values()) reject(new Error(`${name}: ${reason}`));
    calls.clear();
  };
  worker.on("message", (reply: Reply) => {
    const call = calls.get(reply.key);
    calls.delete(reply.key);
    if ("error" in reply) call?.reject(new Error(`${name}: ${reply.error}`));
    else call?.resolve(reply.result);
    if (thread.isOver) thread.retire();
  });
  worker.on("error", (error) => {
    end(String(error));
  });
  worker.on("exit", (code) => {
    end(`the process ended with code ${code} during a call.`);
  });
  // Through console, so that callers can catch a function's log.
  worker.stdout.setEncoding("utf8").on("data", (text: string) => {
    console.log(text.trimEnd());
  });
  worker.stderr.setEncoding("utf8").on("data", (text: string) => {
    console.error(text.trimEnd());
  });
  return thread;
}
