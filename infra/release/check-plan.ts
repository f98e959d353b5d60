// Refuses to go on with a plan of Terraform that would lose what people have stored.
import { readStandardInput } from "./_shared/standard-input.ts";
import { lossesIn } from "./check-plan/losses.ts";
import { readPlan } from "./check-plan/plan.ts";

const usage = "terraform -chdir=infra show -json stack.tfplan | node dist/release/check-plan.mjs";

try {
  const losses = lossesIn(readPlan(await readStandardInput(usage)));
  for (const loss of losses) console.error(loss);
  if (losses.length > 0) process.exitCode = 1;
  else console.log("The plan keeps every table, index, bucket and user pool.");
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
