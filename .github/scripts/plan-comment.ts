import { bodyLimit_bytes, isOurs, type GitHub, type Post } from "./github.ts";
import { renderPlans, type StagePlan } from "./stage-plan.ts";

export interface Planned {
  stages: string[];
  /** Of the stages that could be planned. */
  plans: StagePlan[];
  /** Leads to the run, whose summary has the whole plans. */
  runUrl: string;
}

const marker = "<!-- .github/scripts/comment-plans.ts -->";

/**
 * Shows the plans in one comment of the pull request: makes it, and changes it the next time. Gives the sentence that says
 * what it did. Throws GitHubRefusal.
 */
export async function commentPlans(gitHub: GitHub, pullRequest: string, planned: Planned): Promise<string> {
  const body = describe(planned);
  const comments = (await gitHub.list(`/issues/${pullRequest}/comments?per_page=100`)) as (Post & { id: number })[];
  const ours = comments.find((comment) => isOurs(comment, marker));
  if (ours) await gitHub.send("PATCH", `/issues/comments/${ours.id}`, { body });
  else await gitHub.send("POST", `/issues/${pullRequest}/comments`, { body });
  return `${ours ? "Changed the" : "Made a"} comment of pull request ${pullRequest}.`;
}

function describe({ stages, plans, runUrl }: Planned): string {
  const missing = stages.filter((stage) => !plans.some((plan) => plan.stage === stage));
  const head = [
    marker,
    `What Terraform would do, as [this run](${runUrl}) planned it.`,
    ...missing.map((stage) => `**${stage} was not planned**: the run says why.`),
    "",
  ].join("\n\n");
  const rest = `the whole is in the summary of [the run](${runUrl}).`;
  return head + renderPlans(plans, { limit_bytes: bodyLimit_bytes - Buffer.byteLength(head), rest });
}
