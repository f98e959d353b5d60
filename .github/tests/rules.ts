import { isDeepStrictEqual } from "node:util";
import { isInRepository, jobsIn, stepsWith, workflowsIn, type Job, type Texts } from "./workflows.ts";

/** What must hold of the workflows: by the claim, what says where it does not. That they are well-formed is actionlint's to say. */
export type Rules = Record<string, (texts: Texts) => string[]>;

/** What jobs may write; everything that is not in this table is refused. */
const writes: Record<string, string[]> = {
  "plan.yml: plan": ["id-token"],
  "plan.yml: comment": ["pull-requests"],
  "deploy.yml: attest": ["id-token", "attestations"],
  "deploy.yml: staging": ["id-token"],
  "deploy.yml: prod": ["id-token"],
  "deploy-stage.yml: deploy": ["id-token"],
  "deploy-stage.yml: explain": ["id-token"],
  "drift.yml: plan": ["id-token"],
  "drift.yml: report": ["issues"],
};

/** What hangs off what: a deployment off CI, prod off staging. */
const needs: Record<string, string[]> = {
  "deploy.yml: ci": ["ready"],
  "deploy.yml: build": ["ready", "ci"],
  "deploy.yml: attest": ["build"],
  "deploy.yml: staging": ["ready", "build"],
  "deploy.yml: prod": ["ready", "build", "staging"],
};

/** Of jobs and of steps. What does not ask for a failure is not done after one, and what has no condition is never left out. */
const conditions: Record<string, string> = {
  "ci.yml: zizmor": "github.event_name == 'pull_request'",
  "plan.yml: build": "needs.ready.outputs.is_set_up == 'true'",
  "plan.yml: comment": "${{ !cancelled() && needs.build.result == 'success' }}",
  "deploy.yml: ready": "github.ref == 'refs/heads/main'",
  "deploy.yml: build": "needs.ready.outputs.is_set_up == 'true'",
  "deploy.yml: attest": "${{ !github.event.repository.private }}",
  "deploy-stage.yml: deploy": "${{ inputs.digest }}",
  "deploy-stage.yml: deploy: Refuse to go back": "${{ !inputs.may_go_back }}",
  // Not where the release was not reached: then nothing is to be put back, and the bytes may not be those of the build.
  "deploy-stage.yml: deploy: Put back what was not released":
    "${{ (failure() || cancelled()) && steps.release.outcome != 'skipped' }}",
  "deploy-stage.yml: explain": "${{ inputs.trust }}",
  "drift.yml: ready": "github.ref == 'refs/heads/main'",
  "drift.yml: build": "needs.ready.outputs.is_set_up == 'true'",
  "drift.yml: report": "${{ !cancelled() && needs.build.result == 'success' }}",
};

type Found = [where: string, value: unknown];

const credentials = "aws-actions/configure-aws-credentials";

const inputs: Record<string, Record<string, unknown>> = {
  "actions/checkout": { "persist-credentials": false }, // which would leave a token behind
  "actions/setup-node": { "package-manager-cache": false }, // which another job may have filled
  "hashicorp/setup-terraform": { terraform_wrapper: false }, // which swallows signals and exit codes
  [credentials]: { "allowed-account-ids": "${{ secrets.AWS_ACCOUNT_ID }}", "mask-aws-account-id": true },
};

