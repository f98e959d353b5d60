import { text } from "node:stream/consumers";
import { addToSummary, expectVariable, runScript, stageName } from "./script.ts";
import { headlineOf, optionalCommit, readPlanText, renderPlans, writePlan, type StagePlan } from "./stage-plan.ts";

/*
 * terraform -chdir=infra show -no-color stack.tfplan | STAGE=staging AWS_ACCOUNT_ID=... node .github/scripts/describe-plan.ts plans
 *
 * Writes the plan's text without the account's number to plans/staging.json, for comment-plans.ts and report-drift.ts,
 * and shows it on the page of the job. With DEPLOYED_COMMIT, the commit that the stage runs, it says so if GITHUB_SHA is
 * another one.
 */

/** GitHub drops the whole summary of a step above 1024 KiB. */
const summaryLimit_bytes = 1024 * 1024;

await runScript(async () => {
  const [folder = ""] = process.argv.slice(2);
  if (folder === "") throw new Error("Name the folder for the plan, like: node .github/scripts/describe-plan.ts plans");
  const stage = expectVariable("STAGE", stageName, "the name of a stage, like staging");
  const accountId = expectVariable(
    "AWS_ACCOUNT_ID",
    /^\d{12}$/,
    "the AWS account's number, 12 digits, which is taken out of the plan",
  );
  const commit = expectVariable("GITHUB_SHA", optionalCommit, "a commit of 40 hexadecimal digits, or not set");
  const deployedCommit = expectVariable(
    "DEPLOYED_COMMIT",
    optionalCommit,
    "a commit of 40 hexadecimal digits, unknown, or not set",
  );
  const plan: StagePlan = {
    stage,
    text: readPlanText(await text(process.stdin), accountId),
    ...(commit !== "" && { commit }),
    ...(deployedCommit !== "" && { deployedCommit }),
  };

  writePlan(folder, plan);
  addToSummary(
    renderPlans([plan], {
      limit_bytes: summaryLimit_bytes,
      rest: `the whole is in ${stage}.json, in this run's artifact.`,
    }),
  );
  console.log(`${stage}: ${headlineOf(plan)}`);
});
