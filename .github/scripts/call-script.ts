import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { root } from "../../infra/build/functions.ts";

export interface Ended {
  exitCode: number | null;
  output: string;
  errors: string;
}

interface Given {
  parameters?: string[];
  environment?: Record<string, string>;
  input?: string;
}

/** From 22.18 on Node runs TypeScript by itself, as in a workflow; before, with tsx. */
const loader = "typescript" in process.features && process.features.typescript !== false ? [] : ["--import", "tsx"];

/** Runs a script of this folder, with nothing in its environment but what is given. */
export async function callScript(
  script: string,
  { parameters = [], environment = {}, input = "" }: Given,
): Promise<Ended> {
  const command = [...loader, `.github/scripts/${script}`, ...parameters];
  const child = spawn(process.execPath, command, { cwd: root, env: environment, stdio: "pipe", timeout: 25_000 });
  const exitCode = new Promise<number | null>((resolve) => child.on("close", resolve));
  child.stdin.on("error", () => undefined).end(input); // it may end before it has read all
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { exitCode: await exitCode, output, errors };
}
