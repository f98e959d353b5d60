import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { scratchFolder } from "./scratch.ts";

function start(...lines: string[]) {
  const script = ["set -euo pipefail", `source ${join(import.meta.dirname, "parallel.sh")}`, ...lines].join("\n");
  const child = spawn("bash", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  return { child, ended, output: text(child.stdout) };
}

test("prints the output of each part in order and how long each took, and fails if one failed", async () => {
  const folder = scratchFolder();
  const { ended, output } = start(
    `part one sh -c 'until [ -e ${folder}/done ]; do sleep 0.1; done; echo one'`,
    "part two sh -c 'echo two; exit 3'",
    `part three touch ${folder}/done`,
    "finish",
    "echo never",
  );
  expect([await ended, (await output).replaceAll(/\d+ s/g, "N s")]).toEqual([
    1,
    "\n== one\none\n\n== two\ntwo\n\n== three\n\none passed after N s\ntwo FAILED after N s\nthree passed after N s\n",
  ]);
});

test("continues if all passed", async () => {
  const { ended, output } = start("part one true", "finish", "echo on");
  expect([await ended, (await output).split("\n").at(-2)]).toEqual([0, "on"]);
});

test("ends its parts when it is ended", async () => {
  const file = join(scratchFolder(), "pid");
  const { child, ended } = start(`part one sh -c 'sleep 1000 & echo $! >${file}; wait'`, "finish");
  const pid = () => (existsSync(file) ? Number(readFileSync(file, "utf8")) : 0);
  await expect.poll(pid, { timeout: 120_000 }).toBeGreaterThan(0);
  child.kill("SIGTERM");
  expect(await ended).toBe(130);
  await expect.poll(() => isRunning(pid()), { timeout: 120_000 }).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
