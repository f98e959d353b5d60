import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rule, type Rule } from "./rules.ts";
import { jobsOf, root, stepsWith, type Job, type Workflows } from "./workflows.ts";

/**
 * What the workflows name and oidc/ makes must be one and the same: a role that is called otherwise, or
 * trusts another file, is refused by AWS, and nothing says why.
 */
export const names: Rule[] = [
  rule("the stages are those of infra/environments, in oidc/ and in every workflow", (workflows) => {
    const stages = readdirSync(join(root, "infra/environments")).map((file) => file.replace(/\.tfvars$/, ""));
    const jobs = jobsOf(workflows);
    const lists: [where: string, listed: string[]][] = [
      ["oidc/variables.tf", defaultOf("stages") as string[]],
      ["deploy.yml", jobs.flatMap(({ job }) => (typeof job.with?.["stage"] === "string" ? [job.with["stage"]] : []))],
      ["deploy-stage.yml", workflows["deploy-stage.yml"]?.on["workflow_dispatch"]?.inputs?.["stage"]?.options ?? []],
      ...jobs.flatMap(({ where, job }): [string, string[]][] =>
        job.strategy?.matrix["stage"] ? [[where, job.strategy.matrix["stage"]]] : [],
      ),
    ];
    return lists
      .filter(([, listed]) => [...listed].sort().join() !== [...stages].sort().join())
      .map(([where, listed]) => `${where}: the stages must be ${stages.join(", ")}, not ${listed.join(", ")}.`);
  }),

  rule("the environment of a deployment is its stage, as the deploy role demands; a plan has none", (workflows) =>
    jobsOf(workflows)
      .map(({ where, file, job }) => ({
        where,
        found: environmentOf(job),
        wanted: file === "deploy-stage.yml" ? "${{ inputs.stage }}" : "none",
      }))
      .filter(({ found, wanted }) => found !== wanted)
      .map(({ where, found, wanted }) => `${where}: its environment must be ${wanted}, not ${found}.`),
  ),

  rule("each role has the name that oidc/ gives it", (workflows) => {
    const made = ["deploy_role.tf", "plan_role.tf"].map((file) => find(file, /name += "(.*)"/));
    const project = `\${{ vars.PROJECT || '${String(defaultOf("project"))}' }}`;
    return rolesTaken(workflows)
      .map(({ where, role }) => ({ where, name: role.replace("arn:aws:iam::${{ secrets.AWS_ACCOUNT_ID }}:role/", "") }))
      .filter(
        ({ name }) =>
          !made.includes(name.replace(project, "${var.project}").replace("${{ inputs.stage }}", "${each.key}")),
      )
      .map(({ where, name }) => `${where}: oidc/ makes no role ${name}.`);
  }),

  rule("the roles trust the files that take them, and no other", (workflows) => {
    const trust = readFileSync(join(root, "oidc/trust.tf"), "utf8");
    const trusted = [...trust.matchAll(/\$\{local\.workflows\}\/([a-z-]+\.yml)@/g)].map(([, file]) => file).sort();
    const taking = [...new Set(rolesTaken(workflows).map(({ file }) => file))].sort();
    return trusted.join() === taking.join()
      ? []
      : [`oidc/trust.tf trusts ${trusted.join(", ")}; roles are taken in ${taking.join(", ")}.`];
  }),

  rule("the state is in the bucket that oidc/ makes, under the key that the roles may reach", (workflows) => {
    const bucket = find("names.tf", /state_bucket += "(.*)"/)
      .replace("${var.project}", "$TF_VAR_project")
      .replace("${local.account_id}", "$AWS_ACCOUNT_ID");
    const key = find("names.tf", /state += "\$\{local\.state_arn\}\/(.*)"/).replace("${stage}", "$STAGE");
    const settings = [`bucket="${bucket}"`, `key="${key}"`, 'region="$TF_VAR_region"'];
    return rolesTaken(workflows).flatMap(({ where, job }) => {
      const init = job.steps?.find(({ run }) => run?.includes("terraform -chdir=infra init"))?.run ?? "";
      return settings
        .filter((setting) => !init.includes(`-backend-config=${setting}`))
        .map((setting) => `${where}: terraform init needs -backend-config=${setting}.`);
    });
  }),

  rule("the region is that of oidc/ where no variable says otherwise", (_workflows, texts) =>
    Object.entries(texts).flatMap(([file, text]) =>
      [...text.matchAll(/vars\.AWS_REGION(?: \|\| '([^']*)')?/g)]
        .filter(([, region]) => region !== defaultOf("region"))
        .map(([use]) => `${file}: ${use} must fall back on '${String(defaultOf("region"))}'.`),
    ),
  ),

  rule("all jobs have one Terraform and one Node, but for the tests of every Node", (workflows) =>
    jobsOf(workflows).flatMap(({ where, steps }) => [
      ...stepsWith(steps, "hashicorp/setup-terraform")
        .filter((step) => step.with?.["terraform_version"] !== "1.11.4")
        .map(() => `${where}: terraform_version must be "1.11.4", as everywhere.`),
      ...stepsWith(steps, "actions/setup-node")
        .filter((step) => !["22", "${{ matrix.node }}"].includes(String(step.with?.["node-version"])))
        .map(() => `${where}: node-version must be "22", which is Lambda's.`),
    ]),
  ),
];

function rolesTaken(workflows: Workflows): { where: string; file: string; job: Job; role: string }[] {
  return jobsOf(workflows).flatMap(({ where, file, job, steps }) =>
    stepsWith(steps, "aws-actions/configure-aws-credentials").map((step) => ({
      where,
      file,
      job,
      role: String(step.with?.["role-to-assume"]),
    })),
  );
}

function environmentOf({ environment = "none" }: Job): string {
  return typeof environment === "object" ? environment.name : environment;
}

/** What a pattern's group matches in a file of oidc/. */
function find(file: string, pattern: RegExp): string {
  const [, found] = pattern.exec(readFileSync(join(root, "oidc", file), "utf8")) ?? [];
  if (found === undefined)
    throw new Error(`oidc/${file} has no line like ${String(pattern)} any more: say here what it has instead.`);
  return found;
}

function defaultOf(variable: string): unknown {
  return JSON.parse(find("variables.tf", new RegExp(`variable "${variable}" \\{[^}]*?default += (.*)`)));
}
