import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { root } from "../../infra/build/functions.ts";
import { jobsIn, stepsWith, workflowsIn, type Job, type Step, type Texts } from "./workflows.ts";

const isSetUp = "if needs.ready.outputs.is_set_up == 'true'";
const onMain = "if github.ref == 'refs/heads/main'";
const afterBuild = "if ${{ !cancelled() && needs.build.result == 'success' }}";
const asked = "if github.event_name == 'workflow_dispatch' || vars.NIGHTLY == 'true'";

const ofCommit = '"commit":"${{ needs.ready.outputs.commit }}","digest":"${{ needs.build.outputs.digest }}"';
const approved = '"plan":"${{ needs.plan.outputs.digest }}"';
const mayGoBack = '"may_go_back":"${{ inputs.commit != \'\' }}"';

/**
 * What starts each workflow; for each job and step, what it needs, its condition, its environment, what it may write, its
 * concurrency, and what it passes to a workflow of this repository. Anything else is refused: a step without a condition
 * is never skipped, and never runs after a failure.
 */
const expected: Record<string, string> = {
  "ci.yml": "on pull_request, merge_group, workflow_call",
  "ci.yml: test": "continue-on-error ${{ matrix.node == 'latest' }}",
  "ci.yml: test: Keep the screenshots": "if ${{ failure() }}",
  "ci.yml: zizmor": "if github.event_name == 'pull_request'",
  "deploy.yml": "on push to main, workflow_dispatch",
  "deploy.yml: ready": onMain,
  "deploy.yml: ci": 'needs ready; with {"commit":"${{ needs.ready.outputs.commit }}"}',
  "deploy.yml: build": `needs ready, ci; ${isSetUp}`,
  "deploy.yml: attest": "needs build; if ${{ !github.event.repository.private }}; writes id-token, attestations",
  "deploy.yml: staging": `needs ready, build; writes id-token; with {"stage":"staging",${ofCommit},"plan":"any",${mayGoBack}}`,
  "deploy.yml: plan": "needs ready, build, staging; writes id-token",
  "deploy.yml: newest": "needs plan; writes actions",
  "deploy.yml: prod": `needs ready, build, staging, plan, newest; writes id-token; with {"stage":"prod",${ofCommit},${approved},${mayGoBack}}`,
  "deploy-stage.yml": "on workflow_call",
  // One at a time per stage, never cancelled.
  "deploy-stage.yml: deploy":
    'environment ${{ inputs.stage }}; writes id-token; concurrency {"group":"deploy-${{ inputs.stage }}","cancel-in-progress":false}',
  "deploy-stage.yml: deploy: Refuse to go back": "if ${{ !inputs.may_go_back }}",
  "deploy-stage.yml: deploy: Refuse another plan than was approved": "if ${{ inputs.plan != 'any' }}",
  // Not if the release was not reached: there is nothing to put back, and the bytes may not be the build's.
  "deploy-stage.yml: deploy: Put back what was not released":
    "if ${{ (failure() || cancelled()) && steps.release.outcome != 'skipped' }}",
  "drift.yml": "on schedule, workflow_dispatch",
  "drift.yml: build": `${onMain} && vars.AWS_REGION != ''`,
  "drift.yml: plan": "needs build; writes id-token",
  "drift.yml: report": `needs build, plan; ${afterBuild}; writes issues`,
  "explain.yml": "on workflow_dispatch",
  "explain.yml: explain": "environment ${{ inputs.stage }}; writes id-token",
  "nightly.yml": "on schedule, workflow_dispatch",
  "nightly.yml: bench": asked,
  "nightly.yml: fuzz": asked,
  "nightly.yml: forks": asked,
  "nightly.yml: mutate": asked,
  "plan.yml": "on pull_request",
  "plan.yml: build": `needs ready; ${isSetUp}`,
  "plan.yml: plan": "needs build; writes id-token",
  "plan.yml: comment": `needs build, plan; ${afterBuild}; writes pull-requests`,
  "upgrade.yml": "on schedule, workflow_dispatch",
  "upgrade.yml: report": "needs try; if ${{ !cancelled() }}; writes issues",
};

const credentials = "aws-actions/configure-aws-credentials";

