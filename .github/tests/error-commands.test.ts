import { spawnSync } from "node:child_process";
import { expect, test, vi } from "vitest";
import { root } from "../../infra/build/functions.ts";
import { refuse } from "../scripts/step.ts";
import { jobsIn, readTexts } from "./workflows.ts";

// A line break in a caller's text would start a line that GitHub could take for a command.
const text = "main 100%\r\n::warning::forged";

test("a script that refuses a caller's text sends GitHub one command", () => {
  vi.spyOn(process, "exit").mockImplementation(() => {
    throw new Error("exit");
  });
  const error = vi.spyOn(console, "error").mockReturnValue(undefined);
  expect(() => refuse(text)).toThrow("exit");
  expect(error.mock.calls).toEqual([["::error::main 100%25%0D%0A::warning::forged"]]);
});

test("a deployment of an invalid commit sends GitHub one command", () => {
  const steps = jobsIn(readTexts()).flatMap((job) => job.steps);
  const { run = "" } = steps.find(({ name }) => name === "Find the commit on main") ?? {};
  const { status, stdout } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", run], {
    cwd: root,
    env: { ...process.env, WANTED: text },
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stdout).toMatch(/^::error::main\?100\?\?\?\?\?warning\?\?forged is not a commit of main: .*\n$/);
});
