import type { Operation } from "./requests.ts";

/** Cold with Lambda's share of a processor after loading, cold with whole processors, or warm. */
export type State = "share" | "whole" | "warm";

/** One variant doing one thing. */
export interface Case {
  variant: string;
  operation: Operation;
  state: State;
  /** Of the network between function and database. */
  roundTrip_ms: number;
}

/** The figures of one process. */
export interface Sample {
  load_ms: number;
  /** Loading and the first call. */
  answer_ms: number;
  memory_mb: number;
  /** Of a warm call. */
  cpu_us?: number;
}

/** The median, and the bounds of the middle eighty percent. */
interface Spread {
  median: number;
  p10: number;
  p90: number;
}

/** The content of figures.json. */
export interface Figures {
  about: {
    date: string;
    command: string;
    machine: string;
    /** Of the machine, before the run. */
    load: string;
    node: string;
    python: string;
    /** What was not measured, with the reason. */
    notMeasured: string[];
    rounds: { cold: number; warm: number; warmCalls: number };
  };
  /** Of our functions. */
  zip_bytes: Record<Operation, number>;
  measured: (Case & { [Figure in keyof Sample]: Spread })[];
}

type Measured = Pick<Figures, "measured">;

/** Of a figure without network latency. NaN if it was not measured. */
export function median(
  { measured }: Measured,
  variant: string,
  operation: Operation,
  state: State,
  figure: keyof Sample,
): number {
  const row = measured.find(
    (one) => one.variant === variant && one.operation === operation && one.state === state && one.roundTrip_ms === 0,
  );
  return row?.[figure]?.median ?? NaN;
}

/** Of a create and a get, which do almost the same work: either alone varies by a tenth from run to run. */
export function mean(figures: Measured, variant: string, state: State, figure: keyof Sample = "answer_ms"): number {
  return (median(figures, variant, "create", state, figure) + median(figures, variant, "get", state, figure)) / 2;
}

/** The spread of each figure, to four digits. */
export function summarize<Each extends object>(samples: Each[]): Record<keyof Each, Spread> {
  const spreads = Object.keys(samples[0] ?? {}).map((name) => {
    const sorted = samples.map((sample) => Number(sample[name as keyof Each])).sort((one, other) => one - other);
    const at = (part: number) => Number(sorted[Math.round((sorted.length - 1) * part)]?.toPrecision(4));
    return [name, { median: at(0.5), p10: at(0.1), p90: at(0.9) }];
  });
  return Object.fromEntries(spreads) as Record<keyof Each, Spread>;
}

/** Medians by variant and operation, for console.table. */
export function tableOf({ measured }: Measured): Record<string, Record<string, number>> {
  const table: Record<string, Record<string, number>> = {};
  for (const { variant, operation, state, roundTrip_ms, load_ms, answer_ms, memory_mb, cpu_us } of measured) {
    const processor = state === "share" ? "256 MB" : "whole";
    const cold = { load: load_ms, "+ answer": answer_ms, MB: memory_mb };
    const shown = cpu_us ? { CPU: cpu_us } : roundTrip_ms > 0 ? { [`${roundTrip_ms} ms away`]: answer_ms } : cold;
    const row = (table[`${variant}, ${operation}`] ??= {});
    for (const [name, { median }] of Object.entries(shown))
      row[cpu_us ? "warm CPU, µs" : `${processor}: ${name}`] = Number(median.toFixed(1));
  }
  return table;
}
