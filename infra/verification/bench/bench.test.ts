import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { draw } from "./chart.ts";
import { makeCpuShare } from "./cpu-share.ts";
import { mean, summarize, tableOf, type Figures, type State } from "./figures.ts";
import { judge } from "./gates.ts";
import { operations } from "./requests.ts";
import { express, fastapi, hono, limit, ours, primedLimit, unprimed } from "./variants.ts";

const at = (median: number) => ({ median, p10: median * 0.9, p90: median * 1.1 });

/** A create and a get of a variant with these times to load and to answer. */
function rows(variant: string, state: State, answer_ms: number, roundTrip_ms = 0): Figures["measured"] {
  const figures = { load_ms: at(answer_ms / 2), answer_ms: at(answer_ms), memory_mb: at(58) };
  return operations.map((operation) => ({ variant, operation, state, roundTrip_ms, ...figures }));
}

function warm(variant: string, cpu_us: number): Figures["measured"] {
  return rows(variant, "warm", 50).map((row) => ({ ...row, cpu_us: at(cpu_us) }));
}

const figures: Figures = {
  about: {
    date: "2026-11-29T12:00:00.000Z",
    command: "npm run bench",
    machine: "2 x A <fast> one",
    load: "0.1",
    node: "v22.0.0 --expose-gc",
    python: "3.13",
    notMeasured: [],
    rounds: { cold: 15, warm: 3, warmCalls: 2_000 },
  },
  zip_bytes: { create: 60 * 1024, get: 64 * 1024 + 1 },
  measured: [
    ...rows(ours, "share", 60),
    ...rows(ours, "share", 75, 5),
    ...rows(unprimed, "share", 240),
    ...rows(limit, "share", 120),
    ...rows(primedLimit, "share", 40),
    ...rows(hono, "share", 720),
    ...rows(express, "share", 300),
    ...rows(ours, "whole", 60),
    ...rows(unprimed, "whole", 55),
    ...rows(limit, "whole", 30),
    ...warm(ours, 480),
    ...warm(limit, 200),
  ],
};

const verdicts = (given = figures) =>
  Object.fromEntries(judge(given).map(({ promise, found, verdict }) => [promise, [found, verdict]]));

describe("promises", () => {
  test("are ratios of one run, kept up to the bound, broken beyond it, and not kept without a measurement", () => {
    expect(verdicts()).toEqual({
      "256 MB: against signed by hand": ["0.50", "reached"],
      "256 MB: against signed by hand, primed": ["1.50", "kept"],
      "256 MB: faster than hono": ["12.00", "reached"],
      "256 MB: faster than express": ["5.00", "broken"],
      "256 MB: faster than FastAPI + Mangum": [undefined, "not measured"],
      "whole processor: against signed by hand": ["2.00", "broken"],
      "warm CPU of a create: against signed by hand": ["2.40", "kept"],
      "warm CPU of a get: against signed by hand": ["2.40", "kept"],
      "KB of the zip of create-event": ["60.00", "kept"],
      "KB of the zip of get-event": ["64.00", "broken"],
      "MB that priming adds to a cold start's peak": ["0.00", "reached"],
    });
  });

  test("of 256 MB are not measured without a share of a processor", () => {
    const measured = figures.measured.filter(({ state }) => state !== "share");
    const of256MB = judge({ ...figures, measured: [...measured, ...rows(fastapi, "whole", 900)] }).slice(0, 5);
    expect(of256MB.map(({ verdict }) => verdict)).toEqual(Array(5).fill("not measured"));
  });

  test("of 256 MB are broken with priming off", () => {
    const measured = figures.measured.filter(({ variant, state }) => variant !== ours || state !== "share");
    expect(verdicts({ ...figures, measured: [...measured, ...rows(ours, "share", 240)] })).toMatchObject({
      "256 MB: against signed by hand": ["2.00", "broken"],
      "256 MB: against signed by hand, primed": ["6.00", "broken"],
      "256 MB: faster than hono": ["3.00", "broken"],
    });
  });

  test("of memory are broken by more than 3 MB", () => {
    const measured = figures.measured.map((row) => (row.variant === ours ? { ...row, memory_mb: at(61.5) } : row));
    expect(verdicts({ ...figures, measured })).toMatchObject({
      "MB that priming adds to a cold start's peak": ["3.50", "broken"],
    });
  });
});

