import type { Figures, VariantFigures } from "./figures.ts";
import type { Verdict } from "./gates.ts";
import type { Operation } from "./requests.ts";
import type { Spread } from "./statistics.ts";
import { limit, ours } from "./variants.ts";

/** What a run has found, for people. */
export function describe(figures: Figures, verdicts: Verdict[]): string {
  const { machine, rounds } = figures;
  return [
    `${figures.date}, ${figures.command}`,
    `${machine.processors} x ${machine.processor}, ${machine.memory_gb} GB, ${machine.system}, load ${machine.load} before the run`,
    `Node.js ${figures.node} ${figures.nodeFlags.join(" ")}`,
    `Python: ${figures.python}`,
    `medians of ${rounds.cold} cold and ${rounds.warm} warm rounds, in brackets from the 10th to the 90th percentile; x is against "${limit}"`,
    ...(["create", "get"] as const).flatMap((operation) => [
      heading(`${operation}: cold`),
      coldTable(figures, operation),
      heading(`${operation}: warm, per call`),
      warmTable(figures, operation),
    ]),
    heading("every function of ours"),
    oursTable(figures),
    ...(figures.payloads.length > 0 ? [heading("a warm create by the size of the event"), payloadTable(figures)] : []),
    ...(figures.lists.length > 0
      ? [heading("items read for a page of 20, by the number of events in the table"), listTable(figures)]
      : []),
    ...(figures.shards.length > 0
      ? [
          heading(
            "where the design stops, by the number of shards of the indexes: creates per second of one status and type, and items read for a page of 20",
          ),
          shardTable(figures),
        ]
      : []),
    ...(verdicts.length > 0 ? [heading("promises"), verdictTable(verdicts)] : []),
  ].join("\n");
}

function coldTable({ variants }: Figures, operation: Operation): string {
  const base = variants.find(({ name }) => name === limit)?.cold[operation]?.answer_ms.median;
  return table([
    ["", "zip KB", "init ms", "+ first answer ms", "x", "process ms", "CPU ms", "peak MB"],
    ...variants.flatMap(({ name, zip_bytes, cold }) => {
      const of = cold[operation];
      if (!of) return [];
      return [
        [
          name,
          kilobytes(zip_bytes[operation]),
          show(of.init_ms),
          show(of.answer_ms),
          times(of.answer_ms, base),
          show(of.total_ms),
          show(of.cpu_ms),
          show(of.memory_mb),
        ],
      ];
    }),
  ]);
}

function warmTable({ variants }: Figures, operation: Operation): string {
  const base = variants.find(({ name }) => name === limit)?.warm[operation]?.cpu_us.median;
  return table([
    ["", "CPU µs", "x", "wall µs", "99th percentile µs", "peak MB"],
    ...variants.flatMap(({ name, warm }) => {
      const of = warm[operation];
      return of
        ? [[name, show(of.cpu_us), times(of.cpu_us, base), show(of.wall_us), show(of.slow_us), show(of.memory_mb)]]
        : [];
    }),
  ]);
}

function oursTable({ variants }: Figures): string {
  const found = variants.find(({ name }) => name === ours);
  return table([
    ["", "zip KB", "init ms", "+ first answer ms", "warm CPU µs", "warm wall µs", "peak MB, cold"],
    ...Object.entries(found?.zip_bytes ?? {}).map(([operation, bytes]) => {
      const { cold, warm } = operationOf(found, operation as Operation);
      return [
        operation,
        kilobytes(bytes),
        show(cold?.init_ms),
        show(cold?.answer_ms),
        show(warm?.cpu_us),
        show(warm?.wall_us),
        show(cold?.memory_mb),
      ];
    }),
  ]);
}

function operationOf(variant: VariantFigures | undefined, operation: Operation) {
  return { cold: variant?.cold[operation], warm: variant?.warm[operation] };
}

function payloadTable({ payloads }: Figures): string {
  return table([
    ["KB", "CPU µs", "wall µs"],
    ...payloads.map(({ size_bytes, cpu_us, wall_us }) => [kilobytes(size_bytes), show(cpu_us), show(wall_us)]),
  ]);
}

function listTable({ lists }: Figures): string {
  const sizes = [...new Set(lists.map(({ events }) => events))];
  const queries = [...new Set(lists.map(({ query }) => query))];
  const read = (query: string, events: number) =>
    String(lists.find((list) => list.query === query && list.events === events)?.itemsRead ?? "");
  return table([
    ["", ...sizes.map(String)],
    ...queries.map((query) => [query, ...sizes.map((events) => read(query, events))]),
  ]);
}

function shardTable({ shards: rows }: Figures): string {
  const queries = rows[0]?.itemsRead.map(({ query }) => query) ?? [];
  return table([
    ["", "creates per second", ...queries],
    ...rows.map(({ shards, creates_per_s, itemsRead }) => [
      String(shards),
      String(creates_per_s),
      ...itemsRead.map((of) => String(of.itemsRead)),
    ]),
  ]);
}

function verdictTable(verdicts: Verdict[]): string {
  return table([
    ["", "found", "", "must", "go for", ""],
    ...verdicts.map(({ claim, value, is, must, goFor, verdict }) => [
      claim,
      value?.toFixed(2) ?? "",
      is,
      String(must),
      String(goFor),
      verdict,
    ]),
  ]);
}

/** The first column on the left, the others on the right of their width. */
function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_heading, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function heading(text: string): string {
  return `\n## ${text}\n`;
}

function show(spread: Spread | undefined): string {
  return spread ? `${digits(spread.median)} (${digits(spread.p10)}-${digits(spread.p90)})` : "";
}

function digits(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

function times(spread: Spread, base: number | undefined): string {
  return base === undefined ? "" : (spread.median / base).toFixed(2);
}

function kilobytes(bytes: number | undefined): string {
  return bytes === undefined ? "" : (bytes / 1024).toFixed(1);
}
