import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { draw } from "./chart.ts";
import { makeCpuShare } from "./cpu-share.ts";
import { summarize, tableOf, type Figures, type Sample } from "./figures.ts";
import { compared, judge } from "./gates.ts";
import {
  checkAnswers,
  functionEnvironment,
  lambdaFlags,
  measure,
  memory_mb,
  type Measurement,
  type Setting,
} from "./measure.ts";
import { operations } from "./requests.ts";
import { startDatabaseStub, type DatabaseStub } from "./stub.ts";
import { buildVariants, findPython, lambdaNode, primable, type Variant } from "./variants.ts";

const usage = `npm run bench -- [options]

Measures our functions beside what people would pick instead, and writes figures.json and figures.svg.
PRIMING=off turns priming off.

  --gates      measures only what is promised, and writes nothing; fails when a promise is broken twice, or not measured
  --quick      two short rounds, to see whether everything runs; writes nothing
  --node FILE  another Node.js to run the functions with`;

const thoroughRounds = { cold: 15, warm: 3, warmCalls: 2_000 };
const quickRounds = { cold: 2, warm: 1, warmCalls: 100 };

const roundTrips_ms = [0, 1, 5];

const interrupted = new AbortController();

async function main(): Promise<void> {
  const { gates, quick, node, help } = parseArgs({
    options: {
      gates: { type: "boolean" },
      quick: { type: "boolean" },
      node: { type: "string", default: lambdaNode },
      help: { type: "boolean" },
    },
  }).values;
  if (help) {
    console.log(usage);
    return;
  }
  const isAsked = ({ variant: { name }, state, roundTrip_ms }: Measurement) =>
    !gates || (roundTrip_ms === 0 && compared[name]?.includes(state) === true);
  // Noise rarely breaks a promise twice.
  for (let attemptsLeft = gates ? 2 : 1; attemptsLeft > 0; attemptsLeft--) {
    const figures = await takeFigures(quick ? quickRounds : thoroughRounds, node, isAsked);
    const verdicts = judge(figures);
    console.log(figures.about);
    console.table(tableOf(figures));
    console.table(verdicts);
    if (!gates && !quick) {
      writeFileSync(join(import.meta.dirname, "figures.json"), `${JSON.stringify(figures, undefined, 1)}\n`);
      writeFileSync(join(import.meta.dirname, "figures.svg"), draw(figures));
    }
    if (!gates || verdicts.every(({ verdict }) => verdict === "reached" || verdict === "kept")) return;
  }
  throw new Error("A promise is broken or was not measured: see the last table.");
}

async function takeFigures(
  rounds: Figures["about"]["rounds"],
  node: string,
  isAsked: (one: Measurement) => boolean,
): Promise<Figures> {
  const [load = 0] = loadavg();
  const notMeasured: string[] = [];
  const attempt = <Found>(what: string, find: () => Found): Found | undefined => {
    try {
      return find();
    } catch (error) {
      const reason = `${what}: ${error instanceof Error ? error.message : String(error)}`;
      console.error(`NOT MEASURED: ${reason}`);
      notMeasured.push(reason);
      return undefined;
    }
  };
  const path = mkdtempSync(join(tmpdir(), "events-api-bench-"));
  const share = attempt("256 MB", () => makeCpuShare(memory_mb));
  const python = attempt("FastAPI", findPython);
  let stub: DatabaseStub | undefined;
  try {
    const { variants, zip_bytes } = await buildVariants(path, python !== undefined);
    stub = await startDatabaseStub(path, roundTrips_ms, python);
    const { portAt } = stub;
    const environment = { ...functionEnvironment(path), ...stub.environment };
    const { signal } = interrupted;
    const setting = { node, python, portAt, environment, signal, share, warmCalls: rounds.warmCalls };
    for (const variant of variants) {
      console.error(`checking the answers of ${variant.name}`);
      await checkAnswers(setting, variant);
    }
    return {
      about: {
        date: new Date().toISOString(),
        command: ["npm run bench", ...process.argv.slice(2)].join(" "),
        machine: `${availableParallelism()} x ${cpus()[0]?.model.trim() ?? "unknown"}`,
        load: load.toFixed(1),
        node: `${execFileSync(node, ["--version"], { encoding: "utf8" }).trim()} ${lambdaFlags.join(" ")}`,
        python: python?.description ?? "none",
        notMeasured,
        rounds,
      },
      zip_bytes,
      measured: await inRounds(setting, casesOf(variants, share !== undefined).filter(isAsked), rounds),
    };
  } finally {
    await stub?.stop();
    share?.remove();
    rmSync(path, { recursive: true });
  }
}

function casesOf(variants: Variant[], hasShare: boolean): Measurement[] {
  return variants.flatMap((variant) =>
    operations.flatMap((operation): Measurement[] => {
      const away_ms = hasShare ? (primable.includes(variant.name) ? roundTrips_ms : [0]) : [];
      return [
        ...away_ms.map((roundTrip_ms) => ({ variant, operation, state: "share" as const, roundTrip_ms })),
        { variant, operation, state: "whole", roundTrip_ms: 0 },
        ...(variant.isTwin ? [] : [{ variant, operation, state: "warm" as const, roundTrip_ms: 0 }]),
      ];
    }),
  );
}

/** A B C A B C, so that other load on the machine affects all alike. */
async function inRounds(
  setting: Setting,
  cases: Measurement[],
  rounds: Figures["about"]["rounds"],
): Promise<Figures["measured"]> {
  const taken = cases.map((one) => ({ ...one, samples: [] as Sample[] }));
  for (let round = 0; round <= rounds.cold; round++) {
    console.error(`round ${round} of ${rounds.cold}`);
    for (const one of taken) {
      if (one.state === "warm" && (round === 0 || round > rounds.warm)) continue;
      const { sample } = await measure(setting, one);
      if (round > 0) one.samples.push(sample); // the first one reads the files from disk
    }
  }
  return taken.map(({ variant, samples, ...one }) => ({ ...one, variant: variant.name, ...summarize(samples) }));
}

for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => {
    interrupted.abort();
  });
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
