// Refuses to go on with a plan of Terraform that would lose what people have stored, or open it to strangers, and warns of
// one that takes away what the versions before may need.
import { runCommand } from "./_shared/command.ts";
import { contractionsIn } from "./check-plan/contractions.ts";
import { exposuresIn } from "./check-plan/exposures.ts";
import { lossesIn } from "./check-plan/losses.ts";
import { readPlan } from "./check-plan/plan.ts";

const usage = "terraform -chdir=infra show -json stack.tfplan | node dist/release/check-plan.mjs";

/** What makes GitHub show a line in the summary of the run. No line of ours has a line break, or `%`, which it would want escaped. */
const warning =
  process.env["GITHUB_ACTIONS"] === "true" ? "::warning title=The plan takes something away::" : "Warning: ";

await runCommand(usage, false, (input) => {
  const changes = readPlan(input);
  for (const contraction of contractionsIn(changes)) console.log(`${warning}${contraction}`);
  const refused = [...lossesIn(changes), ...exposuresIn(changes)];
  if (refused.length > 0) throw new Error(refused.join("\n"));
  console.log(
    "The plan keeps every table, index, bucket and user pool with its protection, has nothing expire sooner, " +
      "keeps logs as long as before, and opens no bucket, queue, topic, function or route.",
  );
});
