// Runs before every test file.
import { Socket } from "node:net";
import { afterAll, afterEach, vi } from "vitest";

/**
 * Files share a process, so that the SDK and other packages are loaded once. Otherwise each file is
 * isolated: it has fresh modules, and its changes to the environment are undone.
 */
vi.resetModules();
const environment = { ...process.env };
afterAll(async () => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  for (const name of Object.keys(process.env)) if (!(name in environment)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, environment);
  // A stopped server is gone after a few turns of the event loop.
  for (let turn = 0; turn < 100 && hasServer(); turn++) await new Promise(setImmediate);
  if (hasServer())
    throw new Error(
      "This file left a server running: stop it with onTestFinished if a test started it, else afterAll.",
    );
});

function hasServer(): boolean {
  return process.getActiveResourcesInfo().includes("TCPServerWrap");
}

/** A test's log is shown only if it fails: writing each line takes longer than many a request. */
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
 * Replaces this process's timers with ones that advance at most five milliseconds per turn of the event
 * loop. If the loop is idle they run in real time; if the machine or the loop is busy they wait. So no
 * timeout of a function, the SDK or the gateway can fail a test because of the load on the machine.
 */
vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true, advanceTimeDelta: 5 });

AbortSignal.timeout = (delay_ms) => {
  const controller = new AbortController();
  setTimeout(() => {
    controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  }, delay_ms);
  return controller.signal;
};

/** Sockets have their own timers, which cannot be faked. The SDK gives them the same limit as the request. */
Socket.prototype.setTimeout = function () {
  return this;
};
