import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startLocalApi, target } from "../../infra/testing/api.ts";
import type { Request } from "./http.ts";
import { timeIsUp, untilTimeIsUp, withinTimeLimit } from "./time-limit.ts";

const lambda = (remaining_ms: number) => ({ getRemainingTimeInMillis: () => remaining_ms });
const never = new Promise<never>(() => undefined);

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("an invocation", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  test.each([
    ["a second before Lambda ends it", 10_000, 9_000],
    ["after half of its time, if that is less than two seconds", 1_000, 500],
  ])("aborts its calls %s", async (_what, remaining_ms, limit_ms) => {
    const ended: string[] = [];
    void withinTimeLimit(lambda(remaining_ms), () => untilTimeIsUp(never)).catch((error: unknown) =>
      ended.push(String(error)),
    );
    const signal = timeIsUp();
    await vi.advanceTimersByTimeAsync(limit_ms - 1);
    expect([ended, signal.aborted]).toEqual([[], false]);
    await vi.advanceTimersByTimeAsync(1);
    expect([ended, signal.aborted]).toEqual([["Error: The time limit was reached."], true]);
  });

  test("that ends in time leaves no timer and no abort", async () => {
    expect(await withinTimeLimit(lambda(10_000), () => untilTimeIsUp(Promise.resolve("done")))).toBe("done");
    await expect(withinTimeLimit(lambda(10_000), () => untilTimeIsUp(Promise.reject(new Error("no"))))).rejects.toThrow(
      "no",
    );
    expect([vi.getTimerCount(), timeIsUp().aborted]).toEqual([0, false]);
  });

  test("that ran out of time does not shorten the next", async () => {
    const late = withinTimeLimit(lambda(1_000), () => untilTimeIsUp(never));
    const isLate = expect(late).rejects.toThrow("The time limit was reached.");
    await vi.advanceTimersByTimeAsync(500);
    await isLate;
    expect(await withinTimeLimit(lambda(1_000), () => untilTimeIsUp(Promise.resolve("done")))).toBe("done");
  });
});

test("a write abandoned in the delay before a retry is not sent when the delay ends", async ({ skip }) => {
  skip(target !== "source", "the timers of a bundle or a deployed function cannot be faked");
  const { database } = await startLocalApi();
  const { handler } = await import("../create-event/handler.ts");
  const id = randomUUID();
  database.setFault(id, ({ response }) => {
    response.writeHead(400, { "content-type": "application/x-amz-json-1.0" }).end('{"__type":"ThrottlingException"}');
  });
  vi.spyOn(Math, "random").mockReturnValue(0.99); // of the longest delay, a second
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const event = {
    version: "2.0",
    routeKey: "POST /events",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id, title: "x" }),
    requestContext: { requestId: "1" },
  };
  const answer = handler(event as unknown as Request, lambda(600));
  while (database.attempts(id) === 0 || vi.getTimerCount() < 2) await new Promise(setImmediate); // the time limit and the delay
  await vi.advanceTimersByTimeAsync(300);
  expect(await answer).toMatchObject({ statusCode: 503 });
  await vi.advanceTimersByTimeAsync(60_000);
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  expect(database.attempts(id)).toBe(1);
});
