/** The middle of what was measured, and between which two values eight of ten lie. */
export interface Spread {
  median: number;
  p10: number;
  p90: number;
}

/** Throws for an empty list, which has no middle. */
export function spreadOf(values: number[]): Spread {
  if (values.length === 0) throw new Error("There is nothing to take the median of: no round was measured.");
  const sorted = [...values].sort((one, other) => one - other);
  return { median: quantile(sorted, 0.5), p10: quantile(sorted, 0.1), p90: quantile(sorted, 0.9) };
}

/** Between two values by the distance from each, as R's type 7 and NumPy do. */
function quantile(sorted: number[], part: number): number {
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? 0;
  return below + (above - below) * (place - Math.floor(place));
}
