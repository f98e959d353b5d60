import { createServer, type RequestListener } from "node:http";
import { afterAll, onTestFinished, TestRunner } from "vitest";
import { listen, stop } from "../local/gateway/server.ts";

/** Starts a server for the rest of the test, or of the file, and returns its URL. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  const { port } = await listen(server, 0);
  atEnd(() => stop(server));
  return `http://127.0.0.1:${port}`;
}

/** At the end of the test, or of the file if none is running: `afterAll` does nothing in a test. */
export function atEnd(end: () => Promise<void> | void): void {
  if (TestRunner.getCurrentTest()) onTestFinished(end);
  else afterAll(end);
}
