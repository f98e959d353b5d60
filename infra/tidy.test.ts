import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { readFunctions } from "./functions.ts";

const functions = readFunctions();

for (const name of ["TABLE_NAME", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) vi.stubEnv(name, "x");
const { limits } = await import("../functions/_shared/table.ts");

describe.each(functions)("functions/$name", ({ path, actions, routes, timeout_s }) => {
  test("holds handler.ts, handler.test.ts and function.json, and nothing else", () => {
    expect(readdirSync(path).sort()).toEqual(["function.json", "handler.test.ts", "handler.ts"]);
  });

  test("may do exactly what its handler does: the commands that it imports, and what it asks of the bucket, are its actions", () => {
    expect(actionsIn(readFileSync(join(path, "handler.ts"), "utf8"))).toEqual([...actions].sort());
  });

  test("waits for DynamoDB a second less than its own timeout, so that it can still answer 503", () => {
    const backOff_ms = 3_000; // at most one second after the first attempt and two after the second, when throttled
    // A body that is cut off is not asked for again.
    expect(limits.attempts * limits.answer_ms + limits.body_ms + backOff_ms).toBeLessThanOrEqual((timeout_s - 1) * 1000);
  });

  test("is done before API Gateway gives up on it, at 30 seconds", () => {
    if (routes.length > 0) expect(timeout_s).toBeLessThan(30);
  });
});

test("_shared sends no command: which one is sent stands in the handler", () => {
  const shared = join(import.meta.dirname, "../functions/_shared");
  const sending = readdirSync(shared).filter((file) => !file.endsWith(".test.ts") && actionsIn(readFileSync(join(shared, file), "utf8")).length > 0);
  expect(sending).toEqual([]);
});

function actionsIn(source: string): string[] {
  return [...new Set([...commandsIn(source), ...bucketActionsIn(source)])].sort();
}

/** `import { GetItemCommand } from "@aws-sdk/client-dynamodb"` is dynamodb:GetItem. */
function commandsIn(source: string): string[] {
  const imports = source.matchAll(/import \{([^}]*)\} from "@aws-sdk\/client-([a-z0-9-]+)"/g);
  return [...imports].flatMap(([, names = "", service = ""]) => [...names.matchAll(/\b([A-Z][A-Za-z]+)Command\b/g)].map(([, command = ""]) => `${service}:${command}`));
}

const bucketActions: Record<string, string> = { DELETE: "s3:DeleteObject", GET: "s3:GetObject", PUT: "s3:PutObject" };

/**
 * `presign("PUT", ...)` is s3:PutObject, and so is `sendToBucket("PUT", ...)`. Who gets an object itself
 * needs s3:ListBucket too: without it S3 says 403 and not 404 where there is none.
 */
function bucketActionsIn(source: string): string[] {
  const requests = [...source.matchAll(/\b(presign|sendToBucket)\("([A-Z]+)"/g)];
  return requests.flatMap(([, how, method = ""]) => [bucketActions[method] ?? method, ...(how === "sendToBucket" && method === "GET" ? ["s3:ListBucket"] : [])]);
}
