import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../build/functions.ts";
import { apply, diffOf, needlessIn, reasonFor, scoreOf, summarize, survives, type Mutant } from "./mutants.ts";
import { moreSuites, readSources, suitesOf } from "./suites.ts";
import { survivors } from "./survivors.ts";

const source = ["const a = 1;", "if (a > 1) {", "  b();", "}", ""].join("\n");

/** A change of the text between two places, each a line and a column that count from 1. */
function mutant(
  from: [number, number],
  to: [number, number],
  replacement: string,
  status: Mutant["status"] = "Survived",
): Mutant {
  const [start, end] = [from, to].map(([line, column]) => ({ line, column }));
  if (!start || !end) throw new Error("There are two places.");
  return { status, location: { start, end }, replacement };
}

describe("a change is made and shown", () => {
  test("within a line", () => {
    const change = mutant([2, 5], [2, 10], "a >= 1");
    expect(apply(source, change)).toBe("const a = 1;\nif (a >= 1) {\n  b();\n}\n");
    expect(diffOf(source, change)).toBe("- if (a > 1) {\n+ if (a >= 1) {");
  });

  test("over lines", () => {
    const change = mutant([2, 12], [4, 2], "{}");
    expect(apply(source, change)).toBe("const a = 1;\nif (a > 1) {}\n");
    expect(diffOf(source, change)).toBe("- if (a > 1) {\n-   b();\n- }\n+ if (a > 1) {}");
  });
});

describe("the score", () => {
  const of = (...statuses: Mutant["status"][]) => statuses.map((status) => mutant([1, 1], [1, 1], "", status));

  test.each([
    ["counts what a test noticed, or never came to an end", of("Killed", "Timeout", "Survived", "NoCoverage"), 0.5],
    ["leaves out what cannot be loaded", of("Killed", "CompileError", "RuntimeError"), 1],
    ["of nothing is 1", [], 1],
  ])("%s", (_what, mutants, score) => {
    expect(scoreOf(mutants)).toBe(score);
  });

  test("is said with its parts", () => {
    expect(summarize(of("Killed", "Killed", "Timeout", "Survived", "CompileError"))).toBe(
      "3 of 4 changes noticed (75.0 %), 1 of them by time running out",
    );
    expect(of("Survived", "NoCoverage", "Killed", "Timeout").map(survives)).toEqual([true, true, false, false]);
  });
});

const known = survivors.flatMap(({ reason, changes }) =>
  changes.map(([file, code, becomes]) => ({ file, code, becomes, reason })),
);

describe.each(known)("$code in $file, which may become $becomes", ({ file, code, becomes, reason }) => {
  const text = readFileSync(join(root, file), "utf8");
  const [before = "", ...after] = text.split(code);
  const [line, column] = [before.split("\n").length, before.length - before.lastIndexOf("\n")];

  test("is there, once", () => {
    expect(after).toHaveLength(1);
  });

  test("is a change that has its reason, and another has not", () => {
    const change = (replacement: string) => mutant([line, column], [line, column + code.length], replacement);
    expect(reasonFor(file, text, change(becomes))).toBe(reason);
    expect(reasonFor(file, text, change(code))).toBe(undefined);
    expect(needlessIn(file, text, [])).toContain(`${code} -> ${becomes}`);
    expect(needlessIn(file, text, [change(becomes)])).not.toContain(`${code} -> ${becomes}`);
    expect(reason).toMatch(/^[A-Z].*\.$/);
  });
});

test.each(readSources())("%s has a suite that sees it", (source) => {
  expect(suitesOf(source)).not.toEqual([]);
});

test("the sources and suites that suites.ts names are there", () => {
  const named = Object.entries(moreSuites).flatMap(([source, suites]) => [
    `${source}.ts`,
    ...suites.map((suite) => `${suite}.test.ts`),
  ]);
  expect(named.filter((file) => !existsSync(join(root, "functions", file)))).toEqual([]);
});
