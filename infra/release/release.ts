// Gives callers what Terraform has published, a part of them first, and takes it back when something is wrong.
import { baseUrlIn, readOutputs, routesIn, type Outputs } from "./_shared/outputs.ts";
import { isObject, isTexts } from "./_shared/json.ts";
import { readStandardInput } from "./_shared/standard-input.ts";
import { release, rollBack, type Stack } from "./release/canary.ts";

const usage = "terraform -chdir=infra output -json | node dist/release/release.mjs [--at-once | roll-back]";
const [mode, ...more] = process.argv.slice(2);

// GitHub gives a job that is cancelled 7.5 seconds after the first of these, and 2.5 after the second.
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => { stopping.abort(new Error(`Interrupted by ${signal}.`)); });
}

if (![undefined, "--at-once", "roll-back"].includes(mode) || more.length > 0) {
  console.error(`Pipe in what is deployed: ${usage}`);
  process.exitCode = 2;
} else {
  try {
    const stack = stackIn(readOutputs(await readStandardInput(usage), usage));
    if (mode === "roll-back") await rollBack(stack);
    else await release(stack, { isAtOnce: mode === "--at-once", stop: stopping.signal });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

function stackIn(outputs: Outputs): Stack {
  const { name, function_names: functionNames, canary, issuer } = outputs;
  if (typeof name !== "string") throw new Error("The output name must be a name such as events-api-prod.");
  if (!isTexts(functionNames) || functionNames.length === 0) throw new Error("The output function_names must be a list of names.");
  return { name, functionNames, canary: canaryIn(canary), baseUrl: baseUrlIn(outputs), routes: routesIn(outputs), isSignedIn: issuer !== undefined };
}

function canaryIn(canary: unknown): Stack["canary"] {
  const { percent, minutes } = isObject(canary) ? canary : {};
  if (typeof percent !== "number" || typeof minutes !== "number") throw new Error("The output canary must have percent and minutes.");
  return { percent, minutes };
}
