import "./clock.js";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleFunctions, writeBundles } from "../../build/bundle.ts";
import { listForTerraform, readFunctions, root } from "../../build/functions.ts";
import { bundleCommands, writeFiles } from "../../build/release-bundle.ts";
import { copyProject } from "../../testing/project-copy.ts";
import { callerOf } from "./aws.ts";
import { startGate } from "./gate/gate.ts";
import { startGitHub } from "./github/github.ts";
import { startMoto } from "./moto.ts";
import { severalShards } from "./pipeline/pipeline-faults.ts";
import { killPrograms } from "./programs.ts";
import { rehearse } from "./rehearsal.ts";
import { namesOf } from "./setting.ts";
import { interrupt, step } from "./steps.ts";
import { startIssuer } from "./trust/tokens.ts";

const region = "ap-southeast-1"; // the README's
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
  await step("Build the functions and the commands", async () => {
    writeBundles(await bundleFunctions(), join(scratchPath, "dist"));
    const list = { path: "functions.json", bytes: listForTerraform(readFunctions()) };
    writeFiles([list, ...(await bundleCommands())], join(scratchPath, "dist"));
  });
  const moto = await step("Start moto", startMoto);
  started.push(moto);
  const issuer = startIssuer();
  const gate = await step("Start the gate in front of it", () => startGate({ motoUrl: moto.url, region, issuer }));
  started.push(gate);
  const github = await step("Make the project a repository", () => startGitHub(gate, issuer, scratchPath, region));
  started.push(github);
  await rehearse({
    gate,
    operate: callerOf(gate.url, region, gate.operator),
    issuer,
    github,
    names: namesOf("prod", gate.accountId, region),
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
