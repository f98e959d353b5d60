import { createServer } from "node:http";
import { expect, test, vi } from "vitest";
import { scratchFolder } from "../testing/scratch.ts";
import { listen, stop } from "./gateway/server.ts";
import { runSources } from "./runtime/running-functions.ts";
import { startStack } from "./stack.ts";

test("what was started is stopped, the last one first, where the rest does not start", async () => {
  const other = createServer();
  const { port } = await listen(other, 0);
  const [data, ended] = [scratchFolder(), [] as string[]];
  const end = (name: string) => ({ environment: {}, stop: () => Promise.resolve(void ended.push(name)) });
  const options = {
    data,
    between: () => Promise.resolve(end("what stands between")),
    run: async (environment: Record<string, string>) => ({ ...(await runSources(environment)), ...end("functions") }),
  };
  await expect(startStack({ ...options, port })).rejects.toThrow("EADDRINUSE");
  await stop(other);
  expect(ended).toEqual(["functions", "what stands between"]);

  vi.resetModules(); // the functions read their environment as they are loaded
  const stack = await startStack(options); // which could not use the data while the first database runs
  expect((await fetch(`${stack.url}/events/none`)).status).toBe(404);
  await stack.stop();
  await expect(fetch(`${stack.url}/events/none`)).rejects.toThrow("fetch failed");
  expect(ended).toEqual(["functions", "what stands between", "functions", "what stands between"]);
});
