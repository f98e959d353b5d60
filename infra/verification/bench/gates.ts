import type { Figures, VariantFigures } from "./figures.ts";
import type { Operation } from "./requests.ts";
import { express, fastapi, floor, limit, middy, ours, unbundled } from "./variants.ts";

export interface Verdict {
  claim: string;
  /** Undefined where it was not measured, as where Python has not the packages. */
  value: number | undefined;
  is: "at most" | "at least";
  must: number;
  goFor: number;
  verdict: "reached" | "kept" | "broken" | "not measured";
}

type Figure = (variant: VariantFigures | undefined) => number | undefined;
type Find = (of: (name: string) => VariantFigures | undefined) => number | undefined;

/** Medians of whole runs have differed by up to 6 % in their ratios on a quiet machine. */
const noise = 1.08;

/** The mean of a create's and a get's, which do the same work but for a little: a median of either moves by a tenth from run to run. */
const answer_ms: Figure = (variant) => {
  const [create, get] = [variant?.cold.create?.answer_ms.median, variant?.cold.get?.answer_ms.median];
  return create === undefined || get === undefined ? undefined : (create + get) / 2;
};
const cpu_us =
  (operation: Operation): Figure =>
  (variant) =>
    variant?.warm[operation]?.cpu_us.median;
const memory_mb: Figure = (variant) => variant?.cold.create?.memory_mb.median;

/** Of two figures of one run, which holds on any machine. */
function ratio(figure: Figure, one: string, other: string): Find {
  return (of) => {
    const [dividend, divisor] = [figure(of(one)), figure(of(other))];
    return dividend === undefined || divisor === undefined ? undefined : dividend / divisor;
  };
}

const zip_kb =
  (operation: Operation): Find =>
  (of) => {
    const bytes = of(ours)?.zip_bytes[operation];
    return bytes === undefined ? undefined : bytes / 1024;
  };

/** What is promised. Bytes are the same in every run: they have no noise. */
const gates: [claim: string, is: Verdict["is"], must: number, goFor: number, find: Find, isExact?: true][] = [
  ["init + first answer, against the raw limit", "at most", 1.8, 1.25, ratio(answer_ms, ours, limit)],
  ["init + first answer, faster than FastAPI + Mangum", "at least", 6, 9, ratio(answer_ms, fastapi, ours)],
  ["init + first answer, faster than express", "at least", 2, 2.75, ratio(answer_ms, express, ours)],
  ["init + first answer, faster than middy + zod", "at least", 1.6, 2.3, ratio(answer_ms, middy, ours)],
  ["init + first answer, faster than with the SDK unbundled", "at least", 1.6, 2.3, ratio(answer_ms, unbundled, ours)],
  ["warm CPU of a create, against the raw limit", "at most", 3.3, 2.5, ratio(cpu_us("create"), ours, limit)],
  ["warm CPU of a get, against the raw limit", "at most", 3.3, 2.5, ratio(cpu_us("get"), ours, limit)],
  ["warm CPU of a create, below FastAPI + Mangum", "at least", 3, 3.5, ratio(cpu_us("create"), fastapi, ours)],
  ["warm CPU of a get, below FastAPI + Mangum", "at least", 4, 5.5, ratio(cpu_us("get"), fastapi, ours)],
  ["KB of the zip of create-event", "at most", 64, 52, zip_kb("create"), true],
  ["KB of the zip of get-event", "at most", 64, 52, zip_kb("get"), true],
  ["peak memory of a cold start, against the empty handler", "at most", 1.4, 1.3, ratio(memory_mb, ours, floor)],
];

/** Compares the figures of one run. A promise is broken only where noise does not explain it. */
export function judge({ variants }: Pick<Figures, "variants">): Verdict[] {
  return gates.map(([claim, is, must, goFor, find, isExact]) => {
    const value = find((name) => variants.find((variant) => variant.name === name));
    const meets = (bound: number, allowance: number) =>
      value !== undefined && (is === "at most" ? value <= bound * allowance : value >= bound / allowance);
    const kept = meets(must, isExact ? 1 : noise) ? "kept" : "broken";
    const verdict = value === undefined ? "not measured" : meets(goFor, 1) ? "reached" : kept;
    return { claim, value, is, must, goFor, verdict };
  });
}
