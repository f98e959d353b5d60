import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../../build/functions.ts";
import { diffOf, needlessIn, reasonFor, scoreOf, summarize, survives, type Mutant } from "./mutants.ts";
import { readSources, suitesOf } from "./suites.ts";

const help = `npm run mutate -- [FILE ...]

Changes each expression of the functions, or of the files given, such as functions/_shared/date.ts, and
runs the suites that suites.ts names: at least one of their tests has to fail.

Fails when a change survives for which survivors.ts has no reason, and when more than 5 of 100 in all
files do.`;

const leastScore = 0.95;
const reportPath = join(root, "dist/mutation.json");

const sources = readSources();
const files = readFiles();
const all: Mutant[] = [];
const unexplained: string[] = [];
for (const file of files) {
  const { source, mutants } = mutate(file);
  for (const mutant of mutants.filter(survives)) {
    const reason = reasonFor(file, source, mutant);
    const survivor = `${file}:${mutant.location.start.line}\n${diffOf(source, mutant)}`;
    if (reason === undefined) unexplained.push(survivor);
    console.log(`${survivor}\n${reason ?? "No reason for it in survivors.ts."}\n`);
  }
  for (const change of needlessIn(file, source, mutants))
    console.log(`A test notices this now, so that survivors.ts need not name it: ${change}`);
  console.log(`${file}: ${summarize(mutants)}`);
  all.push(...mutants);
}
console.log(`\nAll of it: ${summarize(all)}`);
const isLow = files.length === sources.length && scoreOf(all) < leastScore;
if (isLow) console.error(`\nFewer than ${leastScore * 100} of 100 changes were noticed.`);
if (unexplained.length > 0)
  console.error(`\nNo test noticed these, and survivors.ts has no reason for it:\n\n${unexplained.join("\n\n")}`);
if (isLow || unexplained.length > 0) process.exitCode = 1;

/** Runs Stryker, whose report has the schema of mutation-testing-elements. */
function mutate(file: string): { source: string; mutants: Mutant[] } {
  const stryker = join(import.meta.dirname, "node_modules/@stryker-mutator/core/bin/stryker.js");
  rmSync(reportPath, { force: true }); // or that of the file before would be read where Stryker writes none
  const { status } = spawnSync(
    process.execPath,
    [stryker, "run", join(import.meta.dirname, "stryker.config.js"), "--mutate", file],
    {
      cwd: root,
      env: { ...process.env, SUITES: suitesOf(file).join() },
      stdio: "inherit",
    },
  );
  if (status !== 0) throw new Error(`Stryker could not try the changes of ${file}: see above.`);
  const { files } = JSON.parse(readFileSync(reportPath, "utf8")) as {
    files: Record<string, { source: string; mutants: Mutant[] }>;
  };
  const result = files[file];
  if (!result) throw new Error(`Stryker's report lacks ${file}: it found nothing to change there.`);
  return result;
}

function readFiles(): string[] {
  const { values, positionals } = parseArgs({
    options: { help: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(help);
    process.exit();
  }
  const unknown = positionals.filter((file) => !sources.includes(file));
  if (unknown.length > 0) {
    console.error(`${unknown.join(", ")} is no source of a function: the files are ${sources.join(", ")}.`);
    process.exit(2);
  }
  return positionals.length > 0 ? positionals : sources;
}
