import type { ColdSample, WarmSample } from "./measure.ts";
import type { Operation } from "./requests.ts";

/** The middle of what was measured, and between which two values eight of ten lie. */
export interface Spread {
  median: number;
  p10: number;
  p90: number;
}

/** The median of every figure of a sample, and how far the rounds spread. */
export type Summary<Sample> = Record<keyof Sample, Spread>;

export interface VariantFigures {
  name: string;
  zip_bytes: Partial<Record<Operation, number>>;
  cold: Partial<Record<Operation, Summary<ColdSample>>>;
  warm: Partial<Record<Operation, Summary<WarmSample>>>;
}

/** What is stored in figures.json. */
export interface Figures {
  date: string;
  command: string;
  machine: { processor: string; processors: number; memory_gb: number; system: string; load: number };
  node: string;
  nodeFlags: string[];
  /** Its version and those of its packages; or why there is none. */
  python: string;
  rounds: { cold: number; warm: number; warmCalls: number };
  variants: VariantFigures[];
  /** A warm create by the size of its event. */
  payloads: { size_bytes: number; cpu_us: Spread; wall_us: Spread }[];
  /** A page of 20 by the number of events in the table, in items that DynamoDB reads for it. */
  lists: { query: string; events: number; itemsRead: number }[];
  /** Where the design stops, by the number of shards of the indexes, and what a page of 20 then costs. */
  shards: { shards: number; creates_per_s: number; itemsRead: { query: string; itemsRead: number }[] }[];
}

/** Throws where the samples are none. */
export function summarize<Sample extends object>(samples: Sample[]): Summary<Sample> {
  if (samples.length === 0) throw new Error("There is nothing to take the median of: no round was measured.");
  const names = Object.keys(samples[0] ?? {}) as (keyof Sample)[];
  const spreads = names.map((name) => {
    const sorted = samples.map((sample) => Number(sample[name])).sort((one, other) => one - other);
    return [name, { median: quantile(sorted, 0.5), p10: quantile(sorted, 0.1), p90: quantile(sorted, 0.9) }];
  });
  return Object.fromEntries(spreads) as Summary<Sample>;
}

/** Between two values by the distance from each, as R's type 7 and NumPy do. */
function quantile(sorted: number[], part: number): number {
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? 0;
  return below + (above - below) * (place - Math.floor(place));
}
