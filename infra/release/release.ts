import { runCommand } from "./_shared/command.ts";
import { readOutputs, stackIn } from "./_shared/outputs.ts";
import { rollBack } from "./release/aliases.ts";
import { release } from "./release/canary.ts";

const usage = "terraform -chdir=infra output -json | node dist/release/release.mjs [--at-once | roll-back]";
const [mode, ...more] = process.argv.slice(2);

// A cancelled GitHub job has 7.5 seconds after the first of these signals, and 2.5 after the second.
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    stopping.abort(new Error(`Interrupted by ${signal}.`));
  });
}

const print = (line: string) => {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
};

const isMisused = ![undefined, "--at-once", "roll-back"].includes(mode) || more.length > 0;

await runCommand(usage, isMisused && "Pipe in the Terraform outputs", async (input) => {
  const stack = stackIn(readOutputs(input, usage));
  if (mode === "roll-back") await rollBack(stack, print);
  else await release(stack, { isAtOnce: mode === "--at-once", stop: stopping.signal, print });
});