/** By action, the inputs that make it safe and choose its version, and those that differ in one job. */
const inputs: Record<string, Record<string, RegExp>> = {
  "actions/checkout": {
    "persist-credentials": /^false$/, // else it leaves a token behind
    ref: /^$/, // the run's own commit
  },
  ...checkingOut("inputs.commit", "ci.yml: test", "ci.yml: terraform", "ci.yml: rehearse", "deploy-stage.yml: deploy"),
  ...checkingOut("needs.ready.outputs.commit", "deploy.yml: build", "deploy.yml: plan"),
  "actions/setup-node": {
    "node-version-file": /^\.nvmrc$/,
    "node-version": /^$/, // it would override the file
    "package-manager-cache": /^false$/, // another job may have filled the cache
  },
  "ci.yml: test: actions/setup-node": {
    "node-version-file": /^$/,
    "node-version": /^\$\{\{ matrix\.node \}\}$/,
  },
  "hashicorp/setup-terraform": {
    terraform_version: /^\$\{\{ steps\.terraform\.outputs\.version \}\}$/,
    terraform_wrapper: /^false$/, // it swallows signals and exit codes
  },
  "upgrade.yml: try: hashicorp/setup-terraform": { terraform_version: /^<2\.0\.0$/ },
  "opentofu/setup-opentofu": { tofu_wrapper: /^false$/ }, // so does this one
  [credentials]: {
    "allowed-account-ids": /^\$\{\{ secrets\.AWS_ACCOUNT_ID \}\}$/,
    "mask-aws-account-id": /^true$/,
    "role-duration-seconds": /^(1800|3600)$/,
    "role-session-name": /-\$\{\{ github\.run_id \}\}-\$\{\{ github\.run_attempt \}\}$/,
  },
};

/** These jobs test, build or deploy the commit that was chosen. */
function checkingOut(commit: string, ...jobs: string[]): typeof inputs {
  const ref = new RegExp(`^\\$\\{\\{ ${commit.replaceAll(".", "\\.")} \\}\\}$`);
  return Object.fromEntries(jobs.map((job) => [`${job}: actions/checkout`, { ref }]));
}

/** Its output is the input of hashicorp/setup-terraform. */
const readsVersion = `sed 's/^/version=/' .terraform-version >> "$GITHUB_OUTPUT"`;

/** The stages of infra/environments. */
export const stages = readdirSync(join(root, "infra/environments"))
  .map((file) => file.replace(/\.tfvars$/, ""))
  .sort();

const [planning, looking] = ["-out=stack.tfplan", "show -json stack.tfplan | node dist/release/check-plan.mjs"];

/** What a deployment does, in this order: it verifies the bytes first and applies the plan that it checked. */
const inOrder = [
  "actions/download-artifact",
  'echo "$DIGEST  SHA256SUMS" | sha256sum --check --strict',
  "sha256sum --check --strict SHA256SUMS",
  credentials,
  "terraform -chdir=infra init",
  'git merge-base --is-ancestor "$deployed" "$COMMIT"',
  planning,
  looking,
  'echo "$APPROVED  shown.txt" | sha256sum --check --strict',
  "apply -lock-timeout=10m stack.tfplan",
  planning, // the rest, after a hiccup
  looking,
  // Without a pipe or a shell around it: it must get the signals of a cancelled run.
  '\nexec node dist/release/release.mjs ${AT_ONCE:+"$AT_ONCE"} < outputs.json\n',
  "release.mjs roll-back",
];

/**
 * What must hold for the workflows: by claim, a function that finds where it does not. actionlint checks that they are
 * well-formed; zizmor checks pins, untrusted shell input and inherited secrets; the rehearsal runs them with the roles,
 * the state and the environments that oidc/ creates.
 */
