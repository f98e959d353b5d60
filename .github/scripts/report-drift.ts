import { reportDrift } from "./drift-issue.ts";
import { connectToGitHub } from "./github.ts";
import { expectFolderAndStages, expectRunUrl, runScript } from "./script.ts";
import { readPlans } from "./stage-plan.ts";

/*
 * RUN_URL=... GITHUB_TOKEN=... node .github/scripts/report-drift.ts plans staging prod
 *
 * Tells in one issue which stages have drifted, from the plans that describe-plan.ts wrote into the folder.
 */

await runScript(async () => {
  const { folder, stages } = expectFolderAndStages("report-drift.ts");
  const compared = { stages, plans: readPlans(folder, stages), runUrl: expectRunUrl() };
  if (compared.plans.length === 0)
    throw new Error(`${folder} has no plan of ${stages.join(" or ")}, so whether they have drifted is not known.`);

  console.log(await reportDrift(connectToGitHub(), compared));
});
