// The rehearsal's clock, loaded first by the rehearsal itself, by the functions that it runs and by the programs of
// its jobs. Time limits are twenty times as long, so that a busy machine breaks none.
import { existsSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { Socket } from "node:net";
import timers from "node:timers/promises";

const times = 20;
const { AbortSignal, setTimeout: start } = globalThis;
const limitAbortSignal = AbortSignal.timeout.bind(AbortSignal);
const limitSocket = Reflect.get(Socket.prototype, "setTimeout");

/** @type {(act: (...values: unknown[]) => void, delay_ms?: number, ...values: unknown[]) => NodeJS.Timeout} */
const startLater = (act, delay_ms = 0, ...values) => start(act, delay_ms * times, ...values);
Object.assign(globalThis, { setTimeout: startLater });
AbortSignal.timeout = (/** @type {number} */ limit_ms) => limitAbortSignal(limit_ms * times);
/** @type {typeof limitSocket} */
Socket.prototype.setTimeout = function (limit_ms, act) {
  return limitSocket.call(this, limit_ms * times, act);
};

/** A paused release continues when the rehearsal removes this file. */
const hold = process.env["REHEARSAL_HOLD"];
const { setTimeout: wait } = timers;
/** @type {typeof wait} */
const waitWhileHeld = async (delay_ms, value, options) => {
  if (hold === undefined || !existsSync(hold)) return wait(delay_ms, value, options);
  while (existsSync(hold)) await wait(20, undefined, options);
  return /** @type {NonNullable<typeof value>} */ (value);
};
Object.assign(timers, { setTimeout: waitWhileHeld });
syncBuiltinESMExports();
