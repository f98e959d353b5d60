import "./clock.js";
import { appendFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../build/functions.ts";
import { copyProject } from "../../testing/project-copy.ts";
import { startGate } from "./gate/gate.ts";
import { startGitHub } from "./github/github.ts";
import { startMoto } from "./moto.ts";
import { severalShards } from "./pipeline/pipeline-faults.ts";
import { build, killPrograms } from "./programs.ts";
import { rehearse } from "./rehearsal.ts";
import { namesOf } from "./setting.ts";
import { interrupt, step } from "./steps.ts";
import { startIssuer } from "./trust/tokens.ts";

const scratchPath = mkdtempSync(join(tmpdir(), "rehearsal-"));
const started: { stop: () => Promise<void> }[] = [];

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    interrupt();
    killPrograms();
  });
}

try {
  copyProject(root, scratchPath);
  // So that the callers' suites run against one index shard, in prod, and against several.
  appendFileSync(join(scratchPath, "infra/environments/staging.tfvars"), severalShards);
  symlinkSync(join(root, "node_modules"), join(scratchPath, "node_modules"));
  await step("Build the functions and the commands", () => build(scratchPath));
  const moto = await step("Start moto", startMoto);
  started.push(moto);
  const issuer = startIssuer();
  const gate = await step("Start the gate in front of it", () => startGate(moto.url, issuer));
  started.push(gate);
  const github = await step("Make the project a repository", () => startGitHub(gate, issuer, scratchPath));
  started.push(github);
  await rehearse({
    gate,
    operate: gate.callAs(gate.operator),
    issuer,
    github,
    names: namesOf("prod"),
    scratchPath,
  });
  console.log(`\nThe rehearsal has passed in ${(performance.now() / 60_000).toFixed(1)} minutes.`);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  while (started.length > 0) await started.pop()?.stop();
  rmSync(scratchPath, { recursive: true, force: true });
}
