import { join } from "node:path";
import { root } from "../functions.ts";
import { startGateway } from "../local/gateway.ts";
import type { UserPool } from "../local/tokens.ts";
import { callerOf } from "./aws.ts";
import { readDeployedApi } from "./deployed.ts";
import type { Gate } from "./gate/gate.ts";
import { runProgram } from "./programs.ts";
import type { Names } from "./setting.ts";

/** What is deployed, read back and served over HTTP. */
export interface Served {
  url: string;
  apiId: string;
  /** Signs callers in, where what is deployed asks for it. */
  pool: UserPool | undefined;
  stop: () => Promise<void>;
}

/** Serves the API as it is deployed now, through the gateway of the local run. */
export async function serveDeployed(gate: Gate, { project, stage, region }: Names, scratchPath: string): Promise<Served> {
  const read = callerOf(gate.url, region, gate.operator);
  const api = await readDeployedApi(`${project}-${stage}`, join(scratchPath, "zips"), { ...gate, read, region });
  const gateway = await startGateway({ stage: api.stage, port: 0, routes: () => Promise.resolve(api.routes), log: () => undefined });
  return {
    url: gateway.url,
    apiId: api.apiId,
    pool: api.pool,
    stop: async () => {
      await gateway.stop();
      await api.stop();
    },
  };
}

/** Runs the callers' suites as `API_URL=... npm test` does, as two who have signed in where it asks for that; gives their last lines. */
export async function runSuites({ url, pool }: Pick<Served, "url" | "pool">): Promise<string> {
  // One file after the other: moto takes one request at a time, and the functions wait for it two seconds only.
  const command = ["node_modules/vitest/vitest.mjs", "run", "--config", "infra/vitest.config.ts", "--no-file-parallelism"];
  const tokens = pool && { API_TOKEN: await pool.accessToken("rehearsal"), API_OTHER_TOKEN: await pool.accessToken("another") };
  const env = { ...process.env, API_URL: url, ...tokens, NO_COLOR: "1" };
  const { exitCode, output } = await runProgram(process.execPath, command, { cwd: root, env });
  if (exitCode !== 0) throw new Error(`The suites failed against what is deployed:\n${output.replace(/^(.{300}).*$/gm, "$1 ...").slice(-6000)}`);
  return /Tests\s+(.*)/.exec(output)?.[1] ?? "passed";
}

/** Creates an event, reads it and lists it by each index: a sentence that says what is wrong, or nothing when all works. */
export async function whatFails(url: string): Promise<string | undefined> {
  const content = JSON.stringify({ title: "Rehearsal", organizer: "Rehearsal" });
  const created = await fetch(`${url}/events`, { method: "POST", headers: { "content-type": "application/json" }, body: content });
  if (created.status !== 201) return `POST /events answered ${created.status}`;
  const { id } = (await created.json()) as { id: string };
  for (const path of [`/events/${id}`, "/events?status=active", "/events?organizer=Rehearsal", "/events?type=event"]) {
    const answer = await fetch(`${url}${path}`);
    if (answer.status !== 200) return `GET ${path.replace(id, "{id}")} answered ${answer.status}`;
    if (!(await answer.text()).includes(id)) return `GET ${path} is without the event`;
  }
  return undefined;
}
