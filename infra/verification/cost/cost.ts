import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defaults, root } from "../../build/functions.ts";
import table from "../../table.json" with { type: "json" };
import prices from "./prices.json" with { type: "json" };

export interface Usage {
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

export type Bill = Record<keyof typeof prices.parts, number>;

interface Price {
  per?: number;
  free?: number;
  steps: { up_to?: number; usd: number }[];
}

/** In US dollars, before taxes, if nothing else in the account uses the free tiers. */
export function billOf(usage: Usage): Bill {
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

export function labelsCost(images: number): number {
  return costOf(images, prices.labels);
}

export function totalOf(bill: Bill): number {
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

export function usualMonth(requests: number): Usage {
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

/** A flood: every request times out, every unit of the database is used, and everything read is sent. */
export function worstMonth(): Usage {
  const requests = limits.throttle_rate_per_s * month_s;
  const tables = 1 + limits.indexes;
  const reads = limits.max_read_request_units * tables * month_s;
  const writes = limits.max_write_request_units * tables * month_s;
  return {
    requests,
    compute_gb_s: requests * limits.timeout_s * (limits.memory_mb / 1024),
    reads,
    writes,
    stored_gb: toGb(writes), // a unit is 1 KB
    logged_gb: toGb(requests * usual.logged_kb),
    sent_gb: toGb(reads * 8), // half a unit reads 4 KB of an index
  };
}

/** The defaults of infra/. */
export const limits = readLimits();

function readLimits() {
  const files = ["api.tf", "table.tf"].map((file) => readFileSync(join(root, "infra", file), "utf8")).join("\n");
  const variable = (name: string) => {
    const [, found] = new RegExp(`variable "${name}" \\{[^}]*?default += (\\d+)`).exec(files) ?? [];
    if (found === undefined)
      throw new Error(`infra/ no longer has the variable ${name}, which cost.ts reads as a limit.`);
    return Number(found);
  };
  return {
    throttle_rate_per_s: variable("throttle_rate_per_s"),
    max_read_request_units: variable("max_read_request_units"),
    max_write_request_units: variable("max_write_request_units"),
    ...defaults,
    indexes: table.indexes.length,
  };
}

/** As AWS's bills count: a gigabyte has 1024 times 1024 kilobytes. */
function toGb(kb: number): number {
  return kb / 1024 / 1024;
}
