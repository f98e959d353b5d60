import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { readFunctions, root } from "./functions.ts";

const needed = ["function.json", "handler.test.ts", "handler.ts"];

describe.each(readFunctions())("functions/$name", ({ path, actions, routes, timeout_s }) => {
  const handler = join(path, "handler.ts");

  test(`holds ${needed.join(", ")}, tests and only files that its handler's docstring names`, () => {
    const files = readdirSync(path);
    const [docstring = ""] =
      /\/\*\*(?:(?!\*\/).)*\*\/\nexport [a-z ]+ handler\b/s.exec(readFileSync(handler, "utf8")) ?? [];
    expect(files).toEqual(expect.arrayContaining(needed));
    const more = files.filter((file) => !needed.includes(file) && !file.endsWith(".test.ts"));
    expect(more.filter((file) => !docstring.includes(file))).toEqual([]);
  });

  test("is allowed exactly the actions that its code uses: SDK commands and calls of table.ts and bucket.ts", () => {
    const sources = [handler, ...importedBy(handler)].filter((file) => !/_shared\/(table|bucket)\.ts$/.test(file));
    const source = sources.map((file) => readFileSync(file, "utf8")).join("\n");
    expect(actionsIn(source)).toEqual(distinct(actions.map((action) => action.replace(/ .*/, ""))));
    expect(prefixesIn(source)).toEqual(distinct(actions.flatMap((action) => action.split(" ").slice(1))));
  });

  test("times out before API Gateway does, at 30 seconds", () => {
    if (routes.length > 0) expect(timeout_s).toBeLessThan(30);
  });
});

test("a GET imports at most ten files of the project, type imports included", () => {
  const handler = join(root, "functions/get-event/handler.ts");
  expect([handler, ...importedBy(handler)].map(nameOf).slice(10)).toEqual([]);
});

// ESLint's import-x/no-cycle ignores `import type`, but cycles of types are as hard to read.
test("no file of the project imports itself through others, not even for types", () => {
  const folders = ["functions", "infra", ".github"].map((folder) => join(root, folder));
  const files = folders.flatMap((folder) => ts.sys.readDirectory(folder, [".ts", ".js"], ["**/node_modules"]));
  expect(files.filter((file) => importedBy(file).has(file)).map(nameOf)).toEqual([]);
});

/** The project's files that a file imports, directly or through others. */
function importedBy(file: string, found = new Set<string>()): Set<string> {
  for (const imported of importsOf(file)) {
    if (found.has(imported)) continue;
    found.add(imported);
    importedBy(imported, found);
  }
  return found;
}

const knownImports = new Map<string, string[]>();

function importsOf(file: string): string[] {
  const known = knownImports.get(file);
  if (known) return known;
  const { importedFiles } = ts.preProcessFile(existsSync(file) ? readFileSync(file, "utf8") : "");
  const ours = importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith("."));
  const imports = ours.map((name) => join(dirname(file), name));
  knownImports.set(file, imports);
  return imports;
}

function nameOf(file: string): string {
  return relative(root, file);
}

function actionsIn(source: string): string[] {
  return distinct([...commandsIn(source), ...sharedActionsIn(source)]);
}

/** The prefixes of the keys that the code makes with bucket.ts. The rehearsal checks which action needs which. */
function prefixesIn(source: string): string[] {
  const prefixes = { "deletionKey(": "deletions/", "imageKey(": "images/", "incomingKey(": "incoming/" };
  return Object.entries(prefixes).flatMap(([key, prefix]) => (source.includes(key) ? [prefix] : []));
}

function distinct(texts: string[]): string[] {
  return [...new Set(texts)].sort();
}

/** `import { GetItemCommand } from "@aws-sdk/client-dynamodb"` is dynamodb:GetItem. */
function commandsIn(source: string): string[] {
  const imports = source.matchAll(/import \{([^}]*)\} from "@aws-sdk\/client-([a-z0-9-]+)"/g);
  return [...imports].flatMap(([, names = "", service = ""]) =>
    [...names.matchAll(/\b([A-Z][A-Za-z]+)Command\b/g)].map(([, command = ""]) => `${service}:${command}`),
  );
}

/** The calls of table.ts and bucket.ts, which can do more than any one function needs. */
const sharedActions: Record<string, string[]> = {
  "readEvent(": ["dynamodb:GetItem"],
  'presign("GET"': ["s3:GetObject"],
  'presign("PUT"': ["s3:PutObject"],
  'sendToBucket("DELETE"': ["s3:DeleteObject"],
  'sendToBucket("GET"': ["s3:GetObject", "s3:ListBucket"], // without ListBucket S3 answers 403 for a missing object
  'sendToBucket("PUT"': ["s3:PutObject"],
  "listKeys(": ["s3:ListBucket"],
};

function sharedActionsIn(source: string): string[] {
  return Object.entries(sharedActions).flatMap(([call, actions]) => (source.includes(call) ? actions : []));
}
