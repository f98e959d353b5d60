import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { parseDocument, type Document } from "yaml";
import { readFunctions } from "../../build/functions.ts";
import { expectSuccess, makeFork, type Fork } from "./_tests/fork.ts";

/** Type checks, builds and suites run in processes of their own. */
const patience_ms = 1_800_000;

const names = readFunctions().map(({ name }) => name);

const tellingSuites = ["functions/get-event", "infra/testing/contract.test.ts", "infra/testing/routes.test.ts"];

/** The fastest and most telling checks; `FORKS=whole npm test` runs all of `npm test`. */
async function expectGoodFork({ path, build, run, runSuites, runAllSuites }: Fork): Promise<void> {
  await expectSuccess(build());
  expect(importsOfNothing(path)).toEqual([]);
  if (process.env["FORKS"] === "whole") {
    await expectSuccess(run("prettier/bin/prettier.cjs", "--write", "functions/openapi.yaml"));
    await expectSuccess(run("typescript/bin/tsc"));
    await expectSuccess(runAllSuites());
  } else await expectSuccess(runSuites("--project", "source", "--project", "tooling", ...tellingSuites));
}

/** A fork deletes files and changes no others: the types of these are right if all their imports exist. */
function importsOfNothing(fork: string): string[] {
  const files = ts.sys.readDirectory(fork, [".ts", ".js"], ["**/node_modules"]);
  return files.flatMap((file) =>
    ts
      .preProcessFile(readFileSync(file, "utf8"))
      .importedFiles.filter(({ fileName }) => fileName.startsWith(".") && !existsSync(join(dirname(file), fileName)))
      .map(({ fileName }) => `${relative(fork, file)} imports ${fileName}`),
  );
}

const forks = [
  { what: "create and get", without: names.filter((name) => !["create-event", "get-event"].includes(name)) },
  { what: "all but images", without: ["create-upload-url", "get-image", "label-image"] },
  { what: "all but lists", without: ["list-events"] },
].filter(({ without }) => without.length > 0 && without.every((name) => names.includes(name))); // this project may itself be such a fork

test.each(forks)(
  "a fork with $what passes after deleting folders and what the checks then name",
  { timeout: patience_ms },
  async ({ without }) => {
    const fork = makeFork();
    for (const name of without) rmSync(join(fork.path, "functions", name), { recursive: true });
    const { complaintsAboutRoutes } = await fork.complaints();
    const sentences = await complaintsAboutRoutes();
    expect(sentences).not.toEqual([]);
    for (const sentence of sentences) follow(fork, sentence);
    await expectGoodFork(fork);
  },
);

test("a fork without infra/verification builds and passes its tests", { timeout: patience_ms }, async () => {
  const fork = makeFork();
  rmSync(join(fork.path, "infra/verification"), { recursive: true });
  fork.edit(".github/dependabot.yml", (text) =>
    text.replace(", /infra/verification/mutation", "").replace(/\n {2}- package-ecosystem: pip\n[^]*/, ""),
  );
  await expectGoodFork(fork);
});

type Change = (text: string, parts: string[]) => string;

/** How to follow a sentence of routes.test.ts; each begins with the file. */
const changes: [sentence: RegExp, Change][] = [
  [
    /^(\S+): remove (\S+) (\S+) from paths:/,
    inYaml((document, [method = "", path = ""]) => {
      document.deleteIn(["paths", path, method.toLowerCase()]);
      removeEmpty(document, ["paths", path], "parameters");
    }),
  ],
  [
    /^(\S+): remove (\S+) from components\/(\S+):/,
    inYaml((document, [name = "", kind = ""]) => {
      document.deleteIn(["components", kind, name]);
      removeEmpty(document, ["components", kind]);
    }),
  ],
  [
    /^(\S+): remove (\S+ \S+) from the table/,
    (text, [route = ""]) =>
      text
        .replace(`\`${route}\`, `, "")
        .replace(`, \`${route}\` |`, " |")
        .replace(/^.*\n/gm, (row) => (row.startsWith(`| \`${route}\` |`) ? "" : row)),
  ],
  [/^(\S+): remove the table "(.*)":/, (text, [header = ""]) => withoutParts(text, "\n\n", header)],
  [/^(\S+): remove the section "(.*)":/, (text, [section = ""]) => withoutParts(text, /\n(?=## )/, `## ${section}\n`)],
  [
    /^(\S+): remove from ".*", with its answer in the block below: (.*)$/,
    (text, [line = ""]) => withoutCall(text, line),
  ],
];

/** Follows a sentence in a fork. */
function follow({ edit }: Fork, sentence: string): void {
  for (const [pattern, change] of changes) {
    const [, file, ...parts] = pattern.exec(sentence) ?? [];
    if (file === undefined) continue;
    edit(file, (text) => change(text, parts));
    return;
  }
  throw new Error(`No step follows from: ${sentence}`);
}

function inYaml(change: (document: Document, parts: string[]) => void): Change {
  return (text, parts) => {
    const document = parseDocument(text);
    change(document, parts);
    return document.toString({ lineWidth: 0, flowCollectionPadding: true });
  };
}

function removeEmpty(document: Document, path: string[], ...ignored: string[]): void {
  const { [path[0] ?? ""]: named } = document.toJS() as Record<string, Record<string, object>>;
  const left = Object.keys(named?.[path[1] ?? ""] ?? {}).filter((key) => !ignored.includes(key));
  if (left.length === 0) document.deleteIn(path);
}

function withoutParts(text: string, separator: string | RegExp, beginning: string): string {
  return text
    .split(separator)
    .filter((part) => !part.startsWith(beginning))
    .join(typeof separator === "string" ? separator : "\n");
}

/** Without a line and its answer, which has the same position in the next block; without both blocks if nothing is left. */
function withoutCall(text: string, line: string): string {
  const lines = text.split("\n");
  const at = lines.indexOf(line);
  const [begin, end] = [lines.lastIndexOf("```sh", at), lines.indexOf("```", at)];
  const isCall = (each: string) => each.startsWith("curl ");
  const nth = lines.slice(begin, at).filter(isCall).length;
  const isLast = lines.slice(begin, end).filter(isCall).length === 1;
  if (isLast) return lines.toSpliced(begin, lines.indexOf("```", end + 1) - begin + 2).join("\n");
  return lines
    .toSpliced(end + 3 + nth, 1)
    .toSpliced(at, 1)
    .join("\n");
}
