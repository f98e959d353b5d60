import { existsSync } from "node:fs";
import { join } from "node:path";
import { actions } from "./actions.ts";
import { actionOf, jobsOf, parseWorkflows, root, stepsWith, type Job, type Step, type Workflows } from "./workflows.ts";

/** What must hold of the workflows, as a claim; `complaints` says where it does not. */
export interface Rule {
  claim: string;
  complaints: (texts: Record<string, string>) => string[];
}

/** Who may do what: everything that is not in this table is refused. */
const permissions: Record<string, Record<string, string>> = {
  "ci.yml: test": { contents: "read" },
  "ci.yml: terraform": { contents: "read" },
  "ci.yml: rehearse": { contents: "read" },
  "plan.yml: ready": {},
  "plan.yml: build": { contents: "read" },
  "plan.yml: plan": { contents: "read", "id-token": "write" },
  "plan.yml: comment": { contents: "read", "pull-requests": "write" },
  "deploy.yml: ready": { contents: "read" },
  "deploy.yml: ci": { contents: "read" },
  "deploy.yml: build": { contents: "read" },
  "deploy.yml: attest": { "id-token": "write", attestations: "write" },
  "deploy.yml: staging": { contents: "read", "id-token": "write" },
  "deploy.yml: prod": { contents: "read", "id-token": "write" },
  "deploy-stage.yml: deploy": { contents: "read", "id-token": "write" },
  "deploy-stage.yml: explain": { contents: "read", "id-token": "write" },
  "drift.yml: ready": {},
  "drift.yml: build": { contents: "read" },
  "drift.yml: plan": { contents: "read", "id-token": "write" },
  "drift.yml: report": { contents: "read", issues: "write" },
  "nightly.yml: bench": { contents: "read" },
  "nightly.yml: fuzz": { contents: "read" },
  "nightly.yml: mutate": { contents: "read" },
};

const triggers: Record<string, unknown> = {
  "ci.yml": { pull_request: null, workflow_call: ["commit"] },
  "plan.yml": { pull_request: null },
  "deploy.yml": { push: { branches: ["main"] }, workflow_dispatch: ["commit"] },
  "deploy-stage.yml": {
    workflow_call: ["stage", "commit", "digest", "may_go_back"],
    workflow_dispatch: ["stage", "trust"],
  },
  "drift.yml": { schedule: [{ cron: "17 6 * * 1" }], workflow_dispatch: null },
  "nightly.yml": { schedule: [{ cron: "41 2 * * *" }], workflow_dispatch: null },
};

/** By file and job: what it needs, and its `if`. A job with always() would run after a failure. */
const chain: Record<string, [needs: string[], condition?: string]> = {
  "ci.yml: test": [[]],
  "ci.yml: terraform": [[]],
  "ci.yml: rehearse": [[]],
  "plan.yml: ready": [[]],
  "plan.yml: build": [["ready"], "needs.ready.outputs.is_set_up == 'true'"],
  "plan.yml: plan": [["build"]],
  "plan.yml: comment": [["build", "plan"], "${{ !cancelled() && needs.build.result == 'success' }}"],
  "deploy.yml: ready": [[], "github.ref == 'refs/heads/main'"],
  "deploy.yml: ci": [["ready"]],
  "deploy.yml: build": [["ready", "ci"], "needs.ready.outputs.is_set_up == 'true'"],
  "deploy.yml: attest": [["build"], "${{ !github.event.repository.private }}"],
  "deploy.yml: staging": [["ready", "build"]],
  "deploy.yml: prod": [["ready", "build", "staging"]],
  "deploy-stage.yml: deploy": [[], "${{ inputs.digest }}"],
  "deploy-stage.yml: explain": [[], "${{ inputs.trust }}"],
  "drift.yml: ready": [[], "github.ref == 'refs/heads/main'"],
  "drift.yml: build": [["ready"], "needs.ready.outputs.is_set_up == 'true'"],
  "drift.yml: plan": [["build"]],
  "drift.yml: report": [["build", "plan"], "${{ !cancelled() && needs.build.result == 'success' }}"],
  "nightly.yml: bench": [[]],
  "nightly.yml: fuzz": [[]],
  "nightly.yml: mutate": [[]],
};

