import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../build/functions.ts";

/**
 * Who else tests a source, beside the suite of its own name: both as paths in functions/, without .ts
 * and .test.ts. To run every suite for each change would take a day.
 */
export const moreSuites: Record<string, string[]> = {
  "_shared/bucket": [
    "../infra/local/presign",
    "create-upload-url/handler",
    "delete-event/handler",
    "get-image/handler",
    "label-image/handler",
  ],
  "_shared/caller": ["_shared/owner", "get-event/handler"],
  "_shared/client-options": ["_shared/table", "label-image/handler"],
  "_shared/cursor": ["list-events/handler"],
  "_shared/date": ["create-event/handler"],
  "_shared/deletion": ["delete-event/handler", "label-image/handler"],
  "_shared/etags": ["delete-event/handler", "get-event/handler", "update-event/handler"],
  "_shared/event": ["_shared/owner", "create-event/handler", "update-event/handler"],
  "_shared/http": ["_shared/log", "create-event/handler", "get-event/handler", "update-event/handler"],
  "_shared/image": ["delete-event/handler", "create-upload-url/handler", "label-image/handler"],
  "_shared/log": ["_shared/http"],
  "_shared/owner": ["_shared/caller", "delete-event/handler"],
  "_shared/problem": [
    "_shared/caller",
    "_shared/owner",
    "_shared/table",
    "create-event/handler",
    "update-event/handler",
  ],
  "_shared/query-string": ["list-events/handler"],
  "_shared/read-event": ["_shared/table", "get-event/handler", "get-image/handler", "label-image/handler"],
  "_shared/stored-event": [
    "_shared/table",
    "create-event/handler",
    "get-event/handler",
    "list-events/handler",
    "update-event/handler",
  ],
  "_shared/table": ["_shared/writers", "create-event/handler", "delete-event/handler", "update-event/handler"],
  "_shared/writers": ["delete-event/handler"],
  "create-upload-url/handler": ["_shared/owner"],
  "delete-event/handler": ["_shared/owner", "_shared/writers"],
  "label-image/handler": ["_shared/log"],
  "update-event/handler": ["_shared/owner", "_shared/writers"],
};

/** Every source of the functions, as `functions/_shared/date.ts`. */
export function readSources(): string[] {
  const files = readdirSync(join(root, "functions"), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => `functions/${file}`)
    .sort();
}

/** The suites that see what this source does: what a handler does without its database is in that of `table.ts`. */
export function suitesOf(source: string): string[] {
  const name = source.replace(/^functions\/(.*)\.ts$/, "$1");
  const suites = [name, ...(name.endsWith("/handler") ? ["_shared/table"] : []), ...(moreSuites[name] ?? [])];
  return suites.map((suite) => join("functions", `${suite}.test.ts`)).filter((suite) => existsSync(join(root, suite)));
}
