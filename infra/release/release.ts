// Gives callers what Terraform has published, a part of them first, and takes it back when something is wrong.
import { readOutputs } from "./_shared/outputs.ts";
import { readStandardInput } from "./_shared/standard-input.ts";
import { release } from "./release/canary.ts";
import { rollBack } from "./release/roll-back.ts";
import { stackIn } from "./release/stack.ts";

const usage = "terraform -chdir=infra output -json | node dist/release/release.mjs [--at-once | roll-back]";
const [mode, ...more] = process.argv.slice(2);

// GitHub gives a job that is cancelled 7.5 seconds after the first of these, and 2.5 after the second.
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    stopping.abort(new Error(`Interrupted by ${signal}.`));
  });
}

const print = (line: string) => {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
};

if (![undefined, "--at-once", "roll-back"].includes(mode) || more.length > 0) {
  console.error(`Pipe in what is deployed: ${usage}`);
  process.exitCode = 2;
} else {
  try {
    const stack = stackIn(readOutputs(await readStandardInput(usage), usage));
    if (mode === "roll-back") await rollBack(stack, print);
    else await release(stack, { isAtOnce: mode === "--at-once", stop: stopping.signal, print });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
