import type { Figures, VariantFigures } from "./figures.ts";
import type { Operation } from "./requests.ts";
import { express, fastapi, floor, limit, middy, ours, unbundled } from "./variants.ts";

/** A promise about two figures of one run, which holds on any machine. */
interface Gate {
  claim: string;
  /** Undefined where one of the two was not measured, as where Python has not the packages. */
  value: (of: Lookup) => number | undefined;
  must: number;
  goFor: number;
  /** Whether the value may be larger or smaller than that. */
  is: "at most" | "at least";
  /** Bytes are the same in every run. */
  isExact?: boolean;
}

export interface Verdict extends Pick<Gate, "claim" | "must" | "goFor" | "is"> {
  value: number | undefined;
  verdict: "reached" | "kept" | "broken" | "not measured";
}

/** Medians of whole runs have differed by up to 6 % in their ratios on a quiet machine. */
const noise = 1.08;

type Lookup = (name: string) => VariantFigures | undefined;

/** The mean of a create's and a get's, which do the same work but for a little: a median of either moves by a tenth from run to run. */
function answer_ms(variant: VariantFigures | undefined): number | undefined {
  const [create, get] = [variant?.cold.create?.answer_ms.median, variant?.cold.get?.answer_ms.median];
  return create === undefined || get === undefined ? undefined : (create + get) / 2;
}

const cpu_us = (variant: VariantFigures | undefined, operation: Operation) => variant?.warm[operation]?.cpu_us.median;

/** How many times faster ours has answered its first request than another. */
const faster = (other: string) => (of: Lookup) => ratio(answer_ms(of(other)), answer_ms(of(ours)));

export const gates: Gate[] = [
  {
    claim: "init + first answer, against the raw limit",
    value: (of) => ratio(answer_ms(of(ours)), answer_ms(of(limit))),
    is: "at most",
    must: 1.8,
    goFor: 1.25,
  },
  {
    claim: "init + first answer, faster than FastAPI + Mangum",
    value: faster(fastapi),
    is: "at least",
    must: 6,
    goFor: 9,
  },
  { claim: "init + first answer, faster than express", value: faster(express), is: "at least", must: 2, goFor: 2.75 },
  {
    claim: "init + first answer, faster than middy + zod",
    value: faster(middy),
    is: "at least",
    must: 1.6,
    goFor: 2.3,
  },
  {
    claim: "init + first answer, faster than with the SDK unbundled",
    value: faster(unbundled),
    is: "at least",
    must: 1.6,
    goFor: 2.3,
  },
  {
    claim: "warm CPU of a create, against the raw limit",
    value: (of) => ratio(cpu_us(of(ours), "create"), cpu_us(of(limit), "create")),
    is: "at most",
    must: 3.3,
    goFor: 2.5,
  },
  {
    claim: "warm CPU of a get, against the raw limit",
    value: (of) => ratio(cpu_us(of(ours), "get"), cpu_us(of(limit), "get")),
    is: "at most",
    must: 3.3,
    goFor: 2.5,
  },
  {
    claim: "warm CPU of a create, below FastAPI + Mangum",
    value: (of) => ratio(cpu_us(of(fastapi), "create"), cpu_us(of(ours), "create")),
    is: "at least",
    must: 3,
    goFor: 3.5,
  },
  {
    claim: "warm CPU of a get, below FastAPI + Mangum",
    value: (of) => ratio(cpu_us(of(fastapi), "get"), cpu_us(of(ours), "get")),
    is: "at least",
    must: 4,
    goFor: 5.5,
  },
  {
    claim: "KB of the zip of create-event",
    value: (of) => kilobytes(of(ours)?.zip_bytes.create),
    is: "at most",
    must: 64,
    goFor: 52,
    isExact: true,
  },
  {
    claim: "KB of the zip of get-event",
    value: (of) => kilobytes(of(ours)?.zip_bytes.get),
    is: "at most",
    must: 64,
    goFor: 52,
    isExact: true,
  },
  {
    claim: "peak memory of a cold start, against the empty handler",
    value: (of) => ratio(of(ours)?.cold.create?.memory_mb.median, of(floor)?.cold.create?.memory_mb.median),
    is: "at most",
    must: 1.4,
    goFor: 1.3,
  },
];

/** Compares the figures of one run. A gate is broken only where noise does not explain it. */
export function judge({ variants }: Pick<Figures, "variants">): Verdict[] {
  const of: Lookup = (name) => variants.find((variant) => variant.name === name);
  return gates.map(({ claim, value: find, must, goFor, is, isExact = false }) => {
    const value = find(of);
    const meets = (bound: number, allowance: number) =>
      value !== undefined && (is === "at most" ? value <= bound * allowance : value >= bound / allowance);
    const verdict =
      value === undefined
        ? "not measured"
        : meets(goFor, 1)
          ? "reached"
          : meets(must, isExact ? 1 : noise)
            ? "kept"
            : "broken";
    return { claim, value, must, goFor, is, verdict };
  });
}

function ratio(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other;
}

function kilobytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 1024;
}
