import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../../infra/testing/scratch.ts";
import { jobsIn, readTexts } from "./workflows.ts";

const steps = jobsIn(readTexts()).flatMap((job) => job.steps);
const shellOf = (wanted: string) => steps.find(({ name }) => name === wanted)?.run ?? "exit 9";
const digest = shellOf("Say which plan this is");
const refuse = shellOf("Refuse another plan than was approved");

const bin = scratchFolder({ terraform: '#!/bin/sh\nprintf "%s\\n" "$PLAN"\n' });
chmodSync(join(bin, "terraform"), 0o755);

const bash = ["--noprofile", "--norc", "-eo", "pipefail"];

/** Runs a step as GitHub does, with this plan shown by Terraform. */
function run(shell: string, cwd: string, plan: string, approved = "", programs = bin) {
  const PATH = `${programs}${delimiter}${process.env["PATH"] ?? ""}`;
  const env = { ...process.env, PATH, PLAN: plan, APPROVED: approved, GITHUB_OUTPUT: "output.txt" };
  const { status, stdout } = spawnSync("bash", [...bash, "-c", shell], {
    cwd,
    env,
    encoding: "utf8",
  });
  return { status, stdout };
}

function approve(plan: string): string {
  const folder = scratchFolder({ "shown.txt": `${plan}\n` });
  run(digest, folder, plan);
  return /^digest=([0-9a-f]{64})\n$/.exec(readFileSync(join(folder, "output.txt"), "utf8"))?.[1] ?? "";
}

test("a deployment continues with the plan that was shown", () => {
  const { status } = run(refuse, scratchFolder(), "Plan: 1 to add", approve("Plan: 1 to add"));
  expect(status).toBe(0);
});

test("a deployment stops with another plan, and says what to do", () => {
  const { status, stdout } = run(refuse, scratchFolder(), "Plan: 1 to destroy", approve("Plan: 1 to add"));
  expect(status).toBe(1);
  expect(stdout).toContain("::error::This plan is not the approved one: something has changed since.");
});

describe("an apply", () => {
  const stage = "  # aws_apigatewayv2_stage.this will be created\n";
  const planned = `  # aws_apigatewayv2_api.this will be created\n${stage}  # module.function["get-event"].aws_lambda_alias.live will be created\n`;
  const hiccup =
    "│ Error: creating API Gateway v2 Stage (prod): operation error ApiGatewayV2: CreateStage, https response error StatusCode: 404, RequestID: 1, NotFoundException: Cannot find log delivery named: abcdefghij_.prod\n";
  const other = "│ Error: creating IAM Role (a): AccessDenied\n";
  const upToLook = ["apply", "show -no-color", "plan", "show -json"];
  const twice = [...upToLook, "show -no-color", "apply"];

  // Answers each call of a command with the file of that number, and fails if that contains an error.
  const programs = scratchFolder({
    terraform: `#!/bin/sh
echo "$2 $3" >> calls.txt
answer="$2$(grep --count "^$2 " calls.txt).txt"
[ ! -f "$answer" ] || cat "$answer"
! grep --quiet --no-messages "Error: " "$answer"
`,
  });
  chmodSync(join(programs, "terraform"), 0o755);
  const look = 'import fs from "node:fs"; process.exitCode = fs.readFileSync(0, "utf8").includes("a loss") ? 1 : 0;';

  function apply(answers: Record<string, string>) {
    const folder = scratchFolder({
      "dist/release/check-plan.mjs": look,
      "show1.txt": planned,
      "show3.txt": stage,
      ...answers,
    });
    const { status, stdout } = run(shellOf("Apply"), folder, "", "", programs);
    const calls = readFileSync(join(folder, "calls.txt"), "utf8").trim().split("\n");
    return {
      status,
      calls: calls.map((call) => call.replace(" -lock-timeout=10m", "")),
      commands: [...stdout.matchAll(/^::(\w+)::/gm)].map(([, command]) => command),
    };
  }

  test.each<[what: string, answers: Record<string, string>, outcome: object]>([
    ["runs once if nothing fails", {}, { status: 0, calls: ["apply"], commands: [] }],
    [
      "runs once more if only the new API's stage failed",
      { "apply1.txt": hiccup },
      { status: 0, calls: twice, commands: ["notice"] },
    ],
    [
      "does not run a third time",
      { "apply1.txt": hiccup, "apply2.txt": hiccup },
      { status: 1, calls: twice, commands: ["notice"] },
    ],
    ["stops if something else failed", { "apply1.txt": other }, { status: 1, calls: ["apply"], commands: [] }],
    [
      "stops if something else failed too",
      { "apply1.txt": hiccup + other },
      { status: 1, calls: ["apply"], commands: [] },
    ],
    [
      "stops if the rest cannot be planned",
      { "apply1.txt": hiccup, "plan1.txt": other },
      { status: 1, calls: upToLook.slice(0, 3), commands: ["notice"] },
    ],
    [
      "stops if the rest would lose something",
      { "apply1.txt": hiccup, "show2.txt": "a loss" },
      { status: 1, calls: upToLook, commands: ["notice"] },
    ],
    [
      "stops if the rest was not in the approved plan",
      { "apply1.txt": hiccup, "show3.txt": `${stage}  # aws_dynamodb_table.this must be replaced\n` },
      { status: 1, calls: twice.slice(0, -1), commands: ["notice", "error"] },
    ],
    [
      "stops if the rest is now replaced instead of created",
      { "apply1.txt": hiccup, "show3.txt": stage.replace("will be created", "must be replaced") },
      { status: 1, calls: twice.slice(0, -1), commands: ["notice", "error"] },
    ],
  ])("%s", (_what, answers, outcome) => {
    expect(apply(answers)).toEqual(outcome);
  });
});

describe("a cancelled run", () => {
  const programs = scratchFolder({
    terraform: `#!/bin/sh
echo "$2" >> calls.txt
trap 'echo told >> signals.txt; kill "$waiting"; exit 1' INT TERM
sleep 1000 &
waiting=$!
touch started
wait
`,
  });
  chmodSync(join(programs, "terraform"), 0o755);

  // From a file, as GitHub does: with -c bash itself replaces itself by a last command.
  test.each<[name: string, signals: NodeJS.Signals[]]>([
    ["Plan", ["SIGINT"]],
    ["Apply", ["SIGINT", "SIGTERM"]], // Terraform gets only one
  ])("lets Terraform end its %s, and starts nothing after it", async (name, signals) => {
    const cwd = scratchFolder({ "step.sh": shellOf(name) });
    const env = { ...process.env, PATH: `${programs}${delimiter}${process.env["PATH"] ?? ""}`, STAGE: "staging" };
    const shell = spawn("bash", [...bash, "step.sh"], { cwd, env, stdio: "ignore" });
    const ended = once(shell, "exit");
    await expect.poll(() => existsSync(join(cwd, "started")), { timeout: 120_000 }).toBe(true);
    for (const signal of signals) shell.kill(signal);
    expect((await ended)[0]).toBe(1);
    const lines = (file: string) => readFileSync(join(cwd, file), "utf8").trim().split("\n");
    expect([lines("signals.txt"), lines("calls.txt")]).toEqual([["told"], [name.toLowerCase()]]);
  });
});
