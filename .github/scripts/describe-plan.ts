import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describePlan, headlineOf, readPlan } from "./plan-markdown.ts";
import { addToSummary, readVariable, refuse, stageName } from "./step.ts";

/*
 * terraform -chdir=infra show -no-color stack.tfplan | STAGE=staging AWS_ACCOUNT_ID=... node .github/scripts/describe-plan.ts plans
 *
 * Writes the plan without the account's number to plans/staging.txt, and as Markdown to plans/staging.md and the job's
 * summary. With COMMIT and DEPLOYED_COMMIT it says whether they differ.
 */

/** GitHub accepts 65,536 characters, which may be more bytes, in a comment or issue. The workflows' own lines fit in the rest. */
const commentLimit_bytes = 64_000;
/** GitHub drops the whole summary of a step above 1024 KiB. */
const summaryLimit_bytes = 1024 * 1024;

const [folder = "plans"] = process.argv.slice(2);
const stage = readVariable("STAGE", stageName, "the name of a stage, like staging");
const accountId = readVariable("AWS_ACCOUNT_ID", /^\d{12}$/, "the 12-digit AWS account number, which is removed");
const commits = {
  planned: readVariable("COMMIT", /^([0-9a-f]{40})?$/, "a commit of 40 digits, or empty"),
  deployed: readVariable("DEPLOYED_COMMIT", /^([0-9a-f]{40}|unknown)?$/, "a commit of 40 digits, unknown, or empty"),
};

const plan = readPlan(await text(process.stdin), accountId);
if (plan === "") refuse("There is no plan to describe: pipe `terraform show -no-color stack.tfplan` into it.");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, `${stage}.txt`), `${plan}\n`);
writeFileSync(join(folder, `${stage}.md`), describePlan(stage, plan, commentLimit_bytes, commits));
addToSummary(describePlan(stage, plan, summaryLimit_bytes, commits));
console.log(`${stage}: ${headlineOf(plan)}`);
