import { survivors } from "./survivors.ts";

/** What Stryker reports of one change. Lines and columns count from 1. */
export interface Mutant {
  status: "Killed" | "Timeout" | "Survived" | "NoCoverage" | "RuntimeError" | "CompileError" | "Ignored" | "Pending";
  location: { start: Position; end: Position };
  replacement: string;
}

interface Position {
  line: number;
  column: number;
}

export function survives({ status }: Mutant): boolean {
  return status === "Survived" || status === "NoCoverage";
}

/** Whether a test noticed it: by failing, or by never coming to an end. */
function isNoticed({ status }: Mutant): boolean {
  return status === "Killed" || status === "Timeout";
}

/** From 0 to 1; of no changes 1. A change that cannot even be loaded counts on neither side. */
export function scoreOf(mutants: Mutant[]): number {
  const noticed = mutants.filter(isNoticed).length;
  const tried = noticed + mutants.filter(survives).length;
  return tried === 0 ? 1 : noticed / tried;
}

export function summarize(mutants: Mutant[]): string {
  const timeouts = mutants.filter(({ status }) => status === "Timeout").length;
  const tried = mutants.filter((mutant) => isNoticed(mutant) || survives(mutant)).length;
  return `${mutants.filter(isNoticed).length} of ${tried} changes noticed (${(scoreOf(mutants) * 100).toFixed(1)} %), ${timeouts} of them by time running out`;
}

/** The source with the change made. */
export function apply(source: string, { location: { start, end }, replacement }: Mutant): string {
  return source.slice(0, offsetOf(source, start)) + replacement + source.slice(offsetOf(source, end));
}

/** The lines that it changes, before and after. */
export function diffOf(source: string, mutant: Mutant): string {
  const { start, end } = mutant.location;
  const before = source.split("\n").slice(start.line - 1, end.line);
  const length = before.length + apply(source, mutant).split("\n").length - source.split("\n").length;
  const after = apply(source, mutant)
    .split("\n")
    .slice(start.line - 1, start.line - 1 + length);
  return [...before.map((line) => `- ${line}`), ...after.map((line) => `+ ${line}`)].join("\n");
}

/** Why no test notices it, as survivors.ts says; undefined where it says nothing. */
export function reasonFor(file: string, source: string, mutant: Mutant): string | undefined {
  const changed = apply(source, mutant);
  return knownIn(file, source).find((known) => known.changed === changed)?.reason;
}

/** The changes of this file that survivors.ts has a reason for, though a test notices them. */
export function needlessIn(file: string, source: string, mutants: Mutant[]): string[] {
  const survived = mutants.filter(survives).map((mutant) => apply(source, mutant));
  return knownIn(file, source).flatMap(({ change, changed }) => (survived.includes(changed) ? [] : [change]));
}

function knownIn(file: string, source: string) {
  return survivors.flatMap(({ reason, changes }) =>
    changes
      .filter(([where]) => where === file)
      .map(([, code, becomes]) => ({
        reason,
        change: `${code} -> ${becomes}`,
        changed: source.replace(code, () => becomes),
      })),
  );
}

function offsetOf(source: string, { line, column }: Position): number {
  const before = source.split("\n").slice(0, line - 1);
  return before.reduce((offset, text) => offset + text.length + 1, column - 1);
}
