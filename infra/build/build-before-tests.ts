import type { TestProject } from "vitest/node";
import { bundleFunctions, writeBundles } from "./bundle.ts";
import { bundleCommands, writeFiles } from "./release-bundle.ts";

/** For vitest's globalSetup: what is tested as a bundle is never an old one, and is built once. */
export async function setup(project: TestProject): Promise<void> {
  await build();
  project.onTestsRerun(build);
}

async function build(): Promise<void> {
  writeBundles(await bundleFunctions());
  writeFiles(await bundleCommands());
}
