import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { readFunctions, root } from "../../build/functions.ts";
import { startDatabase } from "../database/database.ts";
import { startImages } from "../bucket/images.ts";
import { scratchFolder } from "../../testing/scratch.ts";

const [database, images] = [await startDatabase(), await startImages()];
afterAll(async () => {
  await images.stop();
  await database.stop();
});

interface TraceEvent {
  cat: string;
  name: string;
  ph: string;
  args: { path?: string };
}

/**
 * Every file system call that Node's core makes while it runs a script, from Node's trace: unlike a
 * patched `fs` it misses none.
 */
async function fileSystemCalls(script: string): Promise<string[]> {
  const folder = scratchFolder({ "script.cjs": script });
  const trace = join(folder, "trace.json");
  await promisify(execFile)(
    process.execPath,
    ["--trace-event-categories", "node.fs", "--trace-event-file-pattern", trace, join(folder, "script.cjs")],
    { env: { ...database.environment, ...images.environment, AUTH: "off", HOME: folder } },
  );
  const { traceEvents } = JSON.parse(readFileSync(trace, "utf8")) as { traceEvents: TraceEvent[] };
  return traceEvents
    .filter(({ cat, ph }) => cat.includes("node.fs") && ph.toLowerCase() === "b") // the start of a call
    .map(({ name, args }) => `${name} ${args.path?.replace(folder, "~") ?? ""}`.trim());
}

describe.concurrent.each(readFunctions().filter(({ routes }) => routes.length > 0))(
  "the first request to $name",
  ({ name, routes }) => {
    // The SDK's own client would read ~/.aws/config and ~/.aws/credentials.
    test("reads no file: looking for ~/.aws takes milliseconds, and Lambda has none", async () => {
      const event = {
        version: "2.0",
        routeKey: routes[0],
        rawQueryString: "",
        headers: { "content-type": "application/json" },
        pathParameters: { id: "first" },
        requestContext: { requestId: "first" },
        body: JSON.stringify({ title: "First" }),
      };
      const load = `const { handler } = require(${JSON.stringify(join(root, "dist", name, "main.cjs"))});`;
      const call = `handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 10_000 }).then(({ statusCode }) => { process.exitCode = statusCode < 500 ? 0 : 1; });`;
      expect(await fileSystemCalls(`${load}\n${call}`)).toEqual(await fileSystemCalls(load));
    });
  },
);
