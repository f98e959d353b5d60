import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { runInProcess, runInThread, type RunningFunction } from "./runner.ts";

const configuration = { name: "act", memory_mb: 128, timeout_s: 5, environment: { TABLE_NAME: "events" } };
const running: RunningFunction[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

/** Runs the body of a handler `(event, context) =>` as a bundle in a thread. */
function inThread(body: string, more: object = {}): RunningFunction {
  const folder = scratchFolder({
    "index.cjs": `let calls = 0; exports.handler = async (event, context) => { calls += 1; ${body} };`,
  });
  const started = runInThread(join(folder, "index.cjs"), { ...configuration, ...more });
  running.push(started);
  return started;
}

describe("a bundle in a thread", () => {
  test("gets the event and returns its result, both as JSON preserves them", async () => {
    const { invoke } = inThread("return { event, lost: undefined, date: new Date(0) };");
    expect(await invoke({ a: [1], lost: undefined })).toEqual({ event: { a: [1] }, date: "1970-01-01T00:00:00.000Z" });
  });

  test("that returns nothing gives null", async () => {
    expect(await inThread("").invoke({})).toBeNull();
  });

  test("has only its own environment", async () => {
    expect(await inThread("return { ...process.env };").invoke({})).toEqual({ TABLE_NAME: "events" });
  });

  test("knows about itself what Lambda tells it", async () => {
    const context = await inThread("return { ...context, left_ms: context.getRemainingTimeInMillis() };").invoke({});
    expect(context).toEqual({
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      functionName: "act",
      functionVersion: "$LATEST",
      invokedFunctionArn: "arn:aws:lambda:local:000000000000:function:act",
      logGroupName: "/aws/lambda/act",
      logStreamName: "local",
      memoryLimitInMB: "128",
      left_ms: expect.toSatisfy((left_ms: number) => left_ms > 0 && left_ms <= 5000) as number,
    });
  });

  test("logs like Lambda: one line of JSON each, from the configured level", async () => {
    const printed: unknown[] = [];
    vi.spyOn(console, "log").mockImplementation((text) => printed.push(text));
    const { invoke } = inThread('console.info("no"); console.warn({ a: 1 }); console.error("b");', {
      environment: { AWS_LAMBDA_LOG_LEVEL: "WARN" },
    });
    await invoke({});
    await vi.waitUntil(() => printed.join("\n").split("\n").length === 2, { timeout: 120_000 });
    const timestamp = expect.any(String) as string;
    expect(
      printed
        .join("\n")
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { timestamp, level: "WARN", message: { a: 1 } },
      { timestamp, level: "ERROR", message: "b" },
    ]);
  });

  test("may return 6 MB and 100 bytes of JSON, and fails with one byte more", async () => {
    const { invoke } = inThread('return "ä".repeat(event.count) + "a".repeat(event.more);');
    const count = 3 * 1024 * 1024; // two bytes each; plus two quotes
    expect(await invoke({ count, more: 98 })).toHaveLength(count + 98);
    await expect(invoke({ count, more: 99 })).rejects.toThrow(
      "act: its result has 6291557 bytes as JSON, Lambda's maximum is 6291556.",
    );
  });

  test("may export its handler under another name", async () => {
    const folder = scratchFolder({ "index.cjs": "exports.other = async () => 1;" });
    const other = runInThread(join(folder, "index.cjs"), { ...configuration, exportName: "other" });
    running.push(other);
    expect(await other.invoke({})).toBe(1);
  });

  test("keeps its state from call to call", async () => {
    const { invoke } = inThread("return calls;");
    expect([await invoke({}), await invoke({})]).toEqual([1, 2]);
  });

  test("that throws fails only that call", async () => {
    const { invoke } = inThread('if (event.fail) throw new TypeError("no"); return calls;');
    await expect(invoke({ fail: true })).rejects.toThrow(/^act: TypeError: no/);
    expect(await invoke({})).toBe(2);
  });

  test("that ends its process fails the call and is restarted", async () => {
    const { invoke } = inThread("if (event.exit) process.exit(7); return calls;");
    await expect(invoke({ exit: true })).rejects.toThrow("act: the process ended with code 7 during a call.");
    expect(await invoke({})).toBe(1);
  });

  test("that loops forever is ended at its timeout and restarted", async () => {
    const { invoke } = inThread("while (event.loop); return calls;", { timeout_s: 1 });
    await expect(invoke({ loop: true })).rejects.toThrow("act: timed out after 1 seconds.");
    expect(await invoke({})).toBe(1);
  });

  test.each([
    ["does not parse", "exports.handler = ;", /^act: SyntaxError/],
    ["throws as it loads", 'throw new Error("TABLE_NAME is not set")', /^act: Error: TABLE_NAME is not set/],
    ["exports no handler", "exports.other = 1;", "act: its module does not export its handler."],
  ])("that %s fails each call", async (_what, source, message) => {
    const folder = scratchFolder({ "index.cjs": source });
    const { invoke, stop } = runInThread(join(folder, "index.cjs"), configuration);
    await expect(invoke({})).rejects.toThrow(message);
    await expect(invoke({})).rejects.toThrow(message);
    await stop();
  });

  test("serves ten calls at a time and lets the others wait", async () => {
    const { invoke } = inThread(`
      globalThis.now = (globalThis.now ?? 0) + 1;
      const atOnce = globalThis.now;
      await new Promise(setImmediate);
      globalThis.now -= 1;
      return atOnce;`);
    const atOnce = (await Promise.all(Array.from({ length: 200 }, () => invoke({})))) as number[];
    expect([atOnce.length, Math.max(...atOnce)]).toEqual([200, expect.toSatisfy((most: number) => most <= 10)]);
  });

  test("that is retired answers the calls that are running", async () => {
    const { invoke, retire } = inThread(
      "const call = calls; await new Promise((resolve) => setTimeout(resolve, 50)); return call;",
    );
    const calls = [invoke({}), invoke({})];
    await nextTurn(); // they start in a later turn
    retire();
    expect(await Promise.all(calls)).toEqual([1, 2]);
  });
});

test("a source in this process is called the same way", async () => {
  const folder = scratchFolder({
    "handler.mjs": "export const handler = async (event, context) => ({ event, name: context.functionName });",
  });
  const { invoke } = await runInProcess(join(folder, "handler.mjs"), configuration);
  expect(await invoke({ a: 1, lost: undefined })).toEqual({ event: { a: 1 }, name: "act" });
});
