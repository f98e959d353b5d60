import { expect, test } from "vitest";
import { summarize } from "./figures.ts";
import { spreadOf } from "./statistics.ts";

test.each([
  ["one value", [7], { median: 7, p10: 7, p90: 7 }],
  ["an even number of values", [4, 1, 3, 2], { median: 2.5, p10: 1.3, p90: 3.7 }],
  ["eleven values in any order", [10, 0, 9, 1, 8, 2, 7, 3, 6, 4, 5], { median: 5, p10: 1, p90: 9 }],
  ["one value far off, which moves no median", [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1000], { median: 1, p10: 1, p90: 1 }],
])("finds the median and the spread of %s", (_what, values, expected) => {
  const { median, p10, p90 } = spreadOf(values);
  expect(median).toBeCloseTo(expected.median);
  expect(p10).toBeCloseTo(expected.p10);
  expect(p90).toBeCloseTo(expected.p90);
});

test("leaves the values in their order", () => {
  const values = [3, 1, 2];
  spreadOf(values);
  expect(values).toEqual([3, 1, 2]);
});

test("refuses to take the median of nothing", () => {
  expect(() => spreadOf([])).toThrow("There is nothing to take the median of: no round was measured.");
});

test("summarizes each figure of the samples by itself", () => {
  expect(
    summarize([
      { wall_us: 1, cpu_us: 30 },
      { wall_us: 3, cpu_us: 10 },
    ]),
  ).toEqual({
    wall_us: { median: 2, p10: 1.2, p90: 2.8 },
    cpu_us: { median: 20, p10: 12, p90: 28 },
  });
});