describe("a share of a processor", () => {
  const name = `events-api-bench-${process.pid}`;

  /** What it writes below a folder of cgroups. */
  function write(root: string, path: string): Record<string, string> {
    makeCpuShare(256, root).give(1);
    const files = readdirSync(join(root, path, name));
    return Object.fromEntries(files.map((file) => [file, readFileSync(join(root, path, name, file), "utf8")]));
  }

  test("is a cgroup of version 2 if the kernel has one: 256/1769 of each 20 ms", () => {
    const root = scratchFolder({ "cgroup.controllers": "cpu memory", "cgroup.subtree_control": "cpuset cpu memory\n" });
    expect(write(root, "")).toEqual({ "cpu.max": "2894 20000", "cgroup.procs": "1" });
  });

  test("is a cgroup of version 1 elsewhere", () => {
    const root = scratchFolder({ "cpu/cgroup.procs": "" });
    expect(write(root, "cpu")).toEqual({
      "cpu.cfs_period_us": "20000",
      "cpu.cfs_quota_us": "2894",
      "cgroup.procs": "1",
    });
  });

  test.each([
    ["no cgroups", {}, join("cpu", name)],
    [
      "version 2 without the cpu controller",
      { "cgroup.controllers": "cpu", "cgroup.subtree_control": "cpuset memory" },
      "cpu is not in",
    ],
  ])("is refused with %s", (_what, files, message) => {
    const root = scratchFolder(files);
    expect(() => makeCpuShare(256, root)).toThrow(message);
  });
});

test("a mean is of a create and a get in the same state, without network latency", () => {
  const [create, get] = [rows(ours, "share", 40)[0], rows(ours, "share", 60)[1]];
  const measured = [...(create ? [create] : []), ...(get ? [get] : []), ...rows(ours, "share", 70, 5)];
  expect([
    mean({ measured }, ours, "share"),
    mean({ measured }, ours, "share", "load_ms"),
    mean({ measured }, ours, "whole"),
    mean({ measured: measured.slice(0, 1) }, ours, "share"),
  ]).toEqual([50, 25, NaN, NaN]);
});

test.each([
  ["one value", [7], [7, 7, 7]],
  ["eleven values in any order", [10, 0, 9, 1, 8, 2, 7, 3, 6, 4, 5], [5, 1, 9]],
  ["one outlier", [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1000], [1, 1, 1]],
])("finds the median and the spread of %s, for each figure separately", (_what, values, [median, p10, p90]) => {
  expect(summarize(values.map((value) => ({ cpu_us: value, load_ms: 1 })))).toEqual({
    cpu_us: { median, p10, p90 },
    load_ms: { median: 1, p10: 1, p90: 1 },
  });
});

test("tabulates the medians of each variant and operation", () => {
  const { [`${ours}, create`]: own, [`${limit}, get`]: other } = tableOf(figures);
  expect([own, other]).toEqual([
    {
      "256 MB: load": 30,
      "256 MB: + answer": 60,
      "256 MB: MB": 58,
      "256 MB: 5 ms away": 75,
      "whole: load": 30,
      "whole: + answer": 60,
      "whole: MB": 58,
      "warm CPU, µs": 480,
    },
    {
      "256 MB: load": 60,
      "256 MB: + answer": 120,
      "256 MB: MB": 58,
      "whole: load": 15,
      "whole: + answer": 30,
      "whole: MB": 58,
      "warm CPU, µs": 200,
    },
  ]);
});

test("draws 256 MB first, a bar for each variant, longest last, and states where and how it was measured", () => {
  const chart = draw(figures);
  const titles = [...chart.matchAll(/font-weight="bold" fill="#1f2328">([^:]*):/g)].map(([, title]) => title);
  const widths = [...chart.matchAll(/<rect x="270" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(titles).toEqual(["256 MB, cold", "Whole processors, cold", "Warm"]);
  expect(widths).toEqual([27.8, 41.7, 83.3, 166.7, 208.3, 500, 250, 458.3, 500, 208.3, 500]);
  expect(chart).toContain("2026-11-29, npm run bench, 2 x A &lt;fast> one, Node.js v22.0.0; not Lambda itself");
});

test("figures.svg is drawn from figures.json", () => {
  const [kept, chart] = ["figures.json", "figures.svg"].map((name) =>
    readFileSync(join(import.meta.dirname, name), "utf8"),
  );
  expect(draw(JSON.parse(kept ?? "") as Figures)).toBe(chart);
});

test("README.md quotes the figures of the last run", () => {
  const [readme = "", json = ""] = ["../../../README.md", "figures.json"].map((file) =>
    readFileSync(join(import.meta.dirname, file), "utf8").replaceAll(/\s+/g, " "),
  );
  const recorded = JSON.parse(json) as Figures;
  const ms = (variant: string) => `${Math.round(mean(recorded, variant, "share")).toLocaleString("en-US")} ms`;
  expect(readme).toContain(`A cold start of ${ms(ours)} at 256 MB`);
  expect(readme).toContain(
    `took ${ms(primedLimit)} primed and ${ms(limit)} not, express ${ms(express)} and FastAPI ${ms(fastapi)}.`,
  );
  expect(readme).toContain(`A ${Math.round(recorded.zip_bytes.create / 1024)} KB zip of \`create-event\``);
});
