import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { readFunctions } from "./functions.ts";

describe.each(readFunctions())("functions/$name", ({ path, actions, routes, timeout_s }) => {
  test("holds handler.ts, handler.test.ts and function.json, and nothing else", () => {
    expect(readdirSync(path).sort()).toEqual(["function.json", "handler.test.ts", "handler.ts"]);
  });

  test("may do exactly what its code does: the commands imported, and what is asked of the bucket, by its handler and what that imports", () => {
    const sources = sourcesOf(join(path, "handler.ts")).filter((file) => !file.endsWith("_shared/bucket.ts"));
    expect(actionsIn(sources.map((file) => readFileSync(file, "utf8")).join("\n"))).toEqual([...actions].sort());
  });

  test("is done before API Gateway gives up on it, at 30 seconds", () => {
    if (routes.length > 0) expect(timeout_s).toBeLessThan(30);
  });
});

/** A file and all that it imports of ours, what only its types import left out. */
function sourcesOf(file: string, found = new Set<string>()): string[] {
  if (found.has(file) || !existsSync(file)) return [...found];
  found.add(file);
  for (const [, imported = ""] of readFileSync(file, "utf8").matchAll(/^import (?!type ).* from "(\..*)";$/gm))
    sourcesOf(join(dirname(file), imported), found);
  return [...found];
}

function actionsIn(source: string): string[] {
  return [...new Set([...commandsIn(source), ...bucketActionsIn(source)])].sort();
}

/** `import { GetItemCommand } from "@aws-sdk/client-dynamodb"` is dynamodb:GetItem. */
function commandsIn(source: string): string[] {
  const imports = source.matchAll(/import \{([^}]*)\} from "@aws-sdk\/client-([a-z0-9-]+)"/g);
  return [...imports].flatMap(([, names = "", service = ""]) =>
    [...names.matchAll(/\b([A-Z][A-Za-z]+)Command\b/g)].map(([, command = ""]) => `${service}:${command}`),
  );
}

const bucketActions: Record<string, string[]> = {
  'presign("GET"': ["s3:GetObject"],
  'presign("PUT"': ["s3:PutObject"],
  'sendToBucket("DELETE"': ["s3:DeleteObject"],
  'sendToBucket("GET"': ["s3:GetObject", "s3:ListBucket"], // without the latter S3 says 403 and not 404 where there is none
  'sendToBucket("PUT"': ["s3:PutObject"],
  "listKeys(": ["s3:ListBucket"],
};

function bucketActionsIn(source: string): string[] {
  return Object.entries(bucketActions).flatMap(([call, actions]) => (source.includes(call) ? actions : []));
}
