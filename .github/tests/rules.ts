import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { root } from "../../infra/build/functions.ts";
import { jobsIn, stepsWith, workflowsIn, type Job, type Step, type Texts } from "./workflows.ts";

/**
 * What must hold of the workflows: by the claim, what says where it does not. That they are well-formed is actionlint's
 * to say; zizmor looks after pins, what may be run in a shell and secrets that are handed on; and the rehearsal runs
 * them with the roles, the state and the environments that oidc/ makes.
 */
export type Rules = Record<string, (texts: Texts) => string[]>;

const isSetUp = "needs.ready.outputs.is_set_up == 'true'";
const onMain = "github.ref == 'refs/heads/main'";
const afterBuild = "${{ !cancelled() && needs.build.result == 'success' }}";
const asked = { if: "github.event_name == 'workflow_dispatch' || vars.NIGHTLY == 'true'" };

/**
 * What starts each workflow; and of each job and step on what it depends, when it is left out, what it may write, and
 * what it is beside. Everything that is not here is refused: a step without a condition is never left out, and not
 * done after a failure.
 */
const expected: Record<string, object> = {
  "ci.yml": { on: ["pull_request", "merge_group", "workflow_call"] },
  "ci.yml: test": { "continue-on-error": "${{ matrix.node == 'latest' }}" },
  "ci.yml: test: Keep the screenshots": { if: "${{ failure() }}" },
  "ci.yml: zizmor": { if: "github.event_name == 'pull_request'" },
  "deploy.yml": { on: ["push to main", "workflow_dispatch"] },
  "deploy.yml: ready": { if: onMain },
  "deploy.yml: ci": { needs: ["ready"] },
  "deploy.yml: build": { needs: ["ready", "ci"], if: isSetUp },
  "deploy.yml: attest": {
    needs: ["build"],
    if: "${{ !github.event.repository.private }}",
    writes: ["id-token", "attestations"],
  },
  "deploy.yml: staging": { needs: ["ready", "build"], writes: ["id-token"] },
  "deploy.yml: plan": { needs: ["ready", "build", "staging"], writes: ["id-token"] },
  "deploy.yml: newest": { needs: ["plan"], writes: ["actions"] },
  "deploy.yml: prod": { needs: ["ready", "build", "staging", "plan", "newest"], writes: ["id-token"] },
  "deploy-stage.yml": { on: ["workflow_call"] },
  "deploy-stage.yml: deploy": {
    writes: ["id-token"],
    environment: "${{ inputs.stage }}",
    // One of a stage at a time, and none is cancelled.
    concurrency: { group: "deploy-${{ inputs.stage }}", "cancel-in-progress": false },
  },
  "deploy-stage.yml: deploy: Refuse to go back": { if: "${{ !inputs.may_go_back }}" },
  "deploy-stage.yml: deploy: Refuse another plan than was approved": { if: "${{ inputs.plan }}" },
  // Not where the release was not reached: then nothing is to be put back, and the bytes may not be those of the build.
  "deploy-stage.yml: deploy: Put back what was not released": {
    if: "${{ (failure() || cancelled()) && steps.release.outcome != 'skipped' }}",
  },
  "drift.yml": { on: ["schedule", "workflow_dispatch"] },
  "drift.yml: build": { if: `${onMain} && vars.AWS_REGION != ''` },
  "drift.yml: plan": { needs: ["build"], writes: ["id-token"] },
  "drift.yml: report": { needs: ["build", "plan"], if: afterBuild, writes: ["issues"] },
  "explain.yml": { on: ["workflow_dispatch"] },
  "explain.yml: explain": { writes: ["id-token"], environment: "${{ inputs.stage }}" },
  "nightly.yml": { on: ["schedule", "workflow_dispatch"] },
  "nightly.yml: bench": asked,
  "nightly.yml: fuzz": asked,
  "nightly.yml: forks": asked,
  "nightly.yml: mutate": asked,
  "plan.yml": { on: ["pull_request"] },
  "plan.yml: build": { needs: ["ready"], if: isSetUp },
  "plan.yml: plan": { needs: ["build"], writes: ["id-token"] },
  "plan.yml: comment": { needs: ["build", "plan"], if: afterBuild, writes: ["pull-requests"] },
  "upgrade.yml": { on: ["schedule", "workflow_dispatch"] },
  "upgrade.yml: report": { needs: ["try"], if: "${{ !cancelled() }}", writes: ["issues"] },
};

