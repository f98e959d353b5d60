import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rules as all } from "./rules.ts";
import { readTexts } from "./workflows.ts";

const texts = readTexts();
const rules = Object.entries(all);

test.each(rules)("%s", (_claim, complaints) => {
  expect(complaints(texts)).toEqual([]);
});

test("no rule depends on a pin: Dependabot's updates of the workflows break none", () => {
  const pin = /@[0-9a-f]{40} # v[\d.]+/g;
  const updated = Object.fromEntries(
    Object.entries(texts).map(([file, text]) => [file, text.replaceAll(pin, `@${"a".repeat(40)} # v99.0.1`)]),
  );
  expect(updated).not.toEqual(texts);
  expect(rules.flatMap(([, complaints]) => complaints(updated))).toEqual([]);
});

/** Mistakes in a workflow, by the start of the one claim that each breaks. */
const mutations: Record<string, [what: string, file: string, old: string | RegExp, wrong: string][]> = {
  "every workflow, job and step is as": [
    ["a trigger for strangers", "ci", "  pull_request:\n", "  pull_request_target:\n"],
    ["a trigger by other workflows", "deploy", "  workflow_dispatch:\n", "  workflow_run:\n  workflow_dispatch:\n"],
    ["deployment of every branch", "deploy", "branches: [main]", 'branches: ["**"]'],
    ["an extra permission", "drift", "issues: write", "pull-requests: write"],
    ["a token where none is needed", "deploy", "contents: read", "id-token: write"],
    ["a permission for a job without any", "plan", "    permissions: {}", "    permissions:\n      actions: read"],
    ["an environment without its protection", "deploy-stage", "name: ${{ inputs.stage }}", "name: live"],
    ["a plan in an environment", "plan", "    name: Plan ${{", "    environment: prod\n    name: Plan ${{"],
    ["deployment without CI", "deploy", "needs: [ready, ci]", "needs: [ready]"],
    ["prod before staging", "deploy", /stage: staging([^]*)stage: prod/, "stage: prod$1stage: staging"],
    ["prod without its approved plan", "deploy", "      plan: ${{ needs.plan.outputs.digest }}\n", ""],
    ["prod with any plan", "deploy", "plan: ${{ needs.plan.outputs.digest }}", "plan: any"],
    ["a deployment that may always go back", "deploy", "may_go_back: ${{ inputs.commit != '' }}", "may_go_back: true"],
    ["another commit in CI", "deploy", "    with:\n      commit: ${{ needs.ready.outputs.commit }}\n", ""],
    ["prod beside staging", "deploy", "needs: [ready, build, staging]", "needs: [ready, build]"],
    ["prod beside older waiting releases", "deploy", ", plan, newest]", ", plan]"],
    ["deployment whatever CI says", "deploy", "if: needs.ready", "if: always() && needs.ready"],
    [
      "prod after a failure",
      "deploy",
      "    needs: [ready, build, s",
      "    if: ${{ !cancelled() }}\n    needs: [ready, build, s",
    ],
    ["deployment by hand of any branch", "deploy", "    if: github.ref == 'refs/heads/main'\n", ""],
    ["a search for drift without an account", "drift", " && vars.AWS_REGION != ''", ""],
    ["unrequested nightly runs", "nightly", "vars.NIGHTLY == 'true'", "true"],
    ["deployment without secret", "deploy", "    if: needs.ready.outputs.is_set_up == 'true'\n", ""],
    ["no roll-back of cancelled runs", "deploy-stage", "(failure() || cancelled()) && ", "failure() && "],
    ["a roll-back by unverified bytes", "deploy-stage", " && steps.release.outcome != 'skipped'", ""],
    [
      "an apply after a failure",
      "deploy-stage",
      "      - name: Apply\n",
      "      - name: Apply\n        if: always()\n",
    ],
    [
      "a skipped check of the plan",
      "deploy-stage",
      "- name: Refuse to lose or expose data",
      "- name: Refuse to lose or expose data\n        if: false",
    ],
    ["tests that may fail on every Node.js", "ci", "${{ matrix.node == 'latest' }}", "true"],
    ["tests that may fail", "ci", "- run: npm test", "- run: npm test\n        continue-on-error: true"],
    ["deployments that cancel each other", "deploy-stage", "cancel-in-progress: false", "cancel-in-progress: true"],
    ["one group for all stages", "deploy-stage", "group: deploy-${{ inputs.stage }}", "group: ${{ github.workflow }}"],
  ],
  "a workflow's permissions": [
    ["every permission", "ci", "permissions: {}", "permissions: write-all"],
    ["missing permissions", "plan", "permissions: {}\n\ndefaults", "defaults"],
    ["a pipe that hides failures", "deploy-stage", "    shell: bash #", "    shell: sh #"],
  ],
  "no package manager": [
    ["packages beside the role", "deploy-stage", "      - name: Apply", "      - run: npm ci\n      - name: Apply"],
    ["packages in this repository's action", "../actions/plan-stage/action", "run: terraform", "run: npx terraform"],
  ],
  "a job that posts": [
    [
      "a pull request's code beside the comment",
      "plan",
      / {6}- uses: actions\/download-artifact\S+ # \S+\n {8}with:\n {10}pattern/,
      `      - uses: actions/checkout@${"a".repeat(40)} # v7.0.1\n        with:\n          persist-credentials: false\n$&`,
    ],
  ],
  "actions get": [
    ["a token in the checkout", "plan", "persist-credentials: false", "persist-credentials: true"],
    ["tests of another commit", "ci", "          ref: ${{ inputs.commit }}\n", ""],
    ["a build of another commit", "deploy", "ref: ${{ needs.ready.outputs.commit }}", "ref: ${{ github.sha }}"],
    ["a cache", "deploy", "package-manager-cache: false", "package-manager-cache: true"],
    ["the wrapper", "deploy-stage", "terraform_wrapper: false", "terraform_wrapper: true"],
    ["OpenTofu's wrapper", "upgrade", "tofu_wrapper: false", "tofu_wrapper: true"],
    ["a role for half a day", "deploy-stage", "role-duration-seconds: 3600", "role-duration-seconds: 43200"],
    ["a session without its run", "deploy-stage", "-${{ github.run_attempt }}", ""],
    ["any account", "plan", "          allowed-account-ids: ${{ secrets.AWS_ACCOUNT_ID }}\n", ""],
    ["a Node.js of its own", "deploy", "node-version-file: .nvmrc", 'node-version: "22"'],
    [
      "a Node.js that overrides the file",
      "deploy",
      "node-version-file",
      'node-version: "22"\n          node-version-file',
    ],
    ["the runner's Node.js", "plan", "          node-version-file: .nvmrc\n", ""],
    ["one Node.js for all tests", "ci", "node-version: ${{ matrix.node }}", "node-version-file: .nvmrc"],
    [
      "a Terraform of its own",
      "plan",
      "terraform_version: ${{ steps.terraform.outputs.version }}",
      'terraform_version: "1.12.0"',
    ],
    ["the newest Terraform", "drift", "          terraform_version: ${{ steps.terraform.outputs.version }}\n", ""],
  ],
  "what a cut plan refers to": [["a plan that is lost", "deploy", "path: plans/", "path: dist/"]],
  "a step terraform reads": [["another file", "deploy-stage", "' .terraform-version", "' .tool-versions"]],
  "every job runs on": [
    ["a runner that changes", "ci", "ubuntu-24.04", "ubuntu-latest"],
    ["no timeout", "deploy-stage", "    timeout-minutes: 60\n", ""],
  ],
  "a deployment verifies": [
    ["no check of the digest", "deploy-stage", "          sha256sum --check --strict SHA256SUMS\n", ""],
    ["no check of the plan", "deploy-stage", " | node dist/release/check-plan.mjs", ""],
    ["no check of the rest", "deploy-stage", /(check-plan\.mjs[^]*) \| node dist\/release\/check-plan\.mjs/, "$1"],
    ["another plan", "deploy-stage", "apply -lock-timeout=10m stack.tfplan", "apply -auto-approve"],
    ["no roll-back", "deploy-stage", "| node dist/release/release.mjs roll-back", ""],
    ["a release that gets no signal", "deploy-stage", "exec node dist", "node dist"],
    ["a release in a pipe", "deploy-stage", "< outputs.json", "< outputs.json | tee log"],
  ],
  "a release has time": [
    ["a release for an hour", "deploy-stage", "        timeout-minutes: 20\n", "        timeout-minutes: 60\n"],
  ],
  "the stages are those": [
    ["an unplanned stage", "plan", "stage: [staging, prod]", "stage: [prod]"],
    ["an unreported stage", "drift", "for stage in staging prod;", "for stage in prod;"],
    ["a stage that cannot be explained", "explain", "options: [staging, prod]", "options: [prod]"],
  ],
};

describe.each(Object.entries(mutations))("that %s... notices", (claim, wrongs) => {
  test.each(wrongs)("%s in %s.yml", (_what, name, old, wrong) => {
    const file = join("workflows", `${name}.yml`);
    const text = texts[file] ?? "";
    const mutated = { ...texts, [file]: text.replace(old, wrong) };
    expect(mutated[file]).not.toBe(text);
    const broken = rules.filter(([, complaints]) => complaints(mutated).length > 0);
    expect(broken.map(([each]) => each)).toEqual([expect.stringMatching(`^${claim}`)]);
  });
});

test("every rule has a mistake that breaks it", () => {
  const begins = Object.keys(mutations);
  expect(rules.map(([claim]) => claim).filter((claim) => !begins.some((begin) => claim.startsWith(begin)))).toEqual([]);
});
