import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem, type } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { draw } from "./chart.ts";
import { summarize, type Figures, type Summary } from "./figures.ts";
import { judge } from "./gates.ts";
import { countItemsRead, createsPerSecond } from "./lists.ts";
import {
  checkAnswers,
  findNode,
  functionEnvironment,
  lambdaFlags,
  measureCold,
  measureWarm,
  type Setting,
} from "./measure.ts";
import { createOf, type Operation } from "./requests.ts";
import { startDatabaseStub } from "./stub.ts";
import { describe } from "./tables.ts";
import { buildVariants, findPython, ours, type Variant } from "./variants.ts";

const help = `npm run bench -- [options]

Measures our functions beside what people would pick instead, and writes figures.json and figures.svg.

  --gates      only what the promises are about; fails when one of them is broken twice, or not measured
  --quick      two short rounds, to see whether everything runs; writes nothing
  --node FILE  another Node.js to run the functions with
  --help       this text`;

interface Extent {
  coldRounds: number;
  warmRounds: number;
  warmCalls: number;
  /** How large tables get; empty where lists and payloads are not looked at. */
  tables: number[];
}

const extents = {
  full: { coldRounds: 15, warmRounds: 3, warmCalls: 3_000, tables: [100, 1_000, 10_000, 100_000] },
  gates: { coldRounds: 15, warmRounds: 3, warmCalls: 3_000, tables: [] },
  quick: { coldRounds: 2, warmRounds: 1, warmCalls: 100, tables: [100, 1_000] },
} satisfies Record<string, Extent>;

/** From 1 KB to almost the 400 KB that DynamoDB stores. */
const sizes_kb = [1, 10, 50, 100, 200, 390];

/** One variant doing one thing. */
interface Case {
  variant: Variant;
  operation: Operation;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      gates: { type: "boolean" },
      quick: { type: "boolean" },
      node: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  const extent = values.quick ? extents.quick : values.gates ? extents.gates : extents.full;
  // What is broken by noise is hardly broken twice.
  for (let attemptsLeft = values.gates ? 2 : 1; attemptsLeft > 0; attemptsLeft--) {
    const figures = await measure(extent, values.node ?? findNode());
    const verdicts = values.quick ? [] : judge(figures); // two rounds prove nothing
    console.log(describe(figures, verdicts));
    if (!values.gates && !values.quick) store(figures);
    if (!values.gates || verdicts.every(({ verdict }) => verdict === "reached" || verdict === "kept")) return;
  }
  throw new Error("A promise is broken, or was not measured: see the last table.");
}

function store(figures: Figures): void {
  writeFileSync(join(import.meta.dirname, "figures.json"), `${JSON.stringify(figures, undefined, 2)}\n`);
  writeFileSync(join(import.meta.dirname, "figures.svg"), draw(figures));
}

