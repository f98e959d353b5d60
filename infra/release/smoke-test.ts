// Proves that the deployed API works: it creates, reads and refuses events, and leaves one behind.
import { runCommand } from "./_shared/command.ts";
import { baseUrlIn, readOutputs, regionIn, routesIn } from "./_shared/outputs.ts";
import { checker, smokeTest } from "./smoke-test/checks.ts";
import { signedIn } from "./smoke-test/transports.ts";

const usage = "terraform -chdir=infra output -json | node dist/release/smoke-test.mjs";

const isMisused = process.argv.length > 2;

await runCommand(usage, isMisused && "Pipe in the Terraform outputs, without parameters", async (input) => {
  const outputs = readOutputs(input, usage);
  const transport = outputs["issuer"] === undefined ? undefined : signedIn(routesIn(outputs), regionIn(outputs));
  const print = console.log;
  await smokeTest(baseUrlIn(outputs), { signedIn: transport, check: checker({ print }), print });
});
