import { bundleFunctions, writeBundles } from "./bundle.ts";
import { bundleCommands, writeChecksums, writeCommands } from "./release-bundle.ts";

try {
  const bundles = await bundleFunctions();
  const commands = await bundleCommands();
  const files = [...bundles.map(({ name, zip }) => ({ path: `${name}.zip`, bytes: zip })), ...commands];
  writeBundles(bundles);
  writeCommands(commands);
  writeChecksums(files);
  for (const { path, bytes } of files) console.log(`dist/${path} ${bytes.length} bytes`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