/** By file, job and step: the conditions of steps. One that does not ask for a failure is not met after one. */
const conditions: Record<string, string> = {
  "deploy-stage.yml: deploy: Refuse to go back": "${{ !inputs.may_go_back }}",
  // Not where the release was not reached: then nothing is to be put back, and the bytes may not be those of the build.
  "deploy-stage.yml: deploy: Put back what was not released":
    "${{ (failure() || cancelled()) && steps.release.outcome != 'skipped' }}",
};

const credentials = "aws-actions/configure-aws-credentials";

export const rules: Rule[] = [
  rule("each workflow starts when it should, and no stranger starts one that has secrets", (workflows) =>
    differences(
      triggers,
      mapValues(workflows, ({ on }) => mapValues(on, inputsOf)),
    ),
  ),

  rule("a workflow has no permission, and each job those that it needs", (workflows) => [
    ...complain(
      Object.entries(workflows),
      ([, { permissions: all }]) => same(all, {}),
      ([file]) => `${file}: permissions at the top must be {}.`,
    ),
    ...differences(
      permissions,
      Object.fromEntries(jobsOf(workflows).map(({ where, job }) => [where, job.permissions])),
    ),
  ]),

  rule(
    "a token that AWS takes is only where a role is taken, a build is signed or the token is explained",
    (workflows) =>
      complain(
        jobsOf(workflows).filter(({ job, steps }) => steps.length > 0 && permissionsOf(job)["id-token"] === "write"),
        ({ steps }) =>
          steps.filter(
            (step) => [credentials, "actions/attest"].includes(actionOf(step)) || step.run?.includes("explain-token"),
          ).length === 1,
        ({ where }) => `${where}: id-token: write, but it takes no role, signs nothing and explains no token.`,
      ),
  ),

  rule("the code of packages is never installed or run beside a token", (workflows) =>
    complain(
      jobsOf(workflows).filter(({ job }) => Object.values(permissionsOf(job)).includes("write")),
      ({ steps }) => !steps.some(({ run = "" }) => /\b(npm|npx|pip|yarn|pnpm)\b/.test(run)),
      ({ where }) => `${where}: it runs a package manager and has a token that may write.`,
    ),
  ),

  rule("every action is pinned to the commit in actions.ts, with its version behind", (_workflows, texts) =>
    linesWith(texts, /^ +(?:- )?uses: *(.*)$/gm)
      .filter(([, uses]) => !isPinned(uses))
      .map(([file, uses]) => `${file}: ${uses} is neither in actions.ts nor a file of this repository.`),
  ),

  rule("a checkout leaves no token behind", (workflows) =>
    everyStep(
      workflows,
      "actions/checkout",
      (step) => step.with?.["persist-credentials"] === false,
      "persist-credentials must be false.",
    ),
  ),

  rule("no job restores a cache that another has filled", (workflows) =>
    everyStep(
      workflows,
      "actions/setup-node",
      (step) => step.with?.["package-manager-cache"] === false,
      "package-manager-cache must be false.",
    ),
  ),

  rule("every job says on which runner it runs and when it is given up", (workflows) =>
    complain(
      jobsOf(workflows).filter(({ job }) => job.uses === undefined),
      ({ where, job }) => job["runs-on"] === "ubuntu-24.04" && isMinutes(job["timeout-minutes"], mostMinutes(where)),
      ({ where }) => `${where}: it must run on ubuntu-24.04, with timeout-minutes of 1 to ${mostMinutes(where)}.`,
    ),
  ),

  rule("each job follows the jobs that it needs, and only when these have passed", (workflows) =>
    differences(
      chain,
      Object.fromEntries(
        jobsOf(workflows).map(({ where, job }) => [where, [[job.needs ?? []].flat(), ...[job.if ?? []].flat()]]),
      ),
    ),
  ),

  rule("no step runs after a failure but the one that puts a release back", (workflows) =>
    differences(
      conditions,
      Object.fromEntries(
        jobsOf(workflows).flatMap(({ where, steps }) =>
          steps.flatMap((step) => (step.if === undefined ? [] : [[`${where}: ${step.name ?? ""}`, step.if]])),
        ),
      ),
    ),
  ),

  rule("a release hears that it is cancelled, and has time to put everything back", (workflows) => {
    const release = workflows["deploy-stage.yml"]?.jobs["deploy"]?.steps?.find(({ id }) => id === "release");
    const minutes = release?.["timeout-minutes"];
    return [
      ...(/^exec node dist\/release\/release\.mjs [^|]*$/m.test(release?.run ?? "")
        ? []
        : ["deploy-stage.yml: the step release must end in exec node dist/release/release.mjs, without a pipe."]),
      ...(minutes !== undefined && minutes > 15 && minutes <= 20
        ? []
        : [
            "deploy-stage.yml: the step release must have 16 to 20 minutes: a canary takes up to 15, and the role is held for 60.",
          ]),
    ];
  }),

  rule("nothing that fails is passed over", (workflows) =>
    complain(
      jobsOf(workflows),
      ({ job, steps }) => [job, ...steps].every((one) => one["continue-on-error"] === undefined),
      ({ where }) => `${where}: continue-on-error would let it go on after a failure.`,
    ),
  ),

  rule("a step that fails in a pipe fails", (workflows) =>
    complain(
      Object.entries(workflows),
      ([, { defaults }]) => defaults?.run?.shell === "bash",
      ([file]) => `${file}: defaults.run.shell must be bash: without it there is no pipefail.`,
    ),
  ),

  rule("one deployment of a stage at a time, and none is cancelled", (workflows) =>
    differences(
      { "deploy-stage.yml: deploy": { group: "deploy-${{ inputs.stage }}", "cancel-in-progress": false } },
      Object.fromEntries(
        jobsOf(workflows).flatMap(({ where, job }) => (job.concurrency ? [[where, job.concurrency]] : [])),
      ),
    ),
  ),

  rule("no expression stands in a line of shell, where its value would be run", (workflows) =>
    complain(
      jobsOf(workflows).flatMap(({ where, steps }) => steps.map(({ run = "" }) => ({ where, run }))),
      ({ run }) => !run.includes("${{"),
      ({ where, run }) => `${where}: pass the value by env: ${run}`,
    ),
  ),

  rule("AWS_ACCOUNT_ID is the only secret, and is passed by its name", (workflows, texts) => [
    ...linesWith(texts, /secrets\.([A-Za-z_]+)/g)
      .filter(([, name]) => name !== "AWS_ACCOUNT_ID")
      .map(([file, name]) => `${file}: ${name} is not to be used.`),
    ...linesWith(texts, /((?:\(|\[)\s*secrets\s*\)|secrets\s*\[)/g).map(
      ([file]) => `${file}: it reaches for all secrets.`,
    ),
    ...complain(
      jobsOf(workflows).filter(({ job }) => job.secrets !== undefined),
      ({ job }) => same(job.secrets, { AWS_ACCOUNT_ID: "${{ secrets.AWS_ACCOUNT_ID }}" }),
      ({ where }) => `${where}: secrets must name AWS_ACCOUNT_ID and no more.`,
    ),
  ]),

  rule("Terraform has no wrapper, which swallows its signals and exit codes", (workflows) =>
    everyStep(
      workflows,
      "hashicorp/setup-terraform",
      (step) => step.with?.["terraform_wrapper"] === false,
      "terraform_wrapper must be false.",
    ),
  ),

  rule("a deployment verifies the bytes first, and applies the plan that it has looked at", (workflows) =>
    outOfOrder(workflows["deploy-stage.yml"]?.jobs["deploy"]),
  ),

  rule("a role is held for an hour at most, in the one account, under the name of its run", (workflows) =>
    everyStep(
      workflows,
      credentials,
      ({ with: inputs = {} }) =>
        Number(inputs["role-duration-seconds"]) <= 3600 &&
        inputs["allowed-account-ids"] === "${{ secrets.AWS_ACCOUNT_ID }}" &&
        inputs["mask-aws-account-id"] === true &&
        String(inputs["role-session-name"]).endsWith("-${{ github.run_id }}-${{ github.run_attempt }}"),
      "role-duration-seconds, allowed-account-ids, mask-aws-account-id and a role-session-name with the run's id and attempt must be set.",
    ),
  ),
];

/** A rule over the parsed workflows, or over their texts where YAML does not keep what it needs, such as comments. */
export function rule(
  claim: string,
  complaints: (workflows: Workflows, texts: Record<string, string>) => string[],
): Rule {
  return { claim, complaints: (texts) => complaints(parseWorkflows(texts), texts) };
}

function complain<Thing>(
  things: Thing[],
  isRight: (thing: Thing) => boolean,
  sentence: (thing: Thing) => string,
): string[] {
  return things.filter((thing) => !isRight(thing)).map(sentence);
}

function everyStep(workflows: Workflows, action: string, isRight: (step: Step) => boolean, sentence: string): string[] {
  const steps = jobsOf(workflows).flatMap(({ where, steps }) =>
    stepsWith(steps, action).map((step) => ({ where, step })),
  );
  return complain(
    steps,
    ({ step }) => isRight(step),
    ({ where }) => `${where}: ${sentence}`,
  );
}

/** By file, what the pattern's group has matched in its text. */
function linesWith(texts: Record<string, string>, pattern: RegExp): [file: string, found: string][] {
  return Object.entries(texts).flatMap(([file, text]) =>
    [...text.matchAll(pattern)].map(([, found = ""]): [string, string] => [file, found]),
  );
}

/** A job without a word on permissions has those at the top, which are none; in words, as write-all, they are all. */
function permissionsOf({ permissions: of = {} }: Job): Record<string, string> {
  return typeof of === "string" ? { all: "write" } : of;
}

/** One sentence for each key whose values differ. */
function differences(wanted: Record<string, unknown>, found: Record<string, unknown>): string[] {
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(found)])];
  return complain(
    keys,
    (key) => same(wanted[key], found[key]),
    (key) => `${key}: must be ${JSON.stringify(wanted[key])}, not ${JSON.stringify(found[key])}.`,
  );
}

