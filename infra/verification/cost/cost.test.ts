import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../build/functions.ts";
import { billOf, labelsCost, limits, totalOf, usualMonth, worstMonth, type Bill, type Usage } from "./cost.ts";
import prices from "./prices.json" with { type: "json" };

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

test("the worst month has the limits that infra/ sets", () => {
  expect(limits).toEqual({
    throttle_rate_per_s: 50,
    max_read_request_units: 200,
    max_write_request_units: 100,
    timeout_s: 10,
    memory_mb: 256,
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
