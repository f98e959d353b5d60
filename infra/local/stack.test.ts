import { createServer } from "node:http";
import { expect, test, vi } from "vitest";
import { scratchFolder } from "../testing/scratch.ts";
import { listen, stop } from "./gateway/server.ts";
import { runSources } from "./runtime/running-functions.ts";
import { startStack } from "./stack.ts";

test("if one part fails to start, the others are stopped, the last one first", async () => {
  const other = createServer();
  const { port } = await listen(other, 0);
  const [data, ended] = [scratchFolder(), [] as string[]];
  const end = (name: string) => ({ environment: {}, stop: () => Promise.resolve(void ended.push(name)) });
  const options = {
    data,
    between: () => Promise.resolve(end("proxy")),
    run: async (environment: Record<string, string>) => ({ ...(await runSources(environment)), ...end("functions") }),
  };
  await expect(startStack({ ...options, port })).rejects.toThrow("EADDRINUSE");
  await stop(other);
  expect(ended).toEqual(["functions", "proxy"]);

  vi.resetModules(); // the functions read their environment on load
  const stack = await startStack(options); // fails if the first database still uses the data
  expect((await fetch(`${stack.url}/events/none`)).status).toBe(404);
  await stack.stop();
  await expect(fetch(`${stack.url}/events/none`)).rejects.toThrow("fetch failed");
  expect(ended).toEqual(["functions", "proxy", "functions", "proxy"]);
});