function mapValues<Value>(values: Record<string, Value>, change: (value: Value) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

/** Equal as YAML: the order of keys does not count. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** The names of a trigger's inputs; a trigger without inputs as it is. */
function inputsOf(trigger: { inputs?: object } | null): unknown {
  return trigger?.inputs === undefined ? trigger : Object.keys(trigger.inputs);
}

function isPinned(uses: string): boolean {
  if (uses.startsWith("./")) return existsSync(join(root, uses));
  const [, name = "", commit, version] = /^([^@ ]+)@([0-9a-f]{40}) # (\S+)$/.exec(uses) ?? [];
  const action = actions[name];
  return action !== undefined && action.commit === commit && action.version === version;
}

/** At night nobody waits; GitHub itself gives a job up after six hours. */
function mostMinutes(where: string): number {
  return where.startsWith("nightly.yml") ? 350 : 60;
}

function isMinutes(minutes: unknown, most: number): boolean {
  return typeof minutes === "number" && minutes >= 1 && minutes <= most;
}

/** What must come in this order among the steps of the deployment, each once. */
const order = [
  "actions/download-artifact",
  'echo "$DIGEST  SHA256SUMS" | sha256sum --check --strict',
  "sha256sum --check --strict SHA256SUMS",
  credentials,
  "terraform -chdir=infra init",
  "check-commit.mjs",
  "-out=stack.tfplan",
  "show -json stack.tfplan | node dist/release/check-plan.mjs",
  "apply -lock-timeout=10m stack.tfplan",
  "release.mjs ${AT_ONCE",
  "release.mjs roll-back",
];

function outOfOrder(job: Job | undefined): string[] {
  const text = (job?.steps ?? []).map(({ uses, run }) => uses ?? run).join("\n");
  const places = order.map((part) => text.indexOf(part));
  return [
    ...order
      .filter((part) => text.split(part).length !== 2)
      .map((part) => `deploy-stage.yml: ${part} must be there once.`),
    ...order
      .filter((_part, index) => (places[index] ?? 0) < (places[index - 1] ?? 0))
      .map((part) => `deploy-stage.yml: ${part} comes too early.`),
  ];
}