async function measure({ coldRounds, warmRounds, warmCalls, tables }: Extent, node: string): Promise<Figures> {
  const load = round(loadavg()[0]);
  const path = mkdtempSync(join(tmpdir(), "events-api-bench-"));
  const removePath = () => {
    rmSync(path, { recursive: true, force: true });
  };
  process.once("exit", removePath);
  const { python, variants: pythonVariants, missing } = findPython();
  if (missing !== undefined)
    tell(
      `without the Python rows: ${missing}. Set PYTHON to an interpreter with the packages of infra/verification/bench/requirements.txt.`,
    );
  tell("building the variants");
  const variants = [...(await buildVariants(join(path, "built"))), ...pythonVariants];
  const stub = await startDatabaseStub(path, python);
  try {
    const setting: Setting = {
      node,
      python,
      path,
      port: stub.port,
      environment: { ...functionEnvironment(path), ...stub.environment },
    };
    for (const variant of variants) {
      tell(`checking the answers of ${variant.name}`);
      await checkAnswers(setting, variant);
    }
    const cases = variants.flatMap((variant) =>
      (Object.keys(variant.artifacts) as Operation[]).map((operation) => ({ variant, operation })),
    );
    const nameOf = ({ variant, operation }: Case) => `${variant.name}, ${operation}`;
    // The first round reads the files from disk.
    const cold = await inRounds(
      "cold",
      { rounds: coldRounds, unmeasured: 1 },
      cases,
      nameOf,
      async (one) => (await measureCold(setting, one.variant, one.operation)).cold,
    );
    const warm = await inRounds("warm", { rounds: warmRounds }, cases, nameOf, ({ variant, operation }) =>
      measureWarm(setting, variant, operation, variant.runtime === "python" ? Math.ceil(warmCalls / 4) : warmCalls),
    );
    const isWhole = tables.length > 0;
    const own = variants.find(({ name }) => name === ours);
    const bundle = own?.artifacts.list;
    if (!own || bundle === undefined) throw new Error("Our list-events is not among the variants.");
    const sizes = isWhole ? sizes_kb.map((size_kb) => size_kb * 1024) : [];
    const payloads = await inRounds("payload", { rounds: warmRounds }, sizes, String, (size_bytes) =>
      measureWarm(setting, own, "create", Math.ceil(warmCalls / 8), createOf(size_bytes)),
    );
    return {
      date: new Date().toISOString(),
      command: ["npm run bench", ...process.argv.slice(2)].join(" "),
      machine: machine(load),
      node: execFileSync(node, ["--version"], { encoding: "utf8" }).trim(),
      nodeFlags: lambdaFlags,
      python: python
        ? [python.version, ...Object.entries(python.versions).map(([name, version]) => `${name} ${version}`)].join(", ")
        : "not measured",
      rounds: { cold: coldRounds, warm: warmRounds, warmCalls },
      variants: variants.map(({ name, zip_bytes }) => ({
        name,
        zip_bytes,
        cold: byOperation(cold, name),
        warm: byOperation(warm, name),
      })),
      payloads: [...payloads].map(([size_bytes, { cpu_us, wall_us }]) => ({ size_bytes, cpu_us, wall_us })),
      lists: isWhole ? await countItemsRead(bundle, tables, tell) : [],
      shards: isWhole ? await measureShards(bundle) : [],
    };
  } finally {
    await stub.stop();
    removePath();
    process.off("exit", removePath);
  }
}

/** A B C A B C, so that whatever else the machine does meanwhile meets all alike. */
async function inRounds<Subject, Sample extends object>(
  name: string,
  { rounds, unmeasured = 0 }: { rounds: number; unmeasured?: number },
  subjects: Subject[],
  describe: (subject: Subject) => string,
  measureOne: (subject: Subject) => Promise<Sample>,
): Promise<Map<Subject, Summary<Sample>>> {
  const taken = subjects.map((subject) => ({ subject, samples: [] as Sample[] }));
  for (let round = 1; round <= unmeasured + rounds; round++) {
    for (const [index, { subject, samples }] of taken.entries()) {
      const details = `, ${index + 1} of ${subjects.length}: ${describe(subject)}`;
      tell(`${name}: round ${round} of ${unmeasured + rounds}`, details);
      samples.push(await measureOne(subject));
    }
  }
  return new Map(taken.map(({ subject, samples }) => [subject, summarize(samples.slice(unmeasured))]));
}

function byOperation<Sample>(summaries: Map<Case, Summary<Sample>>, name: string) {
  const own = [...summaries].filter(([{ variant }]) => variant.name === name);
  return Object.fromEntries(own.map(([{ operation }, summary]) => [operation, summary]));
}

/** A status needs some 2,000 events for pages of 20 to be full in each of its shards. */
async function measureShards(bundle: string): Promise<Figures["shards"]> {
  const results: Figures["shards"] = [];
  for (const shards of [1, 4, 16]) {
    const counts = await countItemsRead(bundle, [5_000], tell, shards);
    results.push({
      shards,
      creates_per_s: createsPerSecond(shards, 24_000),
      itemsRead: counts.map(({ query, itemsRead }) => ({ query, itemsRead })),
    });
  }
  return results;
}

function machine(load: number): Figures["machine"] {
  const processor = cpus()[0]?.model.trim() ?? "unknown";
  return {
    processor,
    processors: availableParallelism(),
    memory_gb: round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    load,
  };
}

function round(value = 0): number {
  return Math.round(value * 10) / 10;
}

let told = "";

/** Progress: on one line with its details where somebody watches, else a line for each step. */
function tell(step: string, details = ""): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${step}${details}`);
  else if (step !== told) console.error(step);
  told = step;
}

// An exit removes what was written.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
