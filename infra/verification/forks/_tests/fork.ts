import { execFile } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "vitest";
import { root } from "../../../build/functions.ts";
import type * as Complaints from "../../../testing/_tests/complaints.ts";
import { copyProject } from "../../../testing/project-copy.ts";
import { scratchFolder } from "../../../testing/scratch.ts";

const complaintsFile = "infra/testing/_tests/complaints.ts";

export type Fork = ReturnType<typeof makeFork>;

/** A copy of the project to change. */
export function makeFork() {
  const path = scratchFolder();
  copyProject(root, path);
  symlinkSync(join(root, "node_modules"), join(path, "node_modules"));
  /** Runs a program of node_modules in a process of its own. */
  const run = (program: string, ...parameters: string[]) =>
    runNode(path, [join("node_modules", program), ...parameters]);
  const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", "infra/testing/vitest.config.ts"];
  return {
    path,
    run,
    /** Edits one of its files; the edit must change it. */
    edit: (file: string, change: (text: string) => string) => {
      const before = readFileSync(join(path, file), "utf8");
      const after = change(before);
      expect(after).not.toBe(before);
      writeFileSync(join(path, file), after);
    },
    /** What its own checks name, without a process: each suite of a fork takes seconds to start. */
    complaints: () => import(pathToFileURL(join(path, complaintsFile)).href) as Promise<typeof Complaints>,
    /** Runs these suites, which need no build, by one worker: a second one would load everything again. */
    runSuites: (...parameters: string[]) =>
      runNode(path, [...vitest, "--maxWorkers=1", ...parameters], { BUILD: "never" }),
    runAllSuites: () => runNode(path, vitest),
    build: () => runNode(path, ["--import", "tsx", "infra/build/build.ts"]),
  };
}

/** Whether a program is content, and its output. */
function runNode(cwd: string, parameters: string[], more: Record<string, string> = {}) {
  const { PATH = "", HOME = "" } = process.env; // but not Vitest's own variables
  const env = { PATH, HOME, NO_COLOR: "1", ...more };
  return new Promise<{ isSuccess: boolean; output: string }>((resolve) => {
    execFile(process.execPath, parameters, { cwd, env, maxBuffer: 64e6 }, (error, stdout, stderr) => {
      resolve({ isSuccess: error === null, output: stdout + stderr });
    });
  });
}

export async function expectSuccess(ran: ReturnType<typeof runNode>): Promise<void> {
  const { isSuccess, output } = await ran;
  expect(isSuccess, output).toBe(true);
}
