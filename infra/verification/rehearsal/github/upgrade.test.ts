import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { root } from "../../../build/functions.ts";
import { scratchFolder } from "../../../testing/scratch.ts";
import { jobOf } from "../pipeline/runs.ts";
import { runWorkflow, type Extent } from "./run-workflow.ts";
import type { Substitute } from "./runner.ts";
import { bot, startServices, type Issue } from "./services.ts";

// upgrade.yml: what it tries, with programs that only print their arguments, and what it reports, with gh's stand-in.

const services = await startServices(() => Promise.resolve(""));
const { issues: gitHub } = services;

afterAll(services.stop);
beforeEach(() => {
  Object.assign(gitHub, { isEnabled: true, issues: [], comments: [], done: [] });
});

/** Runs one of its jobs, with folders before the PATH. */
async function run(name: string, path: string, substitutes: Record<string, Substitute>, extent: Extent) {
  const github = {
    event_name: "workflow_dispatch",
    repository: "acme/events-api",
    server_url: "https://github.com",
    api_url: services.url,
    token: "t",
    run_id: "1",
  };
  const environmentOf = () => ({ PATH: `${path}:${process.env["PATH"] ?? ""}` });
  const runner = { path: scratchFolder(), environmentOf, substitutes };
  const contexts = { github, vars: {}, secrets: {} };
  const setting = { repositoryPath: root, file: ".github/workflows/upgrade.yml", runner, extent, contexts };
  return jobOf(await runWorkflow(setting), name);
}

/** Runs its last job with the earlier jobs' findings, by file name; returns its output. */
async function report(found: Record<string, string>): Promise<{ result: string; output: string }> {
  const download: Substitute = ({ workspace }) => {
    mkdirSync(join(workspace, "found"));
    for (const [name, text] of Object.entries(found)) writeFileSync(join(workspace, "found", name), text);
  };
  const substitutes = { "actions/download-artifact": download };
  const { result, steps } = await run("report", join(import.meta.dirname, "bin"), substitutes, {
    settled: { try: "failure" },
  });
  return { result, output: steps.at(-1)?.output ?? "" };
}

const head = `<!-- upgrade.yml -->

Results of the main branch with the newest AWS provider, Terraform, OpenTofu and the next runtime. How to move:
"Moving to nodejs24.x and provider 6" in infra/README.md. The workflow that opened this issue updates it.
`;
const found = { "terraform.md": "### terraform, nodejs24.x\n\n- passed: `x`\n", "tofu.md": "### tofu, nodejs24.x\n" };
const opened: Issue = {
  number: 1,
  title: "Newer AWS provider, Terraform and runtime",
  body: `${head}\n${found["terraform.md"]}\n${found["tofu.md"]}`,
  state: "open",
  user: bot,
};

test("opens one issue, leaves it alone while the results are the same, otherwise updates it and comments for its subscribers", async () => {
  expect(await report(found)).toEqual({ result: "success", output: "" });
  expect([gitHub.issues, gitHub.comments]).toEqual([[opened], []]);
  await report(found);
  expect(gitHub.done).toEqual(["POST issues"]);
  await report({ "tofu.md": found["tofu.md"] });
  const body = `${head}\n**terraform was not tried**: the run says why.\n\n${found["tofu.md"]}`;
  expect(gitHub.issues).toEqual([{ ...opened, body }]);
  expect(gitHub.comments).toMatchObject([
    { on: 1, body: "[The results have changed.](https://github.com/acme/events-api/actions/runs/1)" },
  ]);
});

test("never touches what others wrote, even with its mark", async () => {
  gitHub.issues = [{ ...opened, user: { login: "octocat", type: "User" } }];
  const others = structuredClone(gitHub.issues);
  await report({ "tofu.md": found["tofu.md"] });
  expect([gitHub.issues.slice(0, 1), gitHub.issues.length]).toEqual([others, 2]);
});

test("says where the results are shown if issues are disabled, and passes", async () => {
  gitHub.isEnabled = false;
  expect(await report(found)).toEqual({
    result: "success",
    output: expect.stringMatching(/^::notice::The results are shown only in .*\n$/) as string,
  });
  expect(gitHub.done).toEqual([]);
});

test("tries each part, whatever the others' results, with the program's newest version and the next runtime", async () => {
  const programs = scratchFolder({
    tofu: '#!/bin/sh\necho "tofu $* with $(grep --only-matching nodejs.*x infra/functions.tf)"\n[ "$*" != "-chdir=oidc validate" ] || { echo "Error: \\`\\`\\`"; exit 1; }\n',
    npm: '#!/bin/sh\necho "Warning: old"; terraform of the rehearsal\n',
  });
  for (const name of ["tofu", "npm"]) chmodSync(join(programs, name), 0o755);
  let text = "";
  const none: Substitute = () => undefined;
  const checkOut: Substitute = ({ workspace }) => {
    mkdirSync(join(workspace, "infra/environments"), { recursive: true });
    writeFileSync(join(workspace, "infra/functions.tf"), 'default = "nodejs22.x"\n');
    writeFileSync(join(workspace, "infra/environments/prod.tfvars"), "");
  };
  const upload: Substitute = ({ workspace }) => {
    text = readFileSync(join(workspace, "found/tofu.md"), "utf8");
  };
  const substitutes = {
    "actions/checkout": checkOut,
    "actions/setup-node": none,
    "actions/setup-python": none,
    "hashicorp/setup-terraform": none,
    "opentofu/setup-opentofu": none,
    "npm ci": none,
    "python3 -m pip install --requirement infra/verification/rehearsal/requirements.txt": none,
    "actions/upload-artifact": upload,
  };
  const job = await run("try", programs, substitutes, { matrix: { program: "tofu" }, settled: { report: "skipped" } });
  expect([job.result, job.summary]).toEqual(["success", text]);
  expect(text).toBe(`### tofu, nodejs24.x
    tofu -chdir=infra version with nodejs24.x

- passed: \`terraform -chdir=infra init -upgrade -backend=false\`
- passed: \`terraform -chdir=infra validate\`
- passed: \`terraform -chdir=infra test\`
- passed: \`terraform -chdir=oidc init -upgrade -backend=false\`
- **failed**: \`terraform -chdir=oidc validate\`

      tofu -chdir=oidc validate with nodejs24.x
      Error: \`\`\`

- passed: \`terraform -chdir=oidc test\`
- passed: \`npm run rehearse\`

      Warning: old

`);
});
