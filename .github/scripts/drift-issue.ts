import { bodyLimit_bytes, GitHubRefusal, isOurs, type GitHub, type Post } from "./github.ts";
import { hasChanges, renderPlans, type StagePlan } from "./stage-plan.ts";

export interface Compared {
  stages: string[];
  /** Of the stages that could be planned: one at least. */
  plans: StagePlan[];
  runUrl: string;
}

interface Issue extends Post {
  number: number;
  pull_request?: unknown;
}

const title = "What is deployed has drifted";
/** The stages that the issue is about follow. */
const markerStart = "<!-- .github/scripts/report-drift.ts";

/**
 * Keeps one issue about the stages whose plan is not empty: opens it, changes it when the drift changes, and closes it when
 * there is none. Gives the sentence that says what it did. Throws GitHubRefusal, and a sentence where issues are disabled.
 */
export async function reportDrift(gitHub: GitHub, compared: Compared): Promise<string> {
  const drifted = compared.plans.filter(hasChanges);
  try {
    return await keepIssue(gitHub, drifted, compared);
  } catch (error) {
    if (!(error instanceof GitHubRefusal) || error.status !== 410) throw error;
    if (drifted.length === 0) return "Nothing has drifted.";
    const names = drifted.map(({ stage }) => stage).join(" and ");
    const where = `is shown in this run's summary only, since issues are disabled in ${gitHub.repository}`;
    throw new Error(`The drift of ${names} ${where}: enable them under Settings, General, Features.`, { cause: error });
  }
}

async function keepIssue(gitHub: GitHub, drifted: StagePlan[], { stages, plans, runUrl }: Compared): Promise<string> {
  const issue = await findIssue(gitHub);
  // A stage that was not planned this time is no better than it was.
  const unplanned = stages.filter(
    (stage) => !plans.some((plan) => plan.stage === stage) && stagesIn(issue).includes(stage),
  );
  const hasDrifted = drifted.length + unplanned.length > 0;
  const body = describe(drifted, unplanned);
  if (!issue) {
    if (!hasDrifted) return "Nothing has drifted.";
    const { number } = (await gitHub.send("POST", "/issues", { title, body })) as Issue;
    return `Opened issue ${number}.`;
  }

  const { number } = issue;
  // The comments tell those who watch the issue; changing it would not.
  if (!hasDrifted) {
    await gitHub.send("POST", `/issues/${number}/comments`, { body: `[Nothing drifts any more.](${runUrl})` });
    await gitHub.send("PATCH", `/issues/${number}`, { state: "closed", state_reason: "completed" });
    return `Nothing has drifted: closed issue ${number}.`;
  }
  if (issue.body?.replaceAll("\r\n", "\n").trimEnd() === body.trimEnd()) return `Issue ${number} says it already.`;
  await gitHub.send("POST", `/issues/${number}/comments`, { body: `[The drift is another one now.](${runUrl})` });
  await gitHub.send("PATCH", `/issues/${number}`, { body });
  return `Changed issue ${number}.`;
}

/** The oldest open one. GitHub lists pull requests as issues too. */
async function findIssue(gitHub: GitHub): Promise<Issue | undefined> {
  const issues = (await gitHub.list("/issues?state=open&sort=created&direction=asc&per_page=100")) as Issue[];
  return issues.find((issue) => issue.pull_request === undefined && isOurs(issue, markerStart));
}

function stagesIn(issue: Issue | undefined): string[] {
  const [, stages = ""] = /^<!-- \S+ ([a-z0-9 ]+) -->/.exec(issue?.body ?? "") ?? [];
  return stages.split(" ");
}

/** Nothing in it may differ from run to run while the drift is the same: so it has no link to the run. */
function describe(drifted: StagePlan[], unplanned: string[]): string {
  const stages = [...drifted.map(({ stage }) => stage), ...unplanned].sort();
  const head = [
    `${markerStart} ${stages.join(" ")} -->`,
    "The stages below are not what the main branch describes: somebody changed them by hand, or a change waits to be deployed. " +
      "Deploy again to put them back, or write what was changed into `infra/`. This issue is changed and closed by the workflow that opened it.",
    ...unplanned.map((stage) => `**${stage}** had drifted, and was not planned since.`),
    "",
  ].join("\n\n");
  const rest = "the whole is in the summary of the workflow's last run.";
  return head + renderPlans(drifted, { limit_bytes: bodyLimit_bytes - Buffer.byteLength(head), rest });
}
