// Proves that what has just been deployed works: it creates, reads and refuses events, and leaves one behind.
import { readOutputs } from "./_shared/outputs.ts";
import { readStandardInput } from "./_shared/standard-input.ts";
import { smokeTest } from "./smoke-test/checks.ts";
import { signedIn } from "./smoke-test/signed-in.ts";

const usage = "terraform -chdir=infra output -json | node dist/release/smoke-test.mjs";

if (process.argv.length > 2) {
  console.error(`Pipe in what is deployed, and give no parameters: ${usage}`);
  process.exitCode = 2;
} else {
  try {
    const { base_url: url, function_names: names, issuer } = readOutputs(await readStandardInput(usage), usage);
    await smokeTest(expectBaseUrl(url), { signedIn: issuer === undefined ? undefined : signedIn(expectNames(names)) });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/** Without a / at its end. Throws for anything but a URL to which `/events` can be added. */
function expectBaseUrl(text: unknown): string {
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && /^https?:$/.test(url.protocol) && [url.username, url.password, url.search, url.hash].every((part) => part === "");
  if (!isPlain) throw new Error("The output base_url must be a URL such as https://abc123.execute-api.ap-southeast-1.amazonaws.com/prod.");
  return url.origin + url.pathname.replace(/\/+$/, "");
}

function expectNames(names: unknown): string[] {
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) throw new Error("The output function_names must be a list of names.");
  return names;
}
