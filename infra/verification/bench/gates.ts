import { mean, median, type Figures, type State } from "./figures.ts";
import type { Operation } from "./requests.ts";
import { express, fastapi, hono, limit, ours, primedLimit, unprimed } from "./variants.ts";

/** NaN if a figure was not measured. */
type Find = (figures: Figures) => number;

const answer =
  (state: State, one: string, other: string): Find =>
  (figures) =>
    mean(figures, one, state) / mean(figures, other, state);

const warm =
  (operation: Operation): Find =>
  (figures) =>
    median(figures, ours, operation, "warm", "cpu_us") / median(figures, limit, operation, "warm", "cpu_us");

const zip_kb =
  (operation: Operation): Find =>
  ({ zip_bytes }) =>
    zip_bytes[operation] / 1024;

const primingMemory_mb: Find = (figures) =>
  mean(figures, ours, "whole", "memory_mb") - mean(figures, unprimed, "whole", "memory_mb");

/**
 * The promises; without another figure they are about load + first answer, of a create and a get together. Ratios of
 * one run hold on any machine.
 */
const promises: [claim: string, is: "at most" | "at least", must: number, goFor: number, find: Find][] = [
  ["256 MB: against signed by hand", "at most", 0.6, 0.5, answer("share", ours, limit)],
  ["256 MB: against signed by hand, primed", "at most", 1.6, 1.3, answer("share", ours, primedLimit)],
  ["256 MB: faster than hono", "at least", 8, 11, answer("share", hono, ours)],
  ["256 MB: faster than express", "at least", 6, 8, answer("share", express, ours)],
  ["256 MB: faster than FastAPI + Mangum", "at least", 12, 16, answer("share", fastapi, ours)],
  ["whole processor: against signed by hand", "at most", 1.9, 1.6, answer("whole", ours, limit)],
  ["warm CPU of a create: against signed by hand", "at most", 2.4, 2, warm("create")],
  ["warm CPU of a get: against signed by hand", "at most", 2.4, 2, warm("get")],
  ["KB of the zip of create-event", "at most", 64, 56, zip_kb("create")],
  ["KB of the zip of get-event", "at most", 64, 56, zip_kb("get")],
  ["MB that priming adds to a cold start's peak", "at most", 3, 3, primingMemory_mb],
];

/** The measurements that the promises compare. */
export const compared: Record<string, State[]> = {
  [ours]: ["share", "whole", "warm"],
  [unprimed]: ["whole"],
  [limit]: ["share", "whole", "warm"],
  [primedLimit]: ["share"],
  [hono]: ["share"],
  [express]: ["share"],
  [fastapi]: ["share"],
};

/** Compares the figures of one run. Some may not be measured, for example without Python's packages. */
export function judge(figures: Figures) {
  return promises.map(([promise, is, must, goFor, find]) => {
    const found = find(figures);
    const about = { promise, is, must, goFor };
    if (Number.isNaN(found)) return { ...about, found: undefined, verdict: "not measured" };
    const meets = (bound: number) => (is === "at most" ? found <= bound : found >= bound);
    const verdict = meets(goFor) ? "reached" : meets(must) ? "kept" : "broken";
    return { ...about, found: found.toFixed(2), verdict };
  });
}
