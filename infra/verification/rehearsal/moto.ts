import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { listen, stop } from "../../local/gateway/server.ts";

const install = "python3 -m pip install --requirement infra/verification/rehearsal/requirements.txt";
const patience_ms = 120_000;

/** Starts moto_server on loopback, in memory, and waits until it answers. */
export async function startMoto(): Promise<{ url: string; stop: () => Promise<void> }> {
  // moto uses AWS's own client inside, which must not follow the settings that lead Terraform to the gate.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")));
  const server = createServer();
  const { port } = await listen(server, 0);
  await stop(server);
  const parameters = ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)];
  const child = spawn("python3", parameters, { env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const end = async () => {
    child.kill("SIGKILL"); // it has no state to save
    await ended;
  };
  let lastWords = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    lastWords = (lastWords + text).slice(-2000);
  });
  const url = `http://127.0.0.1:${port}`;
  const started_ms = performance.now();
  while (!(await fetch(`${url}/moto-api/data.json`).catch(() => undefined))?.ok) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (hasEnded || performance.now() - started_ms > patience_ms) {
      await end();
      throw new Error(`moto did not start: ${lastWords}\nInstall it with: ${install}`);
    }
    await wait(50);
  }
  return { url, stop: end };
}
