// What is measured: a process that loads a function and calls it as Lambda's runtime does. Plain
// JavaScript, because it runs on Lambda's version of Node without a loader.
import { openSync, readFileSync, writeSync } from "node:fs";
import { devNull } from "node:os";
import { callHandler } from "../../local/runtime/call-handler.js";

/**
 * @typedef {object} Task
 * @property {string} artifact  the module that exports `handler`
 * @property {string} event  as JSON text
 * @property {number} status  what the answer must have
 * @property {number | undefined} port  where the stub of DynamoDB listens
 * @property {number} warmUp  how many calls follow the first one unmeasured
 * @property {number} calls  how many calls are measured then
 */

/** CLOCK_MONOTONIC, which all processes share. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

/** @type {unknown} */
const task = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const { artifact, event, status, port, warmUp, calls } = /** @type {Task} */ (task);
logAsLambdaDoes();
const booted_ms = now();

// As Lambda's runtime interface client does since version 4, which costs more than require.
const loading = /** @type {Promise<{ handler: (event: unknown, context: object) => unknown }>} */ (import(artifact));
const { handler } = await loading;
const loaded_ms = now();

if (port !== undefined) redirect(port);
const call = async () => {
  const answer = await callHandler(handler, event, {
    name: "measured",
    memory_mb: 256,
    requestId: "measured",
    deadline_ms: Date.now() + 10_000,
  });
  if (!answer.includes(`"statusCode":${status}`)) throw new Error(`The answer must have status ${status}: ${answer}`);
  return answer;
};
const redirected_ms = now();
const answer = await call();
const answered_ms = now();
const { user, system } = process.cpuUsage();
const cold = {
  init_ms: loaded_ms - booted_ms,
  first_ms: answered_ms - redirected_ms,
  answered_ms,
  cpu_ms: (user + system) / 1e3,
};

const warm = calls > 0 ? await repeat() : undefined;

const report = JSON.stringify({ cold: { ...cold, memory_mb: peakMemory_mb() }, warm, answer });
process.stdout.write(report, () => process.exit()); // kept-alive connections would hold it

/** A line of JSON to a descriptor that is open already; what a function logs is part of what it costs. */
function logAsLambdaDoes() {
  const log = openSync(devNull, "w");
  for (const level of /** @type {const} */ (["info", "error"])) {
    console[level] = (/** @type {unknown} */ message) => {
      writeSync(log, `${JSON.stringify({ timestamp: new Date().toISOString(), level, message })}\n`);
    };
  }
}

async function repeat() {
  for (let n = 0; n < warmUp; n++) await call();
  const walls_us = new Float64Array(calls);
  const before = process.cpuUsage();
  for (let n = 0; n < calls; n++) {
    const start_ms = now();
    await call();
    walls_us[n] = (now() - start_ms) * 1e3;
  }
  const { user, system } = process.cpuUsage(before); // of all threads
  walls_us.sort();
  return {
    cpu_us: (user + system) / calls,
    wall_us: walls_us[Math.floor(calls / 2)],
    slow_us: walls_us[Math.floor(calls * 0.99)],
  };
}

/**
 * Sends every connection to the stub, whatever name and port it is for, once the module is loaded: with
 * an endpoint in the environment the SDK would skip work that it does in Lambda.
 * @param {number} port
 */
function redirect(port) {
  const { Socket } = process.getBuiltinModule("node:net"); // imported it would load more than the function asks for
  const prototype = /** @type {{ connect: (...given: unknown[]) => unknown }} */ (Socket.prototype);
  prototype.connect = new Proxy(prototype.connect, {
    apply: (connect, socket, /** @type {[options: object, done: unknown]} */ [options, done]) =>
      Reflect.apply(connect, socket, [{ ...options, host: "127.0.0.1", port }, done]),
  });
}

/** Not resourceUsage().maxRSS, which begins with the memory of the process that this one was forked from. */
function peakMemory_mb() {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024; // where there is no /proc
  }
}
