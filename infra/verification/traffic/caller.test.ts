import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startApi, type Answer } from "../../testing/api.ts";
import { makeCaller } from "./caller.ts";
import { operations, type Operation } from "./operations.ts";

const { call } = await startApi();

test("a thousand operations are answered as by a model in memory", async () => {
  const seed = Date.now() | 0;
  console.log(`To reproduce this, give fc.sample the seed ${seed}.`); // shown on failure
  for (const id of ["a", "b", "c"]) await call(`DELETE /events/${id}`);
  const { act, complaints } = makeCaller(call);
  for (const operation of fc.sample(operations(["a", "b", "c"]), { seed, numRuns: 1000 })) {
    await act(operation);
    expect(complaints).toEqual([]);
  }
}, 300_000);

describe("a caller complains", () => {
  const at = "2026-03-15T18:00:00.000Z";
  const event = { id: "a", title: "x", type: "event", status: "active", version: 1, createdAt: at, updatedAt: at };
  const created = answer(201, event, '"1"');
  const shown = answer(200, event, '"1"');
  const create: Operation = { does: "create", id: "a", content: { title: "x" } };
  const get: Operation = { does: "get", id: "a" };
  const remove: Operation = { does: "delete", id: "a" };
  const [notFound, unavailable] = [refusal(404), refusal(503)];

  function answer(status: number, body?: object, etag?: string): Answer {
    return { status, headers: etag === undefined ? {} : { etag }, ...(body && { body }) };
  }

  function refusal(status: number): Answer {
    return { status, headers: { "content-type": "application/problem+json" }, body: { status } };
  }

  /** A caller with these operations and answers. */
  async function complaintsOf(done: Operation[], answers: Answer[]): Promise<string[]> {
    const { act, complaints } = makeCaller(() => Promise.resolve(answers.shift() ?? answer(500)));
    for (const operation of done) await act(operation);
    return complaints;
  }

  test.each<[string, Operation[], Answer[], number]>([
    ["of a lost acknowledged create", [create, get], [created, notFound], 1],
    ["of one that reads differently from its answer", [create], [answer(201, { ...event, title: "y" }, '"1"')], 1],
    ["of a reused ETag", [create, remove, create], [created, answer(204), created], 1],
    ["of a forbidden answer", [create], [answer(500)], 1],
    ["of a deleted event that returns", [create, remove, get], [created, answer(204), shown], 1],
    ["of a half-done write", [create, remove], [created, unavailable, answer(200, { ...event, title: "y" }, '"1"')], 1],
    ["not of an unacknowledged create that was done", [create], [unavailable, unavailable, shown], 0],
    [
      "not of an unacknowledged delete that was done",
      [create, remove, get],
      [created, unavailable, notFound, notFound],
      0,
    ],
    [
      "not of an unacknowledged delete that was not done",
      [create, remove, get],
      [created, unavailable, shown, shown],
      0,
    ],
  ])("%s", async (_what, done, answers, count) => {
    expect(await complaintsOf(done, answers)).toHaveLength(count);
  });
});
