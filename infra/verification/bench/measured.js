// The measured process: loads a function and calls it as Lambda's runtime does. Plain JavaScript,
// because it runs on Lambda's version of Node without a loader.
import { openSync, read, readFileSync, writeSync } from "node:fs";
import { devNull } from "node:os";
import { callHandler, logAsLambdaDoes } from "../../local/runtime/call-handler.js";

const now = () => Number(process.hrtime.bigint()) / 1e6;

/** @type {unknown} */
const task = JSON.parse(process.argv[2] ?? "");
const { artifact, event, status, port, calls } =
  /** @type {{ artifact: string, event: string, status: number, port: number, calls: number }} */ (task);
const log = openSync(devNull, "w"); // a function's logs are part of its cost
logAsLambdaDoes((line) => {
  writeSync(log, line);
});
redirect(port);

const started_ms = now();
// As Lambda's runtime interface client does since version 4; it costs more than require.
const loading = /** @type {Promise<{ handler: (event: unknown, context: object) => unknown }>} */ (import(artifact));
const { handler } = await loading;
const load_ms = now() - started_ms;

writeSync(1, "loaded\n");
// Lambda's event loop also runs while it waits for the first request.
await new Promise((resolve) => {
  read(0, new Uint8Array(1), resolve);
});

const called_ms = now();
const answer = await call();
const answer_ms = load_ms + now() - called_ms;
const memory_mb = peakMemory_mb();
const cpu_us = calls > 0 ? await repeat() : undefined;
writeSync(1, `${JSON.stringify({ load_ms, answer_ms, memory_mb, cpu_us, answer })}\n`);
process.exit(); // kept-alive connections would keep it running

async function call() {
  const deadline_ms = Date.now() + 10_000;
  const answer = await callHandler(handler, event, { name: "bench", memory_mb: 256, requestId: "bench", deadline_ms });
  if (!answer.includes(`"statusCode":${status}`)) throw new Error(`The answer must have status ${status}: ${answer}`);
  return answer;
}

async function repeat() {
  for (let n = 0; n < 2 * calls; n++) await call();
  const before = process.cpuUsage();
  for (let n = 0; n < calls; n++) await call();
  const { user, system } = process.cpuUsage(before); // of all threads
  return (user + system) / calls;
}

/**
 * Redirects every connection to the stub, whatever its host and port: with an endpoint in the environment
 * the SDK would skip work that it does in Lambda. Waits until the function loads node:net itself, because
 * some functions never do.
 * @param {number} port
 */
function redirect(port) {
  /** @type {unknown} */
  const builtin = process.getBuiltinModule("node:module").Module;
  const modules = /** @type {{ _load: (name: string, ...more: unknown[]) => unknown }} */ (builtin);
  const load = modules._load;
  modules._load = (name, ...more) => {
    const loaded = load(name, ...more);
    if (/^(node:)?(net|tls|https?)$/.test(name)) {
      modules._load = load;
      const { Socket } = process.getBuiltinModule("node:net");
      const prototype = /** @type {{ connect: (...given: unknown[]) => unknown }} */ (Socket.prototype);
      prototype.connect = new Proxy(prototype.connect, {
        apply: (connect, socket, /** @type {[options: object, done: unknown]} */ [options, done]) =>
          Reflect.apply(connect, socket, [{ ...options, host: "127.0.0.1", port }, done]),
      });
    }
    return loaded;
  };
}

/** Not resourceUsage().maxRSS, which includes the memory of the forking process. */
function peakMemory_mb() {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
}
