import { expect, test } from "vitest";
import { createsPerSecond } from "./shards.ts";

test("creates per second of one status and type end at 1,000 for each shard, however many are tried", () => {
  const found = [1, 4, 16].map((shards) => createsPerSecond(shards, 24_000, 1));
  expect(found).toEqual([1_000, 4_000, 16_000]);
});

test("what the shards have room for gets through", () => {
  expect([createsPerSecond(1, 900, 2), createsPerSecond(4, 900, 2)]).toEqual([900, 900]);
});
