// Refuses a Terraform plan that would lose stored data or expose it to strangers, and warns of one that removes what
// earlier versions may need.
import { runCommand } from "./_shared/command.ts";
import { contractionsIn } from "./check-plan/contractions.ts";
import { exposuresIn } from "./check-plan/exposures.ts";
import { lossesIn } from "./check-plan/losses.ts";
import { readPlan } from "./check-plan/plan.ts";

const usage = "terraform -chdir=infra show -json stack.tfplan | node dist/release/check-plan.mjs";

/** Makes GitHub show a line in the run's summary. No line here has a line break or `%`, which would need escaping. */
const warning = process.env["GITHUB_ACTIONS"] === "true" ? "::warning title=The plan removes something::" : "Warning: ";

await runCommand(usage, false, (input) => {
  const plan = readPlan(input);
  for (const contraction of contractionsIn(plan.changes)) console.log(`${warning}${contraction}`);
  const refused = [...lossesIn(plan.changes), ...exposuresIn(plan)];
  if (refused.length > 0) throw new Error(refused.join("\n"));
  console.log(
    "The plan keeps the API and every table, index, bucket and user pool with its protection, lets nothing expire sooner, " +
      "keeps logs as long as before, and opens no bucket, queue, topic, function or route.",
  );
});
