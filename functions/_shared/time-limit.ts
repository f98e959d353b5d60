import { setMaxListeners } from "node:events";
import type { Context } from "aws-lambda";

/** What an answer takes once the last call has failed: to be built, logged and sent back. */
const reserve_ms = 1_000;

/**
 * Ends the calls that are under way when the time is up. There is one for the whole environment, because
 * Lambda gives it one event at a time. The local run gives it several: the first that runs out of time
 * ends the calls of all of them, and to be told to try again is always safe. (AsyncLocalStorage could tell
 * them apart, for a twentieth of what a request costs on Node.js 22.)
 */
let calls = newController();

/**
 * Runs one invocation. Its calls to AWS are given up a second before Lambda would end the function, or
 * after half of the time where that is less than two seconds.
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

/** Listened to by every call that is under way, where Node warns of more than ten. */
function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Aborted when the time of the invocation that runs now is up. */
export function timeIsUp(): AbortSignal {
  return calls.signal;
}

/**
 * What `work` comes to, or a rejection when the time is up first, whatever it is waiting for then: an
 * answer, the rest of a body, or the pause before another attempt.
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
