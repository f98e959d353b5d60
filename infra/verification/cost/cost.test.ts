import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readFunctions, root } from "../../build/functions.ts";
import { needs } from "../../testing/api.ts";
import table from "../../table.json" with { type: "json" };
import prices from "./prices.json" with { type: "json" };

// The cost of a month, computed from prices.json, and what infra/README.md says of it.

const nothing: Usage = { requests: 0, compute_gb_s: 0, reads: 0, writes: 0, stored_gb: 0, logged_gb: 0, sent_gb: 0 };
const free: Bill = { "API Gateway": 0, Lambda: 0, DynamoDB: 0, logs: 0, "data sent": 0 };

describe("a bill", () => {
  test.each([
    ["of nothing is nothing", {}, {}],
    [
      "uses API Gateway's lower price beyond 300 million requests",
      { requests: 301_000_000 },
      { "API Gateway": 300.9, Lambda: 60 },
    ],
    ["leaves out Lambda's free tier", { requests: 1_000_000, compute_gb_s: 400_000 }, { "API Gateway": 1 }],
    ["has Lambda's compute", { compute_gb_s: 1_400_000 }, { Lambda: 13.3334 }],
    [
      "has DynamoDB's units and storage beyond 25 GB",
      { reads: 2_000_000, writes: 2_000_000, stored_gb: 27 },
      { DynamoDB: 2 },
    ],
    ["has logs beyond 5 GB and data sent beyond 100 GB", { logged_gb: 7, sent_gb: 200 }, { logs: 1, "data sent": 9 }],
  ])("%s", (_what, used, costs) => {
    const bill = billOf({ ...nothing, ...used });
    for (const [part, usd] of Object.entries({ ...free, ...costs }))
      expect(bill[part as keyof Bill], part).toBeCloseTo(usd, 6);
  });
});

test("labels get cheaper in four steps", () => {
  expect(labelsCost(36_000_000)).toBeCloseTo(1000 + 3200 + 18_000 + 400, 6);
});

test("the worst month has the limits that infra/ and the functions set", () => {
  needs("delete-event");
  expect(limits).toEqual({
    throttle_rate_per_s: 50,
    max_read_request_units: 200,
    max_write_request_units: 100,
    request_gb_s: (25 * 256) / 1024,
    indexes: 3,
  });
});

test("no part of a usual month with as many requests costs more than in the worst one", () => {
  const worst = worstMonth();
  const usual = usualMonth(worst.requests);
  for (const [what, amount] of Object.entries(usual))
    expect(amount, what).toBeLessThanOrEqual(worst[what as keyof Usage]);
});

test("provisioned stays within the 25 units of DynamoDB's free tier, over all stages, the table and its indexes", () => {
  const stages = readdirSync(join(root, "infra/environments")).length;
  const tables = stages * (1 + limits.indexes);
  expect(Math.floor(25 / tables)).toBeGreaterThanOrEqual(1);
  expect(Math.floor(25 / tables) * tables).toBeLessThanOrEqual(25);
});

describe("infra/README.md", () => {
  const [, section = ""] =
    /\n## What it costs\n(.*?)\n## /s.exec(readFileSync(join(root, "infra/README.md"), "utf8")) ?? [];

  test("has the table computed from the prices", () => {
    needs("delete-event");
    const months = [usualMonth(1000), usualMonth(1_000_000), usualMonth(1_000_000_000), worstMonth()].map(billOf);
    const rows = (Object.keys(free) as (keyof Bill)[]).map((part) => [
      part,
      ...months.map((bill) => inDollars(bill[part])),
    ]);
    const total = ["**together**", ...months.map((bill) => `**${inDollars(totalOf(bill))}**`)];
    const table = [
      ["US dollars a month", "1,000 requests", "1 million", "1 billion", "worst month"],
      ["---", "---:", "---:", "---:", "---:"],
      ...rows,
      total,
    ];
    expect(section).toContain(table.map((row) => `| ${row.join(" | ")} |`).join("\n"));
  });

  test("states what labels cost if uploads reach the throttle", () => {
    const { requests } = worstMonth();
    expect(section).toContain(`${inDollars(labelsCost(requests))} dollars`);
  });

  test("states the prices' day and region", () => {
    expect(section.replaceAll("\n", " ")).toContain(`the ${prices.region} prices of ${prices.stated}`);
  });
});

/** Cents where they matter; an amount above zero is never shown as zero. */
function inDollars(usd: number): string {
  if (usd > 0 && usd < 0.01) return "0.01";
  return usd < 100 ? usd.toFixed(2) : Math.round(usd).toLocaleString("en-US");
}

