// What every test file begins with.
import { Socket } from "node:net";
import { afterAll, afterEach, vi } from "vitest";

/**
 * Files share a process, so that the SDK and other packages are loaded once. All else is as in a process
 * of its own: a file has fresh modules, and takes with it what it has put into the environment.
 */
vi.resetModules();
const environment = { ...process.env };
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  for (const name of Object.keys(process.env)) if (!(name in environment)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, environment);
});

/** What a test logs is kept, and shown if it fails: to write and send each line takes longer than many a request. */
const kept: (() => void)[] = [];
const { log, info, error } = console;
for (const [level, show] of Object.entries({ log, info, error })) {
  const keep = (...parts: unknown[]) => {
    kept.push(() => {
      show(...parts);
    });
  };
  Object.assign(console, { [level]: keep });
}
afterEach(({ task }) => {
  const lines = kept.splice(0);
  if (task.result?.state === "fail") for (const line of lines) line();
});
afterAll(() => {
  Object.assign(console, { log, info, error });
  for (const line of kept.splice(0)) line();
});

/**
 * Replaces this process's timers by some that only count the turns that its event loop takes, at most
 * five milliseconds for each. Where the loop has nothing to do they run as always; where the machine is
 * busy with something else, or the loop with many calls at once, they wait. So no time limit of a
 * function, of the SDK or of the gateway can decide a test because of what else the machine does.
 */
vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true, advanceTimeDelta: 5 });

AbortSignal.timeout = (delay_ms) => {
  const controller = new AbortController();
  setTimeout(() => {
    controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  }, delay_ms);
  return controller.signal;
};

/** Sockets have timers of their own, out of reach. The SDK gives them the limit that its request has anyway. */
Socket.prototype.setTimeout = function () {
  return this;
};