export const rules: Record<string, (texts: Texts) => string[]> = {
  "every workflow, job and step is as the table says": (texts) => {
    const found = factsIn(texts);
    return Object.keys({ ...expected, ...found })
      .filter((where) => expected[where] !== found[where])
      .map((where) => `${where}: must be ${expected[where] ?? "nothing"}, not ${found[where] ?? "nothing"}.`);
  },

  "a workflow's permissions are {}, and its shell is bash, which fails if any part of a pipe does": (texts) =>
    Object.entries(workflowsIn(texts))
      .filter(([, { permissions, defaults }]) => !isDeepStrictEqual([permissions, defaults?.run?.shell], [{}, "bash"]))
      .map(([file]) => file),

  "no package manager runs beside a token that may write": (texts) =>
    jobsIn(texts)
      .filter(({ job }) => writesOf(job).length > 0)
      .filter(({ steps }) => steps.some(({ run = "" }) => /\b(npm|npx|pip|yarn|pnpm)\b/.test(run)))
      .map(({ where }) => where),

  "a job that posts to GitHub checks out nothing that a pull request may have changed": (texts) =>
    stepsWith(texts, "actions/checkout")
      .filter(({ job }) => writesOf(job).some((scope) => scope !== "id-token"))
      .map(({ where }) => where),

  "actions get the inputs that make them safe and choose their version": (texts) =>
    Object.entries(inputs).flatMap(([action, wanted]) =>
      stepsWith(texts, action).flatMap(({ where, step }) =>
        Object.entries({ ...wanted, ...inputs[`${where}: ${action}`] })
          .filter(([input, pattern]) => !pattern.test(String(step.with?.[input] ?? "")))
          .map(([input, pattern]) => `${where}: ${input} must be ${String(pattern)}.`),
      ),
    ),

  "what a cut plan refers to is kept: each job that plans uploads plans/": (texts) =>
    stepsWith(texts, "./.github/actions/plan-stage")
      .filter(
        ({ steps }) =>
          !steps.some(
            ({ uses = "", with: given }) => uses.includes("/upload-artifact@") && given?.["path"] === "plans/",
          ),
      )
      .map(({ where }) => where),

  "a step terraform reads .terraform-version, for hashicorp/setup-terraform": (texts) =>
    jobsIn(texts)
      .filter(({ steps }) => steps.some(({ id, run }) => id === "terraform" && run !== readsVersion))
      .map(({ where }) => where),

  "every job runs on ubuntu-24.04, for at most an hour, or six in nightly.yml": (texts) =>
    jobsIn(texts)
      .filter(({ file, job: { uses, "runs-on": runner, "timeout-minutes": minutes = 0 } }) => {
        const max = file === "nightly.yml" ? 350 : 60;
        return uses === undefined && !(runner === "ubuntu-24.04" && minutes >= 1 && minutes <= max);
      })
      .map(({ where }) => where),

  // A canary takes up to 15 minutes, and the role is held for 60.
  "a release has time to put everything back": (texts) =>
    stepsOfDeployment(texts)
      .filter(({ id, "timeout-minutes": minutes = 0 }) => id === "release" && !(minutes > 15 && minutes <= 20))
      .map(() => "deploy-stage.yml"),

  "a deployment verifies the bytes first, and applies the plan that it checked": (texts) => {
    const text = stepsOfDeployment(texts)
      .map(({ uses, run }) => uses ?? run)
      .join("\n");
    const parts = inOrder.map((part) => part.replaceAll(/\W/g, "\\$&"));
    const found = text.match(new RegExp(parts.join("|"), "g")) ?? [];
    return isDeepStrictEqual(found, inOrder)
      ? []
      : [`deploy-stage.yml: it must have, in this order: ${inOrder.join(", ")}; not: ${found.join(", ")}.`];
  },

  "the stages are those of infra/environments, in oidc/ and in every workflow": (texts) => {
    const deployed = jobsIn(texts).flatMap(({ job }) => job.with?.["stage"] ?? []);
    const oidc = readFileSync(join(root, "oidc/variables.tf"), "utf8");
    const lists = Object.entries({ ...texts, "oidc/variables.tf": oidc }).flatMap(([file, text]) =>
      [
        ...text.matchAll(
          /(?:stage: \[|options: \[|for stage in (?=[a-z ]+;)|"stages" \{[^}]*? default += \[)([^\];]*)/g,
        ),
      ].map(([, list = ""]) => [file, list.match(/\w+/g) ?? []] as const),
    );
    return [["deploy.yml", deployed.map(String)] as const, ...lists]
      .filter(([, listed]) => !isDeepStrictEqual([...listed].sort(), stages))
      .map(([file, listed]) => `${file}: the stages must be ${stages.join(", ")}, not ${listed.join(", ")}.`);
  },
};

/** By the table's keys; without places of which there is nothing to say. */
function factsIn(texts: Texts): Record<string, string> {
  const triggers = Object.entries(workflowsIn(texts)).map(([file, { on }]) => {
    const events = Object.entries(on).map(([event, filter]) =>
      isDeepStrictEqual(filter, { branches: ["main"] }) ? `${event} to main` : event,
    );
    return [file, `on ${events.join(", ")}`] as const;
  });
  const jobsAndSteps = jobsIn(texts).flatMap(({ where, job, steps }) => [
    [where, factsOf(job)] as const,
    ...steps.map((step) => [`${where}: ${step.name ?? step.uses ?? step.run ?? ""}`, factsOf(step)] as const),
  ]);
  return Object.fromEntries([...triggers, ...jobsAndSteps].filter(([, facts]) => facts !== ""));
}

function factsOf(of: Job | (Step & Partial<Job>)): string {
  const { needs = [], if: condition, environment, concurrency, "continue-on-error": passedOver } = of;
  const facts = {
    needs: [needs].flat().join(", "),
    if: condition,
    environment: typeof environment === "object" ? environment.name : environment,
    writes: writesOf(of).join(", "),
    concurrency: JSON.stringify(concurrency),
    "continue-on-error": passedOver,
    with: of.uses?.startsWith("./.github/workflows/") ? JSON.stringify(of.with) : undefined,
  };
  const said = Object.entries(facts).filter(([, fact]) => fact !== undefined && fact !== "");
  return said.map(([name, fact]) => `${name} ${String(fact)}`).join("; ");
}

/** The scopes beyond reading contents. The letters of a single word, such as write-all, count as scopes. */
function writesOf({ permissions = {} }: Job): string[] {
  return Object.entries(permissions)
    .filter(([scope, level]) => level !== "read" || scope !== "contents")
    .map(([scope]) => scope);
}

function stepsOfDeployment(texts: Texts): Step[] {
  return jobsIn(texts).find(({ where }) => where === "deploy-stage.yml: deploy")?.steps ?? [];
}
