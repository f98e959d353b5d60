import { describe, expect, test } from "vitest";
import { names } from "./names.ts";
import { rules as safety } from "./rules.ts";
import { readTexts } from "./workflows.ts";

const texts = readTexts();
const rules = [...safety, ...names];

test.each(rules)("$claim", ({ complaints }) => {
  expect(complaints(texts)).toEqual([]);
});

/** Something put wrong in a workflow, and the begin of the one claim that it breaks. */
const mutations: [what: string, file: string, old: string, wrong: string, claim: string][] = [
  ["a trigger for strangers", "ci.yml", "  pull_request:\n", "  pull_request_target:\n", "each workflow starts when"],
  [
    "a trigger by other workflows",
    "deploy.yml",
    "  workflow_dispatch:\n",
    "  workflow_run:\n    workflows: [CI]\n  workflow_dispatch:\n",
    "each workflow starts when",
  ],
  ["deployment of every branch", "deploy.yml", "branches: [main]", 'branches: ["**"]', "each workflow starts when"],
  ["every permission", "ci.yml", "permissions: {}", "permissions: write-all", "a workflow has no permission"],
  ["no word on permissions", "plan.yml", "permissions: {}\n\ndefaults", "defaults", "a workflow has no permission"],
  ["a permission too many", "drift.yml", "issues: write", "pull-requests: write", "a workflow has no permission"],
  [
    "a token for the build",
    "deploy-stage.yml",
    "node .github/scripts/explain-token.ts",
    "node --version",
    "a token that AWS takes",
  ],
  [
    "packages beside the role",
    "deploy-stage.yml",
    "      - name: Release",
    "      - run: npm ci\n      - name: Release",
    "the code of packages",
  ],
  [
    "an action by its tag",
    "ci.yml",
    "3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "v7",
    "every action is pinned",
  ],
  [
    "an action by an unknown commit",
    "ci.yml",
    "3d3c42e5aac5ba805825da76410c181273ba90b1",
    "3d3c42e5aac5ba805825da76410c181273ba90b2",
    "every action is pinned",
  ],
  ["a version that the commit has not", "ci.yml", "# v7.0.1", "# v7.0.2", "every action is pinned"],
  [
    "an action by a stranger",
    "ci.yml",
    "- run: npm ci",
    "- uses: someone/setup@3d3c42e5aac5ba805825da76410c181273ba90b1 # v1\n      - run: npm ci",
    "every action is pinned",
  ],
  [
    "a token in the checkout",
    "plan.yml",
    "persist-credentials: false",
    "persist-credentials: true",
    "a checkout leaves",
  ],
  ["a cache", "deploy.yml", "package-manager-cache: false", "package-manager-cache: true", "no job restores"],
  ["a runner that changes", "ci.yml", "ubuntu-24.04", "ubuntu-latest", "every job says on which runner"],
  ["no timeout", "deploy-stage.yml", "    timeout-minutes: 60\n", "", "every job says on which runner"],
  ["deployment without CI", "deploy.yml", "needs: [ready, ci]", "needs: [ready]", "each job follows"],
  [
    "deployment whatever CI says",
    "deploy.yml",
    "    if: needs.ready.outputs.is_set_up == 'true'",
    "    if: always() && needs.ready.outputs.is_set_up == 'true'",
    "each job follows",
  ],
  ["prod beside staging", "deploy.yml", "needs: [ready, build, staging]", "needs: [ready, build]", "each job follows"],
  [
    "prod after a failure in staging",
    "deploy.yml",
    "    needs: [ready, build, staging]",
    "    needs: [ready, build, staging]\n    if: ${{ !cancelled() }}",
    "each job follows",
  ],
  [
    "deployment by hand from any branch",
    "deploy.yml",
    "    if: github.ref == 'refs/heads/main'\n",
    "",
    "each job follows",
  ],
  [
    "deployment without secret",
    "deploy.yml",
    "    if: needs.ready.outputs.is_set_up == 'true'\n",
    "",
    "each job follows",
  ],
  [
    "tests that may fail",
    "ci.yml",
    "      - run: npm test",
    "      - run: npm test\n        continue-on-error: true",
    "nothing that fails",
  ],
  [
    "a pipe that hides failures",
    "deploy-stage.yml",
    "    shell: bash #",
    "    shell: sh #",
    "a step that fails in a pipe",
  ],
  [
    "deployments that cancel each other",
    "deploy-stage.yml",
    "cancel-in-progress: false",
    "cancel-in-progress: true",
    "one deployment of a stage",
  ],
  [
    "one group for all stages",
    "deploy-stage.yml",
    "group: deploy-${{ inputs.stage }}",
    "group: ${{ github.workflow }}",
    "one deployment of a stage",
  ],
  [
    "a pull request's title in the shell",
    "plan.yml",
    '          echo "is_set=$IS_SET"',
    "          echo '${{ github.event.pull_request.title }}'\n          echo \"is_set=$IS_SET\"",
    "no expression stands",
  ],
  [
    "another secret",
    "deploy.yml",
    "IS_SET: ${{ secrets.AWS_ACCOUNT_ID",
    "IS_SET: ${{ secrets.AWS_SECRET_ACCESS_KEY",
    "AWS_ACCOUNT_ID is the only secret",
  ],
  [
    "all secrets",
    "deploy.yml",
    "    secrets:\n      AWS_ACCOUNT_ID: ${{ secrets.AWS_ACCOUNT_ID }}",
    "    secrets: inherit",
    "AWS_ACCOUNT_ID is the only secret",
  ],
  [
    "the wrapper",
    "deploy-stage.yml",
    "terraform_wrapper: false",
    "terraform_wrapper: true",
    "Terraform has no wrapper",
  ],
  [
    "no look at the digest",
    "deploy-stage.yml",
    "          sha256sum --check --strict SHA256SUMS\n",
    "",
    "a deployment verifies",
  ],
  [
    "no look at the plan",
    "deploy-stage.yml",
    "      - name: Refuse to lose data\n        run: terraform -chdir=infra show -json stack.tfplan | node dist/release/check-plan.mjs\n",
    "",
    "a deployment verifies",
  ],
  [
    "another plan than the one that was looked at",
    "deploy-stage.yml",
    "apply -lock-timeout=10m stack.tfplan",
    "apply -auto-approve",
    "a deployment verifies",
  ],
  [
    "no way back",
    "deploy-stage.yml",
    "run: terraform -chdir=infra output -json | node dist/release/release.mjs roll-back",
    "run: echo",
    "a deployment verifies",
  ],
  [
    "a way back for runs that are not cancelled only",
    "deploy-stage.yml",
    "(failure() || cancelled()) && ",
    "failure() && ",
    "no step runs after",
  ],
  [
    "a way back by bytes that nobody has verified",
    "deploy-stage.yml",
    " && steps.release.outcome != 'skipped'",
    "",
    "no step runs after",
  ],
  [
    "an apply after a failure",
    "deploy-stage.yml",
    "      - name: Apply\n",
    "      - name: Apply\n        if: always()\n",
    "no step runs after",
  ],
  ["a release that does not hear", "deploy-stage.yml", "exec node dist", "node dist", "a release hears"],
  ["a release in a pipe", "deploy-stage.yml", "< outputs.json", "< outputs.json | tee log", "a release hears"],
  [
    "a release for an hour",
    "deploy-stage.yml",
    "        timeout-minutes: 20\n",
    "        timeout-minutes: 60\n",
    "a release hears",
  ],
  [
    "a role for half a day",
    "deploy-stage.yml",
    "role-duration-seconds: 3600",
    "role-duration-seconds: 43200",
    "a role is held",
  ],
  ["any account", "plan.yml", "          allowed-account-ids: ${{ secrets.AWS_ACCOUNT_ID }}\n", "", "a role is held"],

  [
    "a stage without environment file",
    "deploy.yml",
    "      stage: staging",
    "      stage: test",
    "the stages are those",
  ],
  ["a stage that is not planned", "plan.yml", "stage: [staging, prod]", "stage: [prod]", "the stages are those"],
  [
    "a stage that cannot be explained",
    "deploy-stage.yml",
    "options: [staging, prod]",
    "options: [prod]",
    "the stages are those",
  ],
  [
    "an environment of another name",
    "deploy-stage.yml",
    "      name: ${{ inputs.stage }}",
    "      name: ${{ inputs.stage }}-live",
    "the environment of a deployment",
  ],
  [
    "a plan in an environment",
    "plan.yml",
    "    name: Plan ${{ matrix.stage }}\n",
    "    name: Plan ${{ matrix.stage }}\n    environment: prod\n",
    "the environment of a deployment",
  ],
  [
    "a role of another name",
    "deploy-stage.yml",
    "-deploy-${{ inputs.stage }}\n          role-session",
    "-${{ inputs.stage }}\n          role-session",
    "each role has the name",
  ],
  [
    "another project",
    "plan.yml",
    "vars.PROJECT || 'events-api' }}-plan",
    "vars.PROJECT || 'event-api' }}-plan",
    "each role has the name",
  ],
  [
    "another bucket",
    "deploy-stage.yml",
    "$TF_VAR_project-state-",
    "$TF_VAR_project-states-",
    "the state is in the bucket",
  ],
  ["another key", "drift.yml", "$STAGE/terraform.tfstate", "$STAGE.tfstate", "the state is in the bucket"],
  [
    "another region",
    "plan.yml",
    "vars.AWS_REGION || 'ap-southeast-1'",
    "vars.AWS_REGION || 'us-east-1'",
    "the region is that of oidc/",
  ],
  [
    "another Terraform",
    "ci.yml",
    'terraform_version: "1.11.4"',
    'terraform_version: "1.12.0"',
    "all jobs have one Terraform",
  ],
  ["a Node of its own", "deploy.yml", 'node-version: "22"', 'node-version: "24"', "all jobs have one Terraform"],
];

describe("these rules notice", () => {
  test.each(mutations)("%s in %s", (_what, file, old, wrong, claim) => {
    const text = texts[file] ?? "";
    expect(text).toContain(old);
    const mutated = { ...texts, [file]: text.replace(old, wrong) };
    const broken = rules.filter(({ complaints }) => complaints(mutated).length > 0);
    expect(broken.map((rule) => rule.claim)).toEqual([expect.stringMatching(`^${claim}`)]);
  });

  test("deploy-stage.yml under another name, which the deploy role does not trust", () => {
    const { "deploy-stage.yml": moved = "", ...others } = texts;
    const mutated = { ...others, "release-stage.yml": moved };
    const broken = rules.filter(({ complaints }) => complaints(mutated).length > 0).map(({ claim }) => claim);
    expect(broken).toContain("the roles trust the files that take them, and no other");
  });
});
