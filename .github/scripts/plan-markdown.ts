import { stripVTControlCharacters } from "node:util";

/** What `terraform show` prints, made safe to publish: a public repository's comments and artifacts are public. */
export function readPlan(printed: string, accountId: string): string {
  return stripVTControlCharacters(printed)
    .replaceAll(accountId, "***")
    .replace(/^\s*\n/, "")
    .trimEnd();
}

/** Terraform's own summary. What a plan quotes is indented, so a line that starts with these words is Terraform's. */
export function headlineOf(plan: string): string {
  const [line] = /^(Plan: \d|No changes\.)[\w ,.:]*$/m.exec(plan) ?? [];
  return line ?? (/^Changes to Outputs:$/m.test(plan) ? "Changes to outputs only." : "See the plan.");
}

/** If it is too long, cut at the end of a line. A commit that is not given is "". */
export function describePlan(
  stage: string,
  plan: string,
  limit_bytes: number,
  commits = { planned: "", deployed: "" },
): string {
  const head = [`### ${stage}: ${headlineOf(plan)}`, ...whatIsDeployed(stage, commits)];
  const render = (shown: string, ...remarks: string[]) =>
    [...head, "<details><summary>The plan</summary>", shown, "</details>", ...remarks, ""].join("\n\n");
  const whole = render(indent(plan));
  if (Buffer.byteLength(whole) <= limit_bytes) return whole;
  const remark = `The plan of ${stage} is cut: all of it is in ${stage}.txt, in its run's artifact.`;
  const frame_bytes = Buffer.byteLength(render("", remark));
  return render(cutAt(indent(plan), limit_bytes - frame_bytes), remark);
}

function whatIsDeployed(stage: string, { planned, deployed }: Record<"planned" | "deployed", string>): string[] {
  if (deployed === planned || deployed === "" || planned === "") return [];
  if (deployed === "unknown") return [`The commit that ${stage} runs is unknown: most likely it was never deployed.`];
  return [`${stage} runs ${deployed}, and ${planned} was planned: some of this may only be waiting to be deployed.`];
}

/** Not a fence, which a line of the plan could close. */
function indent(text: string): string {
  const lines = text.split(/\r\n?|\n/);
  return lines.map((line) => (line === "" ? "" : `    ${line}`)).join("\n");
}

/** Keeps whole lines. */
function cutAt(text: string, size: number): string {
  const bytes = Buffer.from(text).subarray(0, size);
  return bytes.toString("utf8", 0, bytes.lastIndexOf("\n") + 1).trimEnd();
}
