import { bundleFunctions, writeBundles } from "./bundle.ts";

/** For vitest's globalSetup: what is tested as a bundle is never an old one. */
export async function setup(): Promise<void> {
  writeBundles(await bundleFunctions());
}