interface Usage {
  requests: number;
  /** The functions' run time multiplied by their memory. */
  compute_gb_s: number;
  /** DynamoDB's request units, of the table and its indexes. */
  reads: number;
  writes: number;
  stored_gb: number;
  logged_gb: number;
  sent_gb: number;
}

type Bill = Record<keyof typeof prices.parts, number>;

interface Price {
  per?: number;
  free?: number;
  steps: { up_to?: number; usd: number }[];
}

/** In US dollars, before taxes, if nothing else in the account uses the free tiers. */
function billOf(usage: Usage): Bill {
  const bill = Object.entries(prices.parts).map(([part, { charges }]) => [
    part,
    sum(charges.map((charge) => costOf(usage[charge.of as keyof Usage], charge))),
  ]);
  return Object.fromEntries(bill) as Bill;
}

function costOf(amount: number, { per = 1, free = 0, steps }: Price): number {
  const charged = Math.max(0, amount - free);
  const inStep = ({ up_to = Infinity }: Price["steps"][number], from: number) =>
    Math.max(0, Math.min(charged, up_to) - from);
  return sum(steps.map((step, n) => (inStep(step, steps[n - 1]?.up_to ?? 0) / per) * step.usd));
}

function labelsCost(images: number): number {
  return costOf(images, prices.labels);
}

function totalOf(bill: Bill): number {
  return sum(Object.values(bill));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/**
 * As infra/README.md assumes: a write of an event of 1 KB takes 2 units with the stored metadata, and one more for
 * each of three indexes.
 */
const usual = {
  shares: { get: 0.6, list: 0.25, write: 0.15 },
  reads: { get: 1, list: 7.5, write: 0 },
  writes: { get: 0, list: 0, write: 5 },
  sent_kb: { get: 1, list: 10, write: 1 },
  stored_kb: 3,
  duration_ms: 20,
  memory_mb: 256,
  logged_kb: 1.5,
};

function usualMonth(requests: number): Usage {
  const { get, list, write } = usual.shares;
  const perRequest = (each: typeof usual.shares) => get * each.get + list * each.list + write * each.write;
  return {
    requests,
    compute_gb_s: requests * (usual.duration_ms / 1000) * (usual.memory_mb / 1024),
    reads: requests * perRequest(usual.reads),
    writes: requests * perRequest(usual.writes),
    stored_gb: toGb(requests * write * usual.stored_kb),
    logged_gb: toGb(requests * usual.logged_kb),
    sent_gb: toGb(requests * perRequest(usual.sent_kb)),
  };
}

const month_s = 30 * 24 * 3600;

/** A flood of the most expensive request: each one times out, every unit of the database is used, and everything read is sent. */
function worstMonth(): Usage {
  const requests = limits.throttle_rate_per_s * month_s;
  const tables = 1 + limits.indexes;
  const reads = limits.max_read_request_units * tables * month_s;
  const writes = limits.max_write_request_units * tables * month_s;
  return {
    requests,
    compute_gb_s: requests * limits.request_gb_s,
    reads,
    writes,
    stored_gb: toGb(writes), // a unit is 1 KB
    logged_gb: toGb(requests * usual.logged_kb),
    sent_gb: toGb(reads * 8), // half a unit reads 4 KB of an index
  };
}

/** The defaults of infra/, and the most that a request can use, if it runs until its timeout. */
const limits = readLimits();

function readLimits() {
  const files = ["api.tf", "table.tf"].map((file) => readFileSync(join(root, "infra", file), "utf8")).join("\n");
  const variable = (name: string) => {
    const [, found] = new RegExp(`variable "${name}" \\{[^}]*?default += (\\d+)`).exec(files) ?? [];
    if (found === undefined)
      throw new Error(`infra/ no longer has the variable ${name}, which cost.test.ts reads as a limit.`);
    return Number(found);
  };
  return {
    throttle_rate_per_s: variable("throttle_rate_per_s"),
    max_read_request_units: variable("max_read_request_units"),
    max_write_request_units: variable("max_write_request_units"),
    request_gb_s: Math.max(
      ...readFunctions()
        .filter(({ routes }) => routes.length > 0)
        .map(({ timeout_s, memory_mb }) => timeout_s * (memory_mb / 1024)),
    ),
    indexes: table.indexes.length,
  };
}

/** As AWS's bills count: a gigabyte has 1024 times 1024 kilobytes. */
function toGb(kb: number): number {
  return kb / 1024 / 1024;
}
