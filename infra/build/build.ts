import { bundleFunctions, writeBundles, zipBundle } from "./bundle.ts";
import { listForTerraform, readFunctions } from "./functions.ts";
import { bundleCommands, writeChecksums, writeFiles } from "./release-bundle.ts";

try {
  const bundles = await bundleFunctions();
  const files = [
    ...bundles.map((bundle) => ({ path: `${bundle.name}.zip`, bytes: zipBundle(bundle) })),
    { path: "functions.json", bytes: listForTerraform(readFunctions()) },
    ...(await bundleCommands()),
  ];
  writeBundles(bundles);
  writeFiles(files);
  writeChecksums(files);
  for (const { path, bytes } of files) console.log(`dist/${path} ${bytes.length} bytes`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
