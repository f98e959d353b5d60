import { setMaxListeners } from "node:events";
import type { Context } from "aws-lambda";

/** Time to build, log and send a response after the last call has failed. */
const reserve_ms = 1_000;

/**
 * Aborts pending calls when the time limit is reached. One per environment, because Lambda sends it one
 * event at a time. The local run sends several: the first that runs out of time aborts the calls of all,
 * which is safe, because callers may always retry. (AsyncLocalStorage could separate them, at a twentieth
 * of the cost of a request on Node.js 22.)
 */
let calls = newController();

/**
 * Runs one invocation. Aborts its calls to AWS a second before Lambda would end the function, or after half
 * of the remaining time if that is less than two seconds.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
 */
export async function withinTimeLimit<Result>(
  context: Pick<Context, "getRemainingTimeInMillis">,
  act: () => Promise<Result>,
): Promise<Result> {
  const remaining_ms = context.getRemainingTimeInMillis();
  const timer = setTimeout(giveUp, Math.max(remaining_ms - reserve_ms, remaining_ms / 2));
  try {
    return await act();
  } finally {
    clearTimeout(timer);
  }
}

function giveUp(): void {
  calls.abort(new Error("The time limit was reached."));
  calls = newController();
}

/** Every pending call listens to it, and Node warns above ten listeners. */
function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Aborted when the current invocation reaches its time limit. */
export function timeIsUp(): AbortSignal {
  return calls.signal;
}

/**
 * Settles like `work`, or rejects when the time limit is reached first, whatever `work` is waiting for: a
 * response, the rest of a body, or the delay before a retry.
 */
export function untilTimeIsUp<Result>(work: Promise<Result>): Promise<Result> {
  const { signal } = calls;
  return new Promise((resolve, reject) => {
    const end = () => {
      reject(signal.reason as Error);
    };
    const removeListener = () => {
      signal.removeEventListener("abort", end);
    };
    signal.addEventListener("abort", end);
    work.then(resolve, reject).finally(removeListener);
  });
}
