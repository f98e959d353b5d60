import { bundleFunctions, writeBundles } from "./bundle.ts";
import { listForTerraform, readFunctions } from "./functions.ts";
import { bundleCommands, writeChecksums, writeFiles } from "./release-bundle.ts";

try {
  const bundles = await bundleFunctions();
  const commands = await bundleCommands();
  const others = [{ path: "functions.json", bytes: listForTerraform(readFunctions()) }, ...commands];
  const files = [...bundles.map(({ name, zip }) => ({ path: `${name}.zip`, bytes: zip })), ...others];
  writeBundles(bundles);
  writeFiles(others);
  writeChecksums(files);
  for (const { path, bytes } of files) console.log(`dist/${path} ${bytes.length} bytes`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
