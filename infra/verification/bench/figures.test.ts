import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { draw } from "./chart.ts";
import { summarize, type Figures, type Spread, type VariantFigures } from "./figures.ts";
import { judge } from "./gates.ts";
import { createsPerSecond } from "./lists.ts";
import { describe } from "./tables.ts";
import { fastapi, floor, limit, ours } from "./variants.ts";

const of = (median: number): Spread => ({ median, p10: median * 0.9, p90: median * 1.1 });

/** A variant that takes this many milliseconds cold, microseconds of CPU warm, and megabytes. */
function variant(
  name: string,
  answer_ms: number,
  cpu_us: number,
  memory_mb: number,
  zip_bytes: number,
): VariantFigures {
  const cold = {
    init_ms: of(answer_ms / 2),
    answer_ms: of(answer_ms),
    total_ms: of(answer_ms + 20),
    cpu_ms: of(answer_ms),
    memory_mb: of(memory_mb),
  };
  const warm = { cpu_us: of(cpu_us), wall_us: of(cpu_us), slow_us: of(cpu_us * 3), memory_mb: of(memory_mb) };
  return {
    name,
    zip_bytes: { create: zip_bytes, get: zip_bytes },
    cold: { create: cold, get: cold },
    warm: { create: warm, get: warm },
  };
}

const figures: Figures = {
  date: "2026-11-21T12:00:00.000Z",
  command: "npm run bench",
  machine: { processor: "A <fast> one", processors: 2, memory_gb: 8, system: "Linux 6", load: 0.1 },
  node: "v22.0.0",
  nodeFlags: ["--expose-gc"],
  python: "3.13",
  rounds: { cold: 11, warm: 3, warmCalls: 4000 },
  variants: [
    variant(ours, 48, 400, 58, 60 * 1024),
    variant(limit, 30, 140, 53, 2000),
    variant(floor, 3, 10, 46, 700),
    variant(fastapi, 300, 1500, 66, 0),
  ],
  payloads: [{ size_bytes: 1024, cpu_us: of(400), wall_us: of(300) }],
  lists: [{ query: "GET /events", events: 100, itemsRead: 105 }],
  shards: [1, 4].map((shards) => ({
    shards,
    creates_per_s: 1_000 * shards,
    itemsRead: [{ query: "GET /events", itemsRead: 105 * shards }],
  })),
};

function verdictOf(claim: string, variants = figures.variants) {
  return judge({ variants }).find((verdict) => verdict.claim === claim);
}

test.each([
  ["as good as it gets", 37.5, "reached"],
  ["kept", 54, "kept"],
  ["kept, but for noise", 58, "kept"],
  ["broken by more than noise", 58.5, "broken"],
])("a promise not to take longer is %s", (_what, answer_ms, verdict) => {
  const variants = [variant(ours, answer_ms, 400, 58, 1), ...figures.variants.slice(1)];
  expect(verdictOf("init + first answer, against the raw limit", variants)).toMatchObject({
    value: answer_ms / 30,
    verdict,
  });
});

test.each([
  ["as good as it gets", 33, "reached"],
  ["kept", 50, "kept"],
  ["kept, but for noise", 53, "kept"],
  ["broken by more than noise", 55, "broken"],
])("a promise to be faster is %s", (_what, answer_ms, verdict) => {
  const variants = [variant(ours, answer_ms, 400, 58, 1), ...figures.variants.slice(1)];
  expect(verdictOf("init + first answer, faster than FastAPI + Mangum", variants)).toMatchObject({
    value: 300 / answer_ms,
    verdict,
  });
});

test("a promise about first answers looks at a create and a get alike", () => {
  const [create, get] = [variant(ours, 40, 400, 58, 1), variant(ours, 50, 400, 58, 1)].map(({ cold }) => cold.create);
  const own = { ...variant(ours, 0, 400, 58, 1), cold: { create, get } } as VariantFigures;
  expect(verdictOf("init + first answer, against the raw limit", [own, ...figures.variants.slice(1)])?.value).toBe(
    45 / 30,
  );
});

test("bytes have no noise", () => {
  const variants = [variant(ours, 48, 400, 58, 64 * 1024 + 1), ...figures.variants.slice(1)];
  expect(verdictOf("KB of the zip of create-event", variants)?.verdict).toBe("broken");
});

test("says what was not measured, and does not call it broken", () => {
  expect(verdictOf("init + first answer, faster than express")).toMatchObject({
    value: undefined,
    verdict: "not measured",
  });
});

test("prints each variant, every function, and every promise", () => {
  const text = describe(figures, judge(figures));
  for (const { name } of figures.variants) expect(text).toContain(`\n${name} `);
  expect(text).toMatch(/^ours +60\.0 +24\.0 \(21\.6-26\.4\) +48\.0 \(43\.2-52\.8\) +1\.60 /m);
  expect(text).toMatch(/^GET \/events +105$/m);
  expect(text).toMatch(/^init \+ first answer, faster than express +at least +2 +2\.75 +not measured$/m);
});

test("draws a bar for each variant, longest last, and says where and how it was measured", () => {
  const chart = draw(figures);
  const bars = [...chart.matchAll(/<rect x="270" y="(\d+)" width="([\d.]+)"/g)].map(([, y, width]) => [
    Number(y),
    Number(width),
  ]);
  const widths = bars.map(([, width = 0]) => width);
  expect(bars.length).toBe(2 * figures.variants.length);
  expect(widths.slice(0, 4)).toEqual([5, 50, 80, 500]);
  expect(chart).toContain("2026-11-21, npm run bench, 2 x A &lt;fast> one, Node.js v22.0.0");
});

test("the chart is the one of the figures that are kept", () => {
  const [kept, chart] = ["figures.json", "figures.svg"].map((name) =>
    readFileSync(join(import.meta.dirname, name), "utf8"),
  );
  expect(draw(JSON.parse(kept ?? "") as Figures)).toBe(chart);
});

test.each([
  ["one value", [7], [7, 7, 7]],
  ["an even number of values", [4, 1, 3, 2], [2.5, 1.3, 3.7]],
  ["eleven values in any order", [10, 0, 9, 1, 8, 2, 7, 3, 6, 4, 5], [5, 1, 9]],
  ["one value far off, which moves no median", [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1000], [1, 1, 1]],
])("finds the median and the spread of %s, for each figure by itself", (_what, values, [median, p10, p90]) => {
  const samples = values.map((value) => ({ cpu_us: value, wall_us: 1 }));
  expect(summarize(samples)).toEqual({
    cpu_us: { median, p10: expect.closeTo(p10 ?? NaN) as number, p90: expect.closeTo(p90 ?? NaN) as number },
    wall_us: { median: 1, p10: 1, p90: 1 },
  });
});

test("refuses to take the median of nothing", () => {
  expect(() => summarize([])).toThrow("There is nothing to take the median of: no round was measured.");
});

test("creates per second of one status and type end at 1,000 for each shard, however many are tried", () => {
  const found = [1, 4].map((shards) => createsPerSecond(shards, 5_500, 1));
  expect(found).toEqual([1_000, 4_000]);
});

test("what the shards have room for gets through", () => {
  expect([createsPerSecond(1, 900, 2), createsPerSecond(4, 900, 2)]).toEqual([900, 900]);
});
