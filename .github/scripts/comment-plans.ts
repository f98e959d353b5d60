import { connectToGitHub } from "./github.ts";
import { commentPlans } from "./plan-comment.ts";
import { expectFolderAndStages, expectRunUrl, expectVariable, runScript } from "./script.ts";
import { readPlans } from "./stage-plan.ts";

/*
 * PULL_REQUEST=... RUN_URL=... GITHUB_TOKEN=... node .github/scripts/comment-plans.ts plans staging prod
 *
 * Shows the plans that describe-plan.ts wrote into the folder in one comment of the pull request.
 */

await runScript(async () => {
  const { folder, stages } = expectFolderAndStages("comment-plans.ts");
  const pullRequest = expectVariable("PULL_REQUEST", /^[1-9]\d{0,9}$/, "the number of a pull request");
  const planned = { stages, plans: readPlans(folder, stages), runUrl: expectRunUrl() };

  console.log(await commentPlans(connectToGitHub(), pullRequest, planned));
});
