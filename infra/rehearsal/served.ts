import { join } from "node:path";
import { root } from "../functions.ts";
import { startGateway } from "../local/gateway.ts";
import { callerOf } from "./aws.ts";
import { readDeployedApi } from "./deployed.ts";
import type { Gate } from "./gate/gate.ts";
import { runProgram } from "./programs.ts";
import type { Names } from "./setting.ts";

/** What is deployed, read back and served over HTTP. */
export interface Served {
  url: string;
  apiId: string;
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
    stop: async () => {
      await gateway.stop();
      await api.stop();
    },
  };
}

/** Runs the callers' suites against a URL, as `API_URL=... npm test` does, and gives their last lines. */
export async function runSuites(url: string): Promise<string> {
  // One file after the other: moto takes one request at a time, and the functions wait for it two seconds only.
  const command = ["node_modules/vitest/vitest.mjs", "run", "--config", "infra/vitest.config.ts", "--no-file-parallelism"];
  const { exitCode, output } = await runProgram(process.execPath, command, { cwd: root, env: { ...process.env, API_URL: url, NO_COLOR: "1" } });
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
