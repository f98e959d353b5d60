import type { ColdSample, WarmSample } from "./measure.ts";
import type { Operation } from "./requests.ts";
import { spreadOf, type Spread } from "./statistics.ts";

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
  const names = Object.keys(samples[0] ?? {}) as (keyof Sample)[];
  return Object.fromEntries(
    names.map((name) => [name, spreadOf(samples.map((sample) => Number(sample[name])))]),
  ) as Summary<Sample>;
}