export const rules: Rules = {
  "only a push to main, a pull request, the clock or a person starts a workflow": (texts) =>
    Object.entries(workflowsIn(texts)).flatMap(([file, { on }]) =>
      Object.entries(on)
        .filter(([event, filter]) =>
          event === "push"
            ? !isDeepStrictEqual(filter, { branches: ["main"] })
            : !["pull_request", "schedule", "workflow_dispatch", "workflow_call"].includes(event),
        )
        .map(([event]) => `${file}: ${event} is not among what may start it.`),
    ),

  "a workflow has no permission, and of its jobs only those write that must": (texts) => [
    ...Object.entries(workflowsIn(texts))
      .filter(([, { permissions }]) => !isDeepStrictEqual(permissions, {}))
      .map(([file]) => `${file}: permissions at the top must be {}.`),
    ...differences(
      writes,
      jobsIn(texts).map(({ where, job }) => [
        where,
        scopesOf(job)
          .filter(([scope, level]) => level !== "read" || scope !== "contents")
          .map(([scope]) => scope),
      ]),
    ),
  ],

  "the code of packages is never beside a token that may write": (texts) =>
    jobsIn(texts)
      .filter(
        ({ job, steps }) => mayWrite(job) && steps.some(({ run = "" }) => /\b(npm|npx|pip|yarn|pnpm)\b/.test(run)),
      )
      .map(({ where }) => `${where}: it runs a package manager and has a token that may write.`),

  "where people read, nothing of the repository is run": (texts) =>
    stepsWith(texts, "actions/checkout")
      .filter(({ job }) => mayWrite(job, "issues") || mayWrite(job, "pull-requests"))
      .map(({ where }) => `${where}: it checks out what a pull request may have changed.`),

  "every action is pinned to a commit, with its version behind for Dependabot": (texts) =>
    linesWith(texts, /^ +(?:- )?uses: *(.*)$/gm)
      .filter(([, uses]) => !isInRepository(uses) && !/^[\w.-]+(\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(uses))
      .map(([file, uses]) => `${file}: ${uses} is neither pinned nor of this repository.`),

  "actions get the inputs without which they would be unsafe": (texts) =>
    Object.entries(inputs).flatMap(([action, wanted]) =>
      stepsWith(texts, action).flatMap(({ where, step }) =>
        Object.entries(wanted)
          .filter(([input, value]) => step.with?.[input] !== value)
          .map(([input, value]) => `${where}: ${input} must be ${String(value)}.`),
      ),
    ),

  "a role is held for an hour at most, under the name of its run": (texts) =>
    stepsWith(texts, credentials)
      .filter(
        ({ step: { with: given = {} } }) =>
          !(Number(given["role-duration-seconds"]) <= 3600) ||
          !String(given["role-session-name"]).endsWith("-${{ github.run_id }}-${{ github.run_attempt }}"),
      )
      .map(({ where }) => `${where}: role-duration-seconds and role-session-name must say so.`),

  "every job says on which runner it runs and when it is given up": (texts) =>
    jobsIn(texts)
      .filter(({ file, job: { uses, "runs-on": runner, "timeout-minutes": minutes = 0 } }) => {
        const most = file === "nightly.yml" ? 350 : 60; // at night nobody waits
        return uses === undefined && !(runner === "ubuntu-24.04" && minutes >= 1 && minutes <= most);
      })
      .map(({ where }) => `${where}: it must run on ubuntu-24.04, and have timeout-minutes.`),

  "a deployment needs CI, and prod needs staging": (texts) =>
    differences(
      needs,
      jobsIn(texts)
        .filter(({ file }) => file === "deploy.yml")
        .map(({ where, job }) => [where, [job.needs ?? []].flat()]),
    ),

  "nothing is left out or done after a failure but what is there for that": (texts) =>
    differences(
      conditions,
      jobsIn(texts).flatMap(({ where, job, steps }) => [
        [where, job.if],
        ...steps.map((step): Found => [`${where}: ${step.name ?? step.uses ?? step.run ?? ""}`, step.if]),
      ]),
    ),

  "nothing that fails is passed over": (texts) => [
    ...jobsIn(texts)
      .filter(({ job, steps }) => [job, ...steps].some((one) => one["continue-on-error"] !== undefined))
      .map(({ where }) => `${where}: continue-on-error would let it go on after a failure.`),
    ...Object.entries(workflowsIn(texts))
      .filter(([, { defaults }]) => defaults?.run?.shell !== "bash")
      .map(([file]) => `${file}: defaults.run.shell must be bash: without it there is no pipefail.`),
  ],

  "a release hears that it is cancelled, and has time to put everything back": (texts) => {
    const release = workflowsIn(texts)["deploy-stage.yml"]?.jobs["deploy"]?.steps?.find(({ id }) => id === "release");
    const { run = "", "timeout-minutes": minutes = 0 } = release ?? {};
    return [
      ...(/^exec node dist\/release\/release\.mjs [^|]*$/m.test(run)
        ? []
        : ["it must end in exec node, without a pipe."]),
      // A canary takes up to 15 minutes, and the role is held for 60.
      ...(minutes > 15 && minutes <= 20 ? [] : ["it must have 16 to 20 minutes."]),
    ].map((complaint) => `deploy-stage.yml: release: ${complaint}`);
  },

  "one deployment of a stage at a time, and none is cancelled": (texts) =>
    differences(
      { "deploy-stage.yml: deploy": { group: "deploy-${{ inputs.stage }}", "cancel-in-progress": false } },
      jobsIn(texts).map(({ where, job }) => [where, job.concurrency]),
    ),

  "no expression stands in a line of shell, where its value would be run": (texts) =>
    jobsIn(texts).flatMap(({ where, steps }) =>
      steps.filter(({ run = "" }) => run.includes("${{")).map(({ run = "" }) => `${where}: pass it by env: ${run}`),
    ),

  "AWS_ACCOUNT_ID is the only secret, and is passed by its name": (texts) =>
    linesWith(texts, /\bsecrets\b(?!:\n)(?!\.AWS_ACCOUNT_ID\b)(.*)/g).map(([file, rest]) => `${file}: secrets${rest}`),

  "a deployment verifies the bytes first, and applies the plan that it has looked at": (texts) => {
    const { steps = [] } = jobsIn(texts).find(({ where }) => where === "deploy-stage.yml: deploy") ?? {};
    const text = steps.map(({ uses, run }) => uses ?? run).join("\n");
    return inOrder
      .filter((part, index) => {
        const before = inOrder[index - 1];
        return text.split(part).length !== 2 || (before !== undefined && text.indexOf(before) > text.indexOf(part));
      })
      .map((part) => `deploy-stage.yml: ${part} must be there once, and in its place.`);
  },
};

const inOrder = [
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

/** In words, as write-all, permissions are all of them; without a word there are those at the top, which are none. */
function scopesOf({ permissions = {} }: Job): [scope: string, level: string][] {
  return typeof permissions === "string" ? [["all", "write"]] : Object.entries(permissions);
}

function mayWrite(job: Job, wanted?: string): boolean {
  return scopesOf(job).some(([scope, level]) => level === "write" && (wanted ?? scope) === scope);
}

/** By file, what the pattern's group has matched in its text. */
function linesWith(texts: Texts, pattern: RegExp): [file: string, found: string][] {
  return Object.entries(texts).flatMap(([file, text]) =>
    [...text.matchAll(pattern)].map(([, found = ""]): [string, string] => [file, found]),
  );
}

/** One sentence for each that differs; what is empty or undefined need not be wanted. */
function differences(wanted: Record<string, unknown>, found: Found[]): string[] {
  const all = Object.fromEntries(found.filter(([, value]) => value !== undefined && !isDeepStrictEqual(value, [])));
  return [...new Set([...Object.keys(wanted), ...Object.keys(all)])]
    .filter((where) => !isDeepStrictEqual(wanted[where], all[where]))
    .map((where) => `${where}: must be ${JSON.stringify(wanted[where])}, not ${JSON.stringify(all[where])}.`);
}
