import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { root } from "../../build/functions.ts";
import { scratchFolder } from "../../testing/scratch.ts";

const dist = scratchFolder();
cpSync(join(root, "dist/release"), join(dist, "release"), { recursive: true });

export interface Ended {
  exitCode: number | null;
  output: string;
  errors: string;
}

/** What `terraform output -json` prints. */
export function outputs(values: Record<string, unknown>): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { sensitive: false, value }])),
  );
}

/** The sentence with which it fails. */
export async function failureOf(run: Promise<unknown>): Promise<string | undefined> {
  const failure: unknown = await run.catch((error: unknown) => error);
  return failure instanceof Error ? failure.message : undefined;
}

/** Runs a command as the deployment does: the shipped bundle, in a folder without packages. */
export function runBundle(name: string, parameters: string[], options: Options = {}): Promise<Ended> {
  return startBundle(name, parameters, options).ended;
}

interface Options {
  input?: string;
  cwd?: string;
  env?: Record<string, string>;
}

/** The same for a test that acts on the running command; the test must await or kill it. */
export function startBundle(
  name: string,
  parameters: string[],
  { input = "", cwd = dist, env = {} }: Options = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [join(dist, `release/${name}.mjs`), ...parameters], {
    cwd,
    env: { ...process.env, ...env },
  });
  child.stdin.on("error", () => undefined); // it may exit without reading its input
  child.stdin.end(input);
  const closed = once(child, "close") as Promise<[exitCode: number | null]>;
  const ended = Promise.all([text(child.stdout), text(child.stderr), closed]).then(([output, errors, [exitCode]]) => ({
    exitCode,
    output,
    errors,
  }));
  return { child, ended };
}
