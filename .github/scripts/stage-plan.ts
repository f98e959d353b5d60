import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { stripVTControlCharacters } from "node:util";

/** A commit, `unknown`, or nothing. */
export const optionalCommit = /^([0-9a-f]{40}|unknown|)$/;

/** What Terraform would do to a stage, as one job of a workflow hands it to the next. */
export interface StagePlan {
  stage: string;
  /** What `terraform show` prints, without colours and without the account's number. */
  text: string;
  /** The commit that was planned. */
  commit?: string;
  /** The commit that the stage runs; `unknown` when Terraform has no output that says it. */
  deployedCommit?: string;
}

/**
 * The plan's text as anybody may see it: pull requests and artifacts are public where the repository is. Throws when it is
 * empty. `accountId` must be the twelve digits.
 */
export function readPlanText(printed: string, accountId: string): string {
  const text = stripVTControlCharacters(printed)
    .replaceAll(accountId, "***")
    .replace(/^\s*\n/, "")
    .trimEnd();
  if (text === "")
    throw new Error("There is no plan to describe: pipe `terraform show -no-color stack.tfplan` into it.");
  return text;
}

export function writePlan(folder: string, plan: StagePlan): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(folder, plan.stage), `${JSON.stringify(plan, undefined, 2)}\n`);
}

/** The plans of those stages that were planned. Throws when a file is not one that writePlan writes. */
export function readPlans(folder: string, stages: string[]): StagePlan[] {
  return stages.filter((stage) => existsSync(fileOf(folder, stage))).map((stage) => readPlan(folder, stage));
}

function readPlan(folder: string, stage: string): StagePlan {
  const file = fileOf(folder, stage);
  const plan = parse(readFileSync(file, "utf8"));
  if (!isStagePlan(plan) || plan.stage !== stage)
    throw new Error(`${file} is not the plan of ${stage} that describe-plan.ts writes.`);
  return plan;
}

/** Terraform's own summary. What a plan quotes is indented, so a line that begins with these words is Terraform's. */
export function headlineOf({ text }: StagePlan): string {
  const [line] = /^(Plan: \d|No changes\.)[\w ,.:]*$/m.exec(text) ?? [];
  return line ?? (/^Changes to Outputs:$/m.test(text) ? "Changes to outputs only." : "See the plan.");
}

/** Whether applying it would do anything; it is also true for words of Terraform that this does not know. */
export function hasChanges({ text }: StagePlan): boolean {
  return !/^No changes\./m.test(text);
}

/**
 * The plans as Markdown of at most `limit_bytes`. A short plan is shown whole; long ones share the room that is left, are
 * cut at the end of a line, and followed by `rest`, which says where the rest is.
 */
export function renderPlans(plans: StagePlan[], { limit_bytes, rest }: { limit_bytes: number; rest: string }): string {
  const texts = plans.map(({ text }) => indent(text));
  const frames_bytes = plans.reduce((sum, plan) => sum + Buffer.byteLength(section(plan, "", rest)), 0);
  const shares = shareOut(
    texts.map((text) => Buffer.byteLength(text)),
    limit_bytes - frames_bytes,
  );
  return plans
    .map((plan, index) => {
      const text = texts[index] ?? "";
      const shown = cutAt(text, shares[index] ?? 0);
      return section(plan, shown, shown === text ? "" : rest);
    })
    .join("");
}

function section(plan: StagePlan, text: string, rest: string): string {
  return [
    `### ${plan.stage}: ${headlineOf(plan)}`,
    ...whatIsDeployed(plan),
    "<details><summary>The plan</summary>",
    text,
    "</details>",
    ...(rest === "" ? [] : [`The plan of ${plan.stage} is cut: ${rest}`]),
    "",
  ].join("\n\n");
}

function whatIsDeployed({ stage, commit, deployedCommit }: StagePlan): string[] {
  if (commit === undefined || deployedCommit === undefined || commit === deployedCommit) return [];
  if (deployedCommit === "unknown")
    return [`Which commit ${stage} runs is not known: most likely it was never deployed.`];
  return [
    `${stage} runs ${deployedCommit}, and ${commit} was planned: some of this may only be waiting to be deployed.`,
  ];
}

/** As a code block by indentation: unlike a fence there is nothing that a line of the plan could close. */
function indent(text: string): string {
  const lines = text.split(/\r\n?|\n/);
  return lines.map((line) => (line === "" ? "" : `    ${line}`)).join("\n");
}

/** Each gets what it asks for, or the same as all others that get less than they ask for. */
function shareOut(sizes: number[], room: number): number[] {
  const shares: number[] = [];
  let left = Math.max(0, room);
  const ascending = [...sizes.entries()].sort(([, a], [, b]) => a - b);
  for (const [position, [index, size]] of ascending.entries()) {
    const share = Math.min(size, Math.floor(left / (ascending.length - position)));
    shares[index] = share;
    left -= share;
  }
  return shares;
}

/** At most `size` bytes, to the end of a line if there is one, and never half a character. */
function cutAt(text: string, size: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= size) return text;
  const kept = new StringDecoder("utf8").write(bytes.subarray(0, size));
  const end = kept.lastIndexOf("\n");
  return end === -1 ? kept : kept.slice(0, end);
}

function fileOf(folder: string, stage: string): string {
  return join(folder, `${stage}.json`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isStagePlan(value: unknown): value is StagePlan {
  if (typeof value !== "object" || value === null) return false;
  const { stage, text, commit = "", deployedCommit = "" } = value as Record<string, unknown>;
  const areCommits = [commit, deployedCommit].every((each) => typeof each === "string" && optionalCommit.test(each));
  return typeof stage === "string" && typeof text === "string" && areCommits;
}
