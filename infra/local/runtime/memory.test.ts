import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { readFunctions, root } from "../../build/functions.ts";
import { needs } from "../../testing/left-out.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { startDatabase } from "../database/database.ts";

const database = await startDatabase();
afterAll(() => database.stop());

/** V8 keeps room for a thousand elements in each of these objects. */
function sparseObjects(size_bytes: number): string {
  const [start, item, end] = ['{"payload":{"items":[', '{"1023":0}', "]}}"];
  const count = Math.floor((size_bytes - start.length - end.length) / (item.length + 1));
  return start + Array<string>(count).fill(item).join() + end;
}

const [stored_bytes, parsed_bytes] = [400_000, 2_457_600];
const bodies = {
  "just under 400 KB": sparseObjects(stored_bytes),
  "the largest that is parsed": sparseObjects(parsed_bytes),
  "only brackets": "[".repeat(parsed_bytes),
};

/** The status of a bundle's answer in a process of its own, with the heap of a function of this size on Lambda. */
async function statusWithin(memory_mb: number, name: string, body: string): Promise<number> {
  const event = {
    version: "2.0",
    rawQueryString: "",
    headers: { "content-type": "application/json" },
    pathParameters: { id: "memory" },
    requestContext: { requestId: "memory" },
    body,
  };
  const folder = scratchFolder({
    "event.json": JSON.stringify(event),
    "call.cjs": `
      const { handler } = require(${JSON.stringify(join(root, "dist", name, "main.cjs"))});
      handler(require("./event.json"), { getRemainingTimeInMillis: () => 60_000 }).then(({ statusCode }) => {
        process.stderr.write(String(statusCode));
        process.exit();
      });`,
  });
  const newSpace_mb = Math.floor(memory_mb / 10);
  const heap = [
    `--max-semi-space-size=${Math.floor(newSpace_mb / 2)}`,
    `--max-old-space-size=${memory_mb - newSpace_mb}`,
  ];
  const env = { ...database.environment, AUTH: "off" };
  const { stderr } = await promisify(execFile)(process.execPath, [...heap, join(folder, "call.cjs")], { env });
  return Number(stderr);
}

test.each([
  ["create-event", "just under 400 KB", 201],
  ["create-event", "the largest that is parsed", 413],
  ["create-event", "only brackets", 400],
  ["update-event", "just under 400 KB", 404], // there is no such event
  ["update-event", "the largest that is parsed", 413],
  ["update-event", "only brackets", 400],
] as const)("%s has the memory for any body: %s", async (name, body, status) => {
  needs(name);
  const { memory_mb } = readFunctions().find((each) => each.name === name) ?? { memory_mb: 0 };
  expect(await statusWithin(memory_mb, name, bodies[body])).toBe(status);
});
