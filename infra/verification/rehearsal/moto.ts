import { execFile, spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { listen, stop } from "../../local/gateway/server.ts";

const [, wanted = ""] = /==(\S+)/.exec(readFileSync(join(import.meta.dirname, "requirements.txt"), "utf8")) ?? [];
const patience_ms = 120_000;

/**
 * Starts moto_server on loopback and a free port, in memory, and waits until it answers. It is run
 * through python3, so that the version that was asked for is the version that runs.
 *
 * Throws one sentence that says what to install where it is missing or another version, and with
 * moto's last words where it does not start.
 */
export async function startMoto(): Promise<{ url: string; stop: () => Promise<void> }> {
  const found = await versionOfMoto();
  if (found !== wanted) {
    const install = "python3 -m pip install --requirement infra/verification/rehearsal/requirements.txt";
    throw new Error(`The rehearsal needs moto ${wanted}, and python3 has ${found}. Install it with: ${install}`);
  }
  const server = createServer();
  const { port } = await listen(server, 0);
  await stop(server);
  // moto uses AWS's own client inside, which must not follow what leads Terraform to the gate.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")));
  const child = spawn("python3", ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let lastWords = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    lastWords = (lastWords + text).slice(-2000);
  });
  const url = `http://127.0.0.1:${port}`;
  const stopMoto = () => end(child);
  if (!(await answers(url, child))) {
    await stopMoto();
    throw new Error(`moto_server did not start on port ${port}:\n${lastWords}`);
  }
  return { url, stop: stopMoto };
}

async function versionOfMoto(): Promise<string> {
  const script = "import importlib.metadata; import moto.server; print(importlib.metadata.version('moto'))";
  const { stdout } = await promisify(execFile)("python3", ["-c", script]).catch(() => ({ stdout: "none" }));
  return stdout.trim();
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  for (const started_ms = performance.now(); performance.now() - started_ms < patience_ms && !hasEnded(child);) {
    const answer = await fetch(`${url}/moto-api/data.json`).catch(() => undefined);
    if (answer?.ok) return true;
    await wait(50);
  }
  return false;
}

/** It has nothing to save. */
async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}
