import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { bundleCommands, writeCommands } from "../../release-bundle.ts";
import { scratchFolder } from "../../scratch.ts";

const dist = scratchFolder();
writeCommands(await bundleCommands(), dist);

export interface Ended {
  exitCode: number | null;
  output: string;
  errors: string;
}

/** Runs a command as the deployment does: the bundle that is shipped, in a folder without packages. */
export async function runBundle(name: string, parameters: string[], { input = "", cwd = dist, env = {} } = {}): Promise<Ended> {
  const child = spawn(process.execPath, [join(dist, `release/${name}.mjs`), ...parameters], { cwd, env: { ...process.env, ...env } });
  child.stdin.on("error", () => undefined); // it need not read what it is given
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const [output, errors, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { exitCode, output, errors };
}