const credentials = "aws-actions/configure-aws-credentials";

/** By action, the inputs without which it would be unsafe. */
const inputs: Record<string, Record<string, RegExp>> = {
  "actions/checkout": { "persist-credentials": /^false$/ }, // which would leave a token behind
  "actions/setup-node": { "package-manager-cache": /^false$/ }, // which another job may have filled
  "hashicorp/setup-terraform": { terraform_wrapper: /^false$/ }, // which swallows signals and exit codes
  "opentofu/setup-opentofu": { tofu_wrapper: /^false$/ }, // so does this one
  [credentials]: {
    "allowed-account-ids": /^\$\{\{ secrets\.AWS_ACCOUNT_ID \}\}$/,
    "mask-aws-account-id": /^true$/,
    "role-duration-seconds": /^(1800|3600)$/,
    "role-session-name": /-\$\{\{ github\.run_id \}\}-\$\{\{ github\.run_attempt \}\}$/,
  },
};

/** The names of infra/environments. */
export const stages = readdirSync(join(root, "infra/environments"))
  .map((file) => file.replace(/\.tfvars$/, ""))
  .sort();

const [planning, looking] = ["-out=stack.tfplan", "show -json stack.tfplan | node dist/release/check-plan.mjs"];

/** What a deployment does, in this order: verifies the bytes first, and applies the plan that it has looked at. */
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
  planning, // what is left of it, after a hiccup
  looking,
  "release.mjs ${AT_ONCE",
  "release.mjs roll-back",
];

