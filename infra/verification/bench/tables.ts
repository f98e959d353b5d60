import type { Figures, Spread } from "./figures.ts";
import type { Verdict } from "./gates.ts";
import type { Operation } from "./requests.ts";
import { limit, ours } from "./variants.ts";

/** What a run has found, for people. What was not looked at has no table. */
export function describe({ variants, ...figures }: Figures, verdicts: Verdict[]): string {
  const { machine, rounds, payloads, lists, shards } = figures;
  const [base, own] = [limit, ours].map((name) => variants.find((variant) => variant.name === name));
  const cold = (operation: Operation) =>
    variants.flatMap(({ name, zip_bytes, cold: { [operation]: of } }) => {
      if (!of) return [];
      const times = over(of.answer_ms, base?.cold[operation]?.answer_ms);
      return [[name, kb(zip_bytes[operation]), of.init_ms, of.answer_ms, times, of.total_ms, of.cpu_ms, of.memory_mb]];
    });
  const warm = (operation: Operation) =>
    variants.flatMap(({ name, warm: { [operation]: of } }) => {
      if (!of) return [];
      return [[name, of.cpu_us, over(of.cpu_us, base?.warm[operation]?.cpu_us), of.wall_us, of.slow_us, of.memory_mb]];
    });
  const sizes = [...new Set(lists.map(({ events }) => events))];
  return [
    `${figures.date}, ${figures.command}`,
    `${machine.processors} x ${machine.processor}, ${machine.memory_gb} GB, ${machine.system}, load ${machine.load} before the run`,
    `Node.js ${figures.node} ${figures.nodeFlags.join(" ")}`,
    `Python: ${figures.python}`,
    `medians of ${rounds.cold} cold and ${rounds.warm} warm rounds, in brackets from the 10th to the 90th percentile; x is against "${limit}"`,
    ...(["create", "get"] as const).flatMap((operation) => [
      table(
        `${operation}: cold`,
        ["zip KB", "init ms", "+ first answer ms", "x", "process ms", "CPU ms", "peak MB"],
        cold(operation),
      ),
      table(
        `${operation}: warm, per call`,
        ["CPU µs", "x", "wall µs", "99th percentile µs", "peak MB"],
        warm(operation),
      ),
    ]),
    table(
      "every function of ours",
      ["zip KB", "init ms", "+ first answer ms", "warm CPU µs", "warm wall µs", "peak MB, cold"],
      (Object.entries(own?.zip_bytes ?? {}) as [Operation, number][]).map(([operation, bytes]) => {
        const [first, later] = [own?.cold[operation], own?.warm[operation]];
        return [
          operation,
          kb(bytes),
          first?.init_ms,
          first?.answer_ms,
          later?.cpu_us,
          later?.wall_us,
          first?.memory_mb,
        ];
      }),
    ),
    table(
      "a warm create by the KB of the event",
      ["CPU µs", "wall µs"],
      payloads.map(({ size_bytes, cpu_us, wall_us }) => [kb(size_bytes), cpu_us, wall_us]),
    ),
    table(
      "items read for a page of 20, by the number of events in the table",
      sizes.map(String),
      [...new Set(lists.map(({ query }) => query))].map((query) => [
        query,
        ...sizes.map((size) => lists.find((list) => list.query === query && list.events === size)?.itemsRead),
      ]),
    ),
    table(
      "where the design stops, by the number of shards of the indexes: creates per second of one status and type, and items read for a page of 20",
      ["creates per second", ...(shards[0]?.itemsRead.map(({ query }) => query) ?? [])],
      shards.map((row) => [String(row.shards), row.creates_per_s, ...row.itemsRead.map(({ itemsRead }) => itemsRead)]),
    ),
    table(
      "promises",
      ["found", "", "must", "go for", ""],
      verdicts.map(({ claim, value, is, must, goFor, verdict }) => [
        claim,
        value?.toFixed(2),
        is,
        must,
        goFor,
        verdict,
      ]),
    ),
  ].join("\n");
}

type Cell = string | number | Spread | undefined;

/** The first column on the left, the others on the right of their width; nothing without rows. */
function table(heading: string, columns: string[], rows: Cell[][]): string {
  if (rows.length === 0) return "";
  const texts = [["", ...columns], ...rows.map((row) => row.map(show))];
  const widths = ["", ...columns].map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const lines = texts.map((row) =>
    row.map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0))),
  );
  return [`\n## ${heading}\n`, ...lines.map((line) => line.join("  ").trimEnd())].join("\n");
}

function show(cell: Cell): string {
  if (typeof cell !== "object") return String(cell ?? "");
  const digits = (value: number) => value.toFixed(value < 100 ? 1 : 0);
  return `${digits(cell.median)} (${digits(cell.p10)}-${digits(cell.p90)})`;
}

function over(spread: Spread, base: Spread | undefined): string {
  return base ? (spread.median / base.median).toFixed(2) : "";
}

function kb(bytes: number | undefined): string {
  return bytes === undefined ? "" : (bytes / 1024).toFixed(1);
}
