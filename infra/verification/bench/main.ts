import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { draw } from "./chart.ts";
import { makeCpuShare, type CpuShare } from "./cpu-share.ts";
import { summarize, tableOf, type Case, type Figures, type Sample } from "./figures.ts";
import { compared, judge } from "./gates.ts";
import { checkAnswers, functionEnvironment, lambdaFlags, measure, memory_mb, type Setting } from "./measure.ts";
import { operations } from "./requests.ts";
import { startDatabaseStub } from "./stub.ts";
import { buildVariants, findPython, lambdaNode, primable, type Variant } from "./variants.ts";

const help = `npm run bench -- [options]

Measures our functions beside what people would pick instead, and writes figures.json and figures.svg.
PRIMING=off turns priming off.

  --gates      measures only what is promised, and writes nothing; fails when a promise is broken twice, or not measured
  --quick      two short rounds, to see whether everything runs; writes nothing
  --node FILE  another Node.js to run the functions with`;

const thorough = { cold: 15, warm: 3, warmCalls: 2_000 };
const quick = { cold: 2, warm: 1, warmCalls: 100 };

const roundTrips_ms = [0, 1, 5];

const interrupted = new AbortController();

async function main(): Promise<void> {
  const options = { gates: { type: "boolean" }, quick: { type: "boolean" }, node: { type: "string" } } as const;
  const { values } = parseArgs({ options: { ...options, help: { type: "boolean" } } });
  if (values.help) {
    console.log(help);
    return;
  }
  // Noise rarely breaks a promise twice.
  for (let attemptsLeft = values.gates ? 2 : 1; attemptsLeft > 0; attemptsLeft--) {
    const isAsked = (name: string, { state, roundTrip_ms }: Omit<Case, "variant">) =>
      !values.gates || (roundTrip_ms === 0 && compared[name]?.includes(state) === true);
    const figures = await takeFigures(values.quick ? quick : thorough, values.node ?? lambdaNode, isAsked);
    const verdicts = judge(figures);
    console.log(figures.about);
    console.table(tableOf(figures));
    console.table(verdicts);
    if (!values.gates && !values.quick) {
      writeFileSync(join(import.meta.dirname, "figures.json"), `${JSON.stringify(figures, undefined, 1)}\n`);
      writeFileSync(join(import.meta.dirname, "figures.svg"), draw(figures));
    }
    if (!values.gates || verdicts.every(({ verdict }) => verdict === "reached" || verdict === "kept")) return;
  }
  throw new Error("A promise is broken or was not measured: see the last table.");
}

async function takeFigures(
  rounds: Figures["about"]["rounds"],
  node: string,
  isAsked: (variant: string, one: Omit<Case, "variant">) => boolean,
): Promise<Figures> {
  const [load = 0] = loadavg();
  const notMeasured: string[] = [];
  const attempt = <Found>(what: string, find: () => Found): Found | undefined => {
    try {
      return find();
    } catch (error) {
      notMeasured.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      console.error(`NOT MEASURED: ${notMeasured.at(-1) ?? what}`);
      return undefined;
    }
  };
  const path = mkdtempSync(join(tmpdir(), "events-api-bench-"));
  const share = attempt("256 MB", () => makeCpuShare(memory_mb));
  const withPython = attempt("FastAPI", findPython);
  try {
    const { variants, zip_bytes } = await buildVariants(path);
    if (withPython) variants.push(withPython.variant);
    const python = withPython?.python;
    const stub = await startDatabaseStub(path, roundTrips_ms, python);
    try {
      const environment = { ...functionEnvironment(path), ...stub.environment };
      const setting = { node, python, path, portAt: stub.portAt, environment, signal: interrupted.signal };
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
        measured: await inRounds(
          setting,
          casesOf(variants, share !== undefined).filter(({ variant, ...one }) => isAsked(variant.name, one)),
          share,
          rounds,
        ),
      };
    } finally {
      await stub.stop();
    }
  } finally {
    share?.remove();
    rmSync(path, { recursive: true });
  }
}

interface Measurement extends Omit<Case, "variant"> {
  variant: Variant;
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
  share: CpuShare | undefined,
  rounds: Figures["about"]["rounds"],
): Promise<Figures["measured"]> {
  const taken = cases.map((one) => ({ ...one, samples: [] as Sample[] }));
  for (let round = 0; round <= rounds.cold; round++) {
    console.error(`round ${round} of ${rounds.cold}`);
    for (const { variant, operation, state, roundTrip_ms, samples } of taken) {
      if (state === "warm" && (round === 0 || round > rounds.warm)) continue;
      const { sample } = await measure(setting, variant, operation, {
        roundTrip_ms,
        calls: state === "warm" ? rounds.warmCalls : 0,
        share: state === "share" ? share : undefined,
      });
      if (round > 0) samples.push(sample); // the first one reads the files from disk
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
