import { bundleFunctions, writeBundles } from "./bundle.ts";

try {
  const bundles = await bundleFunctions();
  writeBundles(bundles);
  for (const { name, zip } of bundles) console.log(`dist/${name}.zip ${zip.length} bytes`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
