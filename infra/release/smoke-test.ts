// Proves that what callers get works: it creates, reads and refuses events, and leaves one behind.
import { baseUrlIn, readOutputs, regionIn, routesIn } from "./_shared/outputs.ts";
import { readStandardInput } from "./_shared/standard-input.ts";
import { smokeTest } from "./smoke-test/checks.ts";
import { signedIn } from "./smoke-test/invoke.ts";

const usage = "terraform -chdir=infra output -json | node dist/release/smoke-test.mjs";

if (process.argv.length > 2) {
  console.error(`Pipe in what is deployed, and give no parameters: ${usage}`);
  process.exitCode = 2;
} else {
  try {
    const outputs = readOutputs(await readStandardInput(usage), usage);
    await smokeTest(baseUrlIn(outputs), {
      signedIn: outputs["issuer"] === undefined ? undefined : signedIn(routesIn(outputs), regionIn(outputs)),
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