export const rules: Rules = {
  "every workflow, job and step is as the table says": (texts) => {
    const found = factsIn(texts);
    return [...new Set([...Object.keys(expected), ...Object.keys(found)])]
      .filter((where) => !isDeepStrictEqual(expected[where] ?? {}, found[where] ?? {}))
      .map((where) => `${where}: must be ${JSON.stringify(expected[where])}, not ${JSON.stringify(found[where])}.`);
  },

  "a workflow has no permission, and its shell fails where a part of a pipe does": (texts) =>
    Object.entries(workflowsIn(texts))
      .filter(([, { permissions, defaults }]) => !isDeepStrictEqual([permissions, defaults?.run?.shell], [{}, "bash"]))
      .map(([file]) => `${file}: at the top permissions must be {}, and defaults.run.shell bash.`),

  "the code of packages is never beside a token that may write": (texts) =>
    jobsIn(texts)
      .filter(
        ({ job, steps }) =>
          writesOf(job).length > 0 && steps.some(({ run = "" }) => /\b(npm|npx|pip|yarn|pnpm)\b/.test(run)),
      )
      .map(({ where }) => `${where}: it runs a package manager and has a token that may write.`),

  "where people read, nothing of the repository is run": (texts) =>
    stepsWith(texts, "actions/checkout")
      .filter(({ job }) => writesOf(job).some((scope) => scope !== "id-token"))
      .map(({ where }) => `${where}: it checks out what a pull request may have changed.`),

  "actions get the inputs without which they would be unsafe": (texts) =>
    Object.entries(inputs).flatMap(([action, wanted]) =>
      stepsWith(texts, action).flatMap(({ where, step }) =>
        Object.entries(wanted)
          .filter(([input, pattern]) => !pattern.test(String(step.with?.[input])))
          .map(([input, pattern]) => `${where}: ${input} must be ${String(pattern)}.`),
      ),
    ),

  "Node.js is the one of .nvmrc, but where CI tries several": (texts) =>
    stepsWith(texts, "actions/setup-node").flatMap(({ where, step }) => {
      const { "node-version": version, "node-version-file": file } = step.with ?? {};
      const isRight = where === "ci.yml: test" ? version === "${{ matrix.node }}" : file === ".nvmrc" && !version;
      return isRight ? [] : [`${where}: node-version-file must be .nvmrc, without a node-version.`];
    }),

  "every job says on which runner it runs and when it is given up": (texts) =>
    jobsIn(texts)
      .filter(({ file, job: { uses, "runs-on": runner, "timeout-minutes": minutes = 0 } }) => {
        const most = file === "nightly.yml" ? 350 : 60; // at night nobody waits
        return uses === undefined && !(runner === "ubuntu-24.04" && minutes >= 1 && minutes <= most);
      })
      .map(({ where }) => `${where}: it must run on ubuntu-24.04, and have timeout-minutes.`),

  "a release hears that it is cancelled, and has time to put everything back": (texts) => {
    const { run = "", "timeout-minutes": minutes = 0 } =
      stepsOfDeployment(texts).find(({ id }) => id === "release") ?? {};
    // A canary takes up to 15 minutes, and the role is held for 60.
    const isRight = /^exec node dist\/release\/release\.mjs [^|]*$/m.test(run) && minutes > 15 && minutes <= 20;
    return isRight
      ? []
      : ["deploy-stage.yml: release: it must end in exec node, without a pipe, and have 16 to 20 minutes."];
  },

  "a deployment verifies the bytes first, and applies the plan that it has looked at": (texts) => {
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

/** By the place that the table has. What is not said, or empty, is left out. */
function factsIn(texts: Texts): Record<string, object> {
  const all: [where: string, facts: object][] = [
    ...Object.entries(workflowsIn(texts)).map(([file, { on }]): [string, object] => [
      file,
      { on: Object.entries(on).map(([event, filter]) => triggerOf(event, filter)) },
    ]),
    ...jobsIn(texts).flatMap(({ where, job, steps }): [string, object][] => [
      [where, { ...factsOf(job), writes: writesOf(job) }],
      ...steps.map((step): [string, object] => [
        `${where}: ${step.name ?? step.uses ?? step.run ?? ""}`,
        factsOf(step),
      ]),
    ]),
  ];
  const isSaid = (value: unknown) => value !== undefined && !isDeepStrictEqual(value, []);
  const said = all.map(([where, facts]) => [
    where,
    Object.fromEntries(Object.entries(facts).filter(([, value]) => isSaid(value))),
  ]);
  return Object.fromEntries(said.filter(([, facts]) => !isDeepStrictEqual(facts, {}))) as Record<string, object>;
}

function triggerOf(event: string, filter: object | null): string {
  return event !== "push" ? event : isDeepStrictEqual(filter, { branches: ["main"] }) ? "push to main" : "push";
}

function factsOf({
  needs = [],
  if: condition,
  environment,
  concurrency,
  "continue-on-error": passedOver,
}: Job | (Step & Partial<Job>)) {
  return {
    needs: [needs].flat(),
    if: condition,
    environment: typeof environment === "object" ? environment.name : environment,
    concurrency,
    "continue-on-error": passedOver,
  };
}

/** The scopes beyond reading what is there. In words, as write-all, permissions are all of them. */
function writesOf({ permissions = {} }: Job): string[] {
  if (typeof permissions === "string") return ["all"];
  return Object.entries(permissions)
    .filter(([scope, level]) => level !== "read" || scope !== "contents")
    .map(([scope]) => scope);
}

function stepsOfDeployment(texts: Texts): Step[] {
  return jobsIn(texts).find(({ where }) => where === "deploy-stage.yml: deploy")?.steps ?? [];
}
