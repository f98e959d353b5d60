import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../infra/build/functions.ts";
import type { Rules } from "./rules.ts";
import { jobsIn, stepsWith, workflowsIn, type Job, type Texts } from "./workflows.ts";

/** The names of infra/environments. */
export const stages = readdirSync(join(root, "infra/environments"))
  .map((file) => file.replace(/\.tfvars$/, ""))
  .sort();

/**
 * What the workflows name and oidc/ makes must be one and the same: a role that is called otherwise, or
 * trusts another file, is refused by AWS, and nothing says why.
 */
export const names: Rules = {
  "the stages are those of infra/environments, in oidc/ and in every workflow": (texts) => {
    const jobs = jobsIn(texts);
    const { inputs } = workflowsIn(texts)["deploy-stage.yml"]?.on["workflow_dispatch"] ?? {};
    const lists: [where: string, listed: string[]][] = [
      ["oidc/variables.tf", defaultOf("stages") as string[]],
      ["deploy.yml", jobs.flatMap(({ job }) => (typeof job.with?.["stage"] === "string" ? [job.with["stage"]] : []))],
      ["deploy-stage.yml", inputs?.["stage"]?.options ?? []],
      ...jobs.flatMap(({ where, job, steps }): [string, string[]][] => [
        ...(job.strategy?.matrix["stage"] ? [[where, job.strategy.matrix["stage"]] satisfies [string, string[]]] : []),
        ...steps.flatMap(({ run = "" }): [string, string[]][] =>
          [...run.matchAll(/for stage in ([a-z0-9 ]+);/g)].map(([, listed = ""]) => [where, listed.split(" ")]),
        ),
      ]),
    ];
    return lists
      .filter(([, listed]) => [...listed].sort().join() !== stages.join())
      .map(([where, listed]) => `${where}: the stages must be ${stages.join(", ")}, not ${listed.join(", ")}.`);
  },

  "the environment of a deployment is its stage, as the deploy role demands; a plan has none": (texts) =>
    jobsIn(texts)
      .filter(({ file, job }) => environmentOf(job) !== (file === "deploy-stage.yml" ? "${{ inputs.stage }}" : "none"))
      .map(({ where, job }) => `${where}: its environment must not be ${environmentOf(job)}.`),

  "each role has the name that oidc/ gives it": (texts) => {
    const made = ["deploy_role.tf", "plan_role.tf"].map((file) =>
      find(file, /name += "(.*)"/)
        .replace("${var.project}", `\${{ vars.PROJECT || '${String(defaultOf("project"))}' }}`)
        .replace("${each.key}", "${{ inputs.stage }}"),
    );
    return rolesTaken(texts)
      .filter(({ role }) => !made.some((name) => role === `arn:aws:iam::\${{ secrets.AWS_ACCOUNT_ID }}:role/${name}`))
      .map(({ where, role }) => `${where}: oidc/ makes no role ${role}.`);
  },

  "the roles trust the files that take them, and no other": (texts) => {
    const trust = readFileSync(join(root, "oidc/trust.tf"), "utf8");
    const trusted = [...trust.matchAll(/\$\{local\.workflows\}\/([a-z-]+\.yml)@/g)].map(([, file]) => file).sort();
    const taking = [...new Set(rolesTaken(texts).map(({ file }) => file))].sort();
    return trusted.join() === taking.join()
      ? []
      : [`oidc/trust.tf trusts ${trusted.join(", ")}; roles are taken in ${taking.join(", ")}.`];
  },

  "the state is in the bucket that oidc/ makes, under the key that the roles may reach": (texts) => {
    const bucket = find("names.tf", /state_bucket += "(.*)"/)
      .replace("${var.project}", "$TF_VAR_project")
      .replace("${local.account_id}", "$AWS_ACCOUNT_ID");
    const key = find("names.tf", /state += "\$\{local\.state_arn\}\/(.*)"/).replace("${stage}", "$STAGE");
    const settings = [`bucket="${bucket}"`, `key="${key}"`, 'region="$TF_VAR_region"'];
    return rolesTaken(texts).flatMap(({ where, commands }) =>
      settings
        .filter((setting) => !commands.includes(`-backend-config=${setting}`))
        .map((setting) => `${where}: terraform init needs -backend-config=${setting}.`),
    );
  },

  "the region is that of oidc/ where no variable says otherwise": (texts) =>
    Object.entries(texts).flatMap(([file, text]) =>
      [...text.matchAll(/vars\.AWS_REGION(?: \|\| '([^']*)')?/g)]
        .filter(([, region]) => region !== defaultOf("region"))
        .map(([use]) => `${file}: ${use} must fall back on '${String(defaultOf("region"))}'.`),
    ),

  "all jobs have one Terraform and one Node, but for the tests of every Node": (texts) => [
    ...stepsWith(texts, "hashicorp/setup-terraform")
      .filter(({ step }) => step.with?.["terraform_version"] !== "1.11.4")
      .map(({ where }) => `${where}: terraform_version must be "1.11.4", as everywhere.`),
    ...stepsWith(texts, "actions/setup-node")
      .filter(({ step }) => !["22", "${{ matrix.node }}"].includes(String(step.with?.["node-version"])))
      .map(({ where }) => `${where}: node-version must be "22", which is Lambda's.`),
  ],
};

function rolesTaken(texts: Texts): { where: string; file: string; role: string; commands: string }[] {
  return stepsWith(texts, "aws-actions/configure-aws-credentials").map(({ where, file, step, steps }) => ({
    where,
    file,
    role: String(step.with?.["role-to-assume"]),
    commands: steps.map(({ run }) => run).join("\n"),
  }));
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
