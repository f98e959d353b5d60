import { join } from "node:path";
import { root } from "../../build/functions.ts";
import { startGateway } from "../../local/gateway/gateway.ts";
import { makePng } from "../../local/bucket/sample-images.ts";
import type { UserPool } from "../../local/sign-in/tokens.ts";
import { upload, type UploadUrl } from "../../testing/upload.ts";
import { callerOf } from "./aws.ts";
import { readDeployedApi } from "./deployed.ts";
import type { Gate } from "./gate/gate.ts";
import { runProgram } from "./programs.ts";
import type { Names } from "./setting.ts";
import { expectNone } from "./steps.ts";

/** What is deployed, read back and served over HTTP. */
export interface Served {
  url: string;
  apiId: string;
  /** Signs callers in, where what is deployed asks for it. */
  pool: UserPool | undefined;
  /** Waits until every upload so far has been looked at, and gives a sentence for each that nobody will ever look at. */
  uploads: () => Promise<string[]>;
  stop: () => Promise<void>;
}

/** Serves the API as it is deployed now, through the gateway of the local run. */
export async function serveDeployed(
  gate: Gate,
  { project, stage, region }: Names,
  scratchPath: string,
): Promise<Served> {
  const read = callerOf(gate.url, region, gate.operator);
  const api = await readDeployedApi(`${project}-${stage}`, join(scratchPath, "zips"), { ...gate, read, region });
  const gateway = await startGateway({
    stage: api.stage,
    port: 0,
    routes: () => Promise.resolve(api.routes),
    log: () => undefined,
  });
  gate.handlers.invoke = api.invoke;
  const lostBefore = gate.deliveries.lost.length;
  return {
    url: gateway.url,
    apiId: api.apiId,
    pool: api.pool,
    uploads: async () => {
      await gate.deliveries.settled();
      return gate.deliveries.lost.slice(lostBefore);
    },
    stop: async () => {
      await gateway.stop();
      await gate.deliveries.settled();
      delete gate.handlers.invoke;
      await api.stop();
    },
  };
}

/** Runs the callers' suites as `API_URL=... npm test` does, as two who have signed in where it asks for that; gives their last lines. */
export async function runSuites({ url, pool, uploads }: Pick<Served, "url" | "pool" | "uploads">): Promise<string> {
  // One file after the other: moto takes one request at a time, and the functions wait for it two seconds only.
  const command = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--config",
    "infra/testing/vitest.config.ts",
    "--no-file-parallelism",
  ];
  const tokens = pool && {
    API_TOKEN: await pool.accessToken("rehearsal"),
    API_OTHER_TOKEN: await pool.accessToken("another"),
  };
  const env = { ...process.env, API_URL: url, ...tokens, NO_COLOR: "1" };
  const { exitCode, output } = await runProgram(process.execPath, command, { cwd: root, env });
  if (exitCode !== 0)
    throw new Error(
      `The suites failed against what is deployed:\n${output.replace(/^(.{300}).*$/gm, "$1 ...").slice(-6000)}`,
    );
  expectNone(await uploads(), "Uploads that nobody will ever look at");
  return /Tests\s+(.*)/.exec(output)?.[1] ?? "passed";
}

/** Creates an event, reads it, lists it by each index and gives it an image: a sentence that says what is wrong, or nothing when all works. */
export async function whatFails({ url, uploads }: Pick<Served, "url" | "uploads">): Promise<string | undefined> {
  const created = await post(`${url}/events`, { title: "Rehearsal", organizer: "Rehearsal" });
  if (created.status !== 201) return `POST /events answered ${created.status}`;
  const { id } = (await created.json()) as { id: string };
  for (const path of [`/events/${id}`, "/events?status=active", "/events?organizer=Rehearsal", "/events?type=event"]) {
    const answer = await fetch(`${url}${path}`);
    if (answer.status !== 200) return `GET ${path.replace(id, "{id}")} answered ${answer.status}`;
    if (!(await answer.text()).includes(id)) return `GET ${path} is without the event`;
  }
  const png = makePng();
  const asked = await post(`${url}/events/${id}/upload-url`, { contentType: "image/png", contentLength: png.length });
  if (asked.status !== 201) return `POST /events/{id}/upload-url answered ${asked.status}`;
  const uploaded = await upload((await asked.json()) as UploadUrl, png);
  if (uploaded.status !== 200) return `the upload answered ${uploaded.status}`;
  const [lost] = await uploads();
  const got = await fetch(`${url}/events/${id}/image`); // where the redirect leads
  const image = Buffer.from(await got.arrayBuffer());
  return image.equals(png)
    ? undefined
    : `GET /events/{id}/image answered ${got.status}${lost === undefined ? "" : `: ${lost}`}`;
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}
