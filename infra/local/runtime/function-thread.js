// Runs in a worker thread that emulates one Lambda environment: see runner.ts.
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { callHandler, logAsLambdaDoes } from "./call-handler.js";

/** @typedef {{ key: number, event: string, invocation: import("./call-handler.js").Invocation }} Call */
/** @typedef {{ key: number, result: string } | { key: number, error: string }} Reply */

/** @typedef {Record<string, ((event: unknown, context: object) => unknown) | undefined>} HandlerModule */

/** @type {unknown} */
const given = workerData;
const { bundle, exportName } = /** @type {{ bundle: string, exportName: string }} */ (given);

logAsLambdaDoes((line) => {
  process.stdout.write(line);
});

/** By import(), like Lambda: index.mjs has a top-level await, which require() refuses. */
const loading = /** @type {Promise<HandlerModule>} */ (import(pathToFileURL(bundle).href));

parentPort?.on("message", (/** @type {Call} */ { key, event, invocation }) => {
  void loading
    .then((module) => callHandler(module[exportName], event, invocation))
    .then(
      (result) => ({ key, result }),
      (/** @type {unknown} */ error) => ({ key, error: describe(error) }),
    )
    .then((/** @type {Reply} */ reply) => parentPort?.postMessage(reply));
});

/** Stack traces show the bundle's line, which in a minified bundle is the whole source. */
function describe(/** @type {unknown} */ error) {
  return error instanceof Error
    ? (error.stack ?? error.message).replace(/^.{2000,}$/gm, "(a long line)")
    : String(error);
}
