import type { TestProject } from "vitest/node";
import { bundleFunctions, writeBundles } from "./bundle.ts";
import { bundleCommands, writeFiles } from "./release-bundle.ts";

/** For vitest's globalSetup: builds once, so that no test runs an old bundle. */
export async function setup(project: TestProject): Promise<void> {
  await build();
  project.onTestsRerun(build);
}

async function build(): Promise<void> {
  writeBundles(await bundleFunctions());
  writeFiles(await bundleCommands());
}
