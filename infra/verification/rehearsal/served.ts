import { root } from "../../build/functions.ts";
import { makePng } from "../../local/bucket/sample-images.ts";
import { startGateway } from "../../local/gateway/gateway.ts";
import { callServerAt } from "../../testing/call.ts";
import { refusedTokens } from "../../testing/refused-tokens.ts";
import { upload, type UploadUrl } from "../../testing/upload.ts";
import { readDeployedApi, type DeployedApi } from "./deployed.ts";
import { runProgram } from "./programs.ts";
import type { Rehearsal } from "./setting.ts";
import { expectNone } from "./steps.ts";

interface Served {
  url: string;
  api: () => Promise<DeployedApi>;
  /** Waits until every upload so far is processed; returns a sentence for each that never will be. */
  uploads: () => Promise<string[]>;
}

export async function whileServed<Result>(rehearsal: Rehearsal, use: (served: Served) => Promise<Result>) {
  const { gate, names } = rehearsal;
  const prefix = `${names.its}-`;
  let deployed: Promise<DeployedApi> | undefined;
  const api = () => (deployed ??= readDeployedApi(rehearsal));
  const routes = async () => (await api()).routes;
  const gateway = await startGateway({ stage: names.stage, port: 0, routes, log: () => undefined });
  gate.handlers.set(prefix, async (...call) => (await api()).invoke(...call));
  const { lost, settled } = gate.deliveries;
  const lostBefore = lost.length;
  const uploads = async () => {
    await settled();
    return lost.slice(lostBefore).filter((sentence) => sentence.includes(prefix));
  };
  try {
    return await use({ url: gateway.url, api, uploads });
  } finally {
    await gateway.stop();
    await settled();
    gate.handlers.delete(prefix);
    await (await deployed?.catch(() => undefined))?.stop();
  }
}

/** Runs the callers' suites, as two signed-in users if the stage requires sign-in. */
export async function runSuites({ url, api, uploads }: Served): Promise<string> {
  // One file at a time: moto serves one request at a time.
  const command =
    "node_modules/vitest/vitest.mjs run --config infra/testing/vitest.config.ts --no-file-parallelism".split(" ");
  const { pool } = await api();
  const tokens = pool && {
    API_TOKEN: await pool.accessToken("rehearsal"),
    API_OTHER_TOKEN: await pool.accessToken("another"),
  };
  const env = { ...process.env, API_URL: url, ...tokens, NO_COLOR: "1" };
  const { exitCode, output } = await runProgram(process.execPath, command, { cwd: root, env });
  const shortened = output.replace(/^(.{300}).*$/gm, "$1 ...").slice(-6000);
  if (exitCode !== 0) throw new Error(`The suites failed against the deployment:\n${shortened}`);
  expectNone(await uploads(), "Uploads that are never processed");
  return /Tests\s+(.*)/.exec(output)?.[1] ?? "passed";
}

export async function expectTokensRefused({ url, api }: Served): Promise<string> {
  const { pool, routes } = await api();
  if (!pool) throw new Error("The deployed API requires no token.");
  const wrong: string[] = [];
  const tokens = await refusedTokens(pool);
  const call = callServerAt(url);
  for (const { routeKey } of routes) {
    const request = routeKey.replace("{id}", "1");
    for (const { what, authorization } of tokens) {
      const { status, body } = await call(request, { headers: { authorization } });
      const answered = JSON.stringify(body);
      if (status !== 401 || answered !== '{"message":"Unauthorized"}')
        wrong.push(`${request} with ${what}: answered ${status} ${answered}`);
    }
  }
  expectNone(wrong, "These tokens must be refused");
  return `${routes.length * tokens.length} refused`;
}

/** Uses each route once; returns a sentence if something fails. */
export async function whatFails({ url, uploads }: Served): Promise<string | undefined> {
  const call = callServerAt(url);
  const created = await call("POST /events", { json: { title: "Rehearsal", organizer: "Rehearsal" } });
  if (created.status !== 201) return `POST /events answered ${created.status}`;
  const { id } = created.body as { id: string };
  for (const path of [`/events/${id}`, "/events?status=active", "/events?organizer=Rehearsal", "/events?type=event"]) {
    const { status, body } = await call(`GET ${path}`);
    if (status !== 200) return `GET ${path.replace(id, "{id}")} answered ${status}`;
    if (!JSON.stringify(body).includes(id)) return `GET ${path} lacks the event`;
  }
  const png = makePng();
  const image = { contentType: "image/png", contentLength: png.length };
  const asked = await call(`POST /events/${id}/upload-url`, { json: image });
  if (asked.status !== 201) return `POST /events/{id}/upload-url answered ${asked.status}`;
  const uploaded = await upload(asked.body as UploadUrl, png);
  if (uploaded.status !== 200) return `the upload answered ${uploaded.status}`;
  const [lost] = await uploads();
  const got = await fetch(`${url}/events/${id}/image`); // follows the redirect
  if (Buffer.from(await got.arrayBuffer()).equals(png)) return undefined;
  return `GET /events/{id}/image answered ${got.status}${lost === undefined ? "" : `: ${lost}`}`;
}
