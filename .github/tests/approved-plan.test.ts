import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../../infra/testing/scratch.ts";
import { jobsIn, readTexts } from "./workflows.ts";

const steps = jobsIn(readTexts()).flatMap((job) => job.steps);
const shellOf = (wanted: string) => steps.find(({ name }) => name === wanted)?.run ?? "exit 9";
const digest = shellOf("Say which plan this is");
const refuse = shellOf("Refuse another plan than was approved");

const bin = scratchFolder({ terraform: '#!/bin/sh\nprintf "%s\\n" "$PLAN"\n' });
chmodSync(join(bin, "terraform"), 0o755);

/** Runs a step as GitHub does, where Terraform shows this plan. */
function run(shell: string, cwd: string, plan: string, approved = "") {
  const PATH = `${bin}${delimiter}${process.env["PATH"] ?? ""}`;
  const env = { ...process.env, PATH, PLAN: plan, APPROVED: approved, GITHUB_OUTPUT: "output.txt" };
  const { status, stdout } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", shell], {
    cwd,
    env,
    encoding: "utf8",
  });
  return { status, stdout };
}

function approve(plan: string): string {
  const folder = scratchFolder({ "shown.txt": `${plan}\n` });
  run(digest, folder, plan);
  return /^digest=([0-9a-f]{64})\n$/.exec(readFileSync(join(folder, "output.txt"), "utf8"))?.[1] ?? "";
}

test("a deployment goes on with the plan that was shown", () => {
  const { status } = run(refuse, scratchFolder(), "Plan: 1 to add", approve("Plan: 1 to add"));
  expect(status).toBe(0);
});

test("a deployment stops with another plan, and says what to do", () => {
  const { status, stdout } = run(refuse, scratchFolder(), "Plan: 1 to destroy", approve("Plan: 1 to add"));
  expect(status).toBe(1);
  expect(stdout).toContain(
    "::error::The plan is not the one that was shown for approval: something has changed since.",
  );
});
