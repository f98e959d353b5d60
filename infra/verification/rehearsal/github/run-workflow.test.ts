import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../../../testing/scratch.ts";
import type { JobRun, Substitute } from "./runner.ts";
import { runWorkflow, type Extent, type Setting, type WorkflowRun } from "./run-workflow.ts";

interface Given extends Partial<Pick<Setting["contexts"], "github" | "vars" | "secrets">>, Extent {
  inputs?: Record<string, unknown>;
  /** The repository's other workflows, by path. */
  files?: Record<string, string>;
  substitutes?: Record<string, Substitute>;
}

const bash = "defaults: {run: {shell: bash}}\n";

/** Runs a workflow for a push, in a repository that has it. */
function run(
  workflow: string,
  { files = {}, substitutes = {}, github, inputs, secrets = {}, vars = {}, ...extent }: Given = {},
): Promise<WorkflowRun> {
  const withShell = ([file, text]: [string, string]) => [file, text.includes("defaults:") ? text : `${bash}${text}`];
  const all = Object.entries({ "workflow.yml": workflow, ...files }).map(withShell);
  const repositoryPath = scratchFolder(Object.fromEntries(all) as Record<string, string>);
  const runner = {
    path: scratchFolder(),
    environmentOf: () => ({ PATH: process.env["PATH"], MACHINE: "machine", BOTH: "machine" }),
    substitutes,
  };
  const contexts = { github: { event_name: "push", ...github }, secrets, vars };
  return runWorkflow({ repositoryPath, file: "workflow.yml", runner, extent, contexts }, inputs);
}

/** Runs a job of these steps and returns its result. */
async function runSteps(steps: string, given: Given = {}, beside = ""): Promise<JobRun> {
  const { only } = await run(
    `on:\n  push:\njobs:\n  only:\n${indent(`${beside}\nsteps:\n${indent(steps, 2)}`, 4)}`,
    given,
  );
  if (!only) throw new Error("The job did not run.");
  return only;
}

function indent(text: string, by: number): string {
  return text.trim().replaceAll(/^(?=.)/gm, " ".repeat(by));
}

function outcomes({ steps }: JobRun): Record<string, string> {
  return Object.fromEntries(steps.map(({ name, outcome }) => [name, outcome]));
}

function lastOutput({ steps }: JobRun): string {
  return steps.at(-1)?.output ?? "";
}

describe("a command", () => {
  test("with a pipe whose first program fails, fails", async () => {
    expect((await runSteps("- run: false | cat")).result).toBe("failure");
  });

  test("stops at its first failing line", async () => {
    expect((await runSteps("- run: |\n    echo one\n    false\n    echo two")).steps).toEqual([
      { name: "echo one", outcome: "failure", output: "one\n" },
    ]);
  });

  test("runs in the job's folder, or in a named subfolder", async () => {
    const steps =
      '- run: mkdir -p a/b\n- run: basename "$PWD"\n- {run: \'basename "$PWD"\', working-directory: a/b}\n- run: basename "$PWD"';
    const named = await runSteps(steps, {}, "");
    expect(named.steps.map(({ output }) => output)).toEqual(["", "workspace\n", "b\n", "workspace\n"]);
  });

  test("fails if its folder is missing", async () => {
    const { result, steps } = await runSteps("- {run: echo one, working-directory: nowhere}");
    expect([result, steps[0]?.output]).toEqual([
      "failure",
      expect.stringMatching(/^There is no folder .*\/workspace\/nowhere\.$/),
    ]);
  });

  test("knows the run it belongs to, but not its token", async () => {
    const github = { event_name: "push", sha: "abc", run_id: "7", token: "secret", event: {} };
    const { steps } = await runSteps(
      '- run: echo "$CI $GITHUB_ACTIONS $GITHUB_SHA $GITHUB_RUN_ID ${GITHUB_TOKEN-none} ${GITHUB_EVENT-none} ${GITHUB_WORKSPACE##*/}"',
      { github },
    );
    expect(steps[0]?.output).toBe("true true abc 7 none none workspace\n");
  });
});

describe("the environment", () => {
  const show = "echo $BOTH $MACHINE";

  test.each([
    ["the machine", "", "", "machine"],
    ["the job before the machine", "env: {BOTH: job}", "", "job"],
    ["the step before the job", "env: {BOTH: job}", "env: {BOTH: step}", "step"],
  ])("comes from %s", async (_what, job, step, value) => {
    expect(lastOutput(await runSteps(`- run: ${show}\n  ${step}`, {}, job))).toBe(`${value} machine\n`);
  });

  test("evaluates expressions, empty for unknown properties", async () => {
    const steps =
      '- {run: \'echo "[$A] [$B] [$C] [$D]"\', env: {A: "${{ env.JOB }}", B: "${{ secrets.KEY }}", C: , D: 1}}';
    expect(
      lastOutput(await runSteps(steps, { secrets: { KEY: "k" }, vars: { V: "v" } }, "env: {JOB: '${{ vars.V }}'}")),
    ).toBe("[v] [k] [] [1]\n");
  });
});

describe("a step", () => {
  const made =
    '- id: made\n  run: |\n    echo one=1 >> "$GITHUB_OUTPUT"\n    printf "long=a=b c\\nempty=\\n" >> "$GITHUB_OUTPUT"\n';

  test("passes its outputs to later steps, and to the job", async () => {
    const { outputs, steps } = await runSteps(
      `${made}- run: echo "\${{ steps.made.outputs.long }}"`,
      {},
      "outputs: {one: '${{ steps.made.outputs.one }}', none: '${{ steps.made.outputs.empty }}'}",
    );
    expect([outputs, steps[1]?.output]).toEqual([{ one: "1", none: "" }, "a=b c\n"]);
  });

  test("fails if it writes anything else there", async () => {
    const { result, steps } = await runSteps(
      '- run: |\n    echo said\n    printf "a=1\\nWarning: none\\n" >> "$GITHUB_OUTPUT"',
    );
    expect([result, steps[0]?.output]).toEqual(["failure", "said\nError: Invalid format: Warning: none"]);
  });

  test("adds to the summary of its job", async () => {
    const write = (text: string) => `- run: echo "${text}" >> "$GITHUB_STEP_SUMMARY"`;
    expect((await runSteps([write("one"), write("two")].join("\n"))).summary).toBe("one\ntwo\n");
  });

  test("is skipped after a failure, unless its condition says otherwise", async () => {
    const steps = [
      "{name: fails, run: exit 3}",
      "{name: next, run: echo}",
      "{name: if true, if: true, run: echo}",
      "{name: on failure, if: failure(), run: echo}",
      "{name: always, if: always(), run: echo}",
    ];
    const job = await runSteps(steps.map((step) => `- ${step}`).join("\n"));
    expect([job.result, outcomes(job)]).toEqual([
      "failure",
      { fails: "failure", next: "skipped", "if true": "skipped", "on failure": "success", always: "success" },
    ]);
  });

  test.each([
    ["its name", "{name: 'Test ${{ vars.STAGE }}', run: echo}", "Test staging"],
    ["the first line of its command", '{run: "echo one\\necho two"}', "echo one"],
    ["its action", "{uses: acme/act@abc}", "acme/act"],
  ])("is called by %s", async (_what, step, name) => {
    const { steps } = await runSteps(`- ${step}`, {
      vars: { STAGE: "staging" },
      substitutes: { "acme/act": () => undefined },
    });
    expect(steps.map((each) => each.name)).toEqual([name]);
  });
});

describe("instead of an action", () => {
  test("its substitute is called with the step's inputs, and its variables reach later steps", async () => {
    const asked: unknown[] = [];
    const substitutes: Record<string, Substitute> = {
      "acme/act": ({ workspace, environment, permissions, file, env }, parameters) => {
        env["GIVEN"] = "g";
        asked.push(workspace.split("/").at(-1), environment, permissions, file, parameters);
      },
    };
    const steps = "- {uses: acme/act@abc, with: {name: '${{ vars.N }}', deep: 0}}\n- run: echo $GIVEN";
    const job = await runSteps(
      steps,
      { substitutes, vars: { N: "n" } },
      "environment: {name: '${{ vars.N }}'}\npermissions: {id-token: write}",
    );
    expect([asked, lastOutput(job)]).toEqual([
      ["workspace", "n", { "id-token": "write" }, "workflow.yml", { name: "n", deep: "0" }],
      "g\n",
    ]);
  });

  test("and instead of a command that matches exactly", async () => {
    const job = await runSteps("- run: npm ci\n- run: echo npm ci", {
      substitutes: {
        "npm ci": () => {
          throw new Error("no network");
        },
      },
    });
    expect(job.steps).toEqual([
      { name: "npm ci", outcome: "failure", output: "no network" },
      { name: "echo npm ci", outcome: "skipped", output: "" },
    ]);
  });

  test("nothing is skipped silently", async () => {
    await expect(runSteps("- uses: acme/act@abc")).rejects.toThrow("acme/act@abc: no stand-in here.");
  });
});

describe("an action of the repository", () => {
  const action = `inputs: {said: {required: true}, more: {default: m}}
runs:
  using: composite
  steps:
    - {id: one, shell: bash, run: 'echo n=1 >> "$GITHUB_OUTPUT"'}
    - {shell: bash, env: {SAID: "\${{ inputs.said }}"}, run: 'echo "$SAID \${{ inputs.more }} \${{ steps.one.outputs.n }} $BOTH"'}
    - {if: "inputs.said == 'bad'", shell: bash, run: exit 1}
    - {shell: bash, run: echo end}`;
  const substitutes: Record<string, Substitute> = {
    "actions/checkout": ({ workspace }) => {
      mkdirSync(join(workspace, "act"));
      writeFileSync(join(workspace, "act/action.yml"), action);
    },
  };
  const steps = (given: string) =>
    `- uses: actions/checkout@abc\n- {uses: ./act, with: {${given}}}\n- run: echo [\${{ steps.one.outputs.n }}]`;

  test("runs its steps with its inputs, and sets no outputs", async () => {
    const job = await runSteps(steps("said: '${{ vars.V }}'"), { substitutes, vars: { V: "v" } });
    expect([job.result, ...job.steps.map(({ output }) => output)]).toEqual([
      "success",
      "",
      "v m 1 machine\nend\n",
      "[]\n",
    ]);
  });

  test("fails when one of its steps does", async () => {
    const job = await runSteps(steps("said: bad"), { substitutes });
    expect([job.result, ...job.steps.map(({ outcome }) => outcome)]).toEqual([
      "failure",
      "success",
      "failure",
      "skipped",
    ]);
  });
});

describe("jobs", () => {
  const fails = "steps: [{run: exit 1}]";
  const works = "steps: [{run: echo}]";

  test("run after those that they need, and see their results", async () => {
    const jobs = `  one: {outputs: {n: "\${{ steps.s.outputs.n }}"}, steps: [{id: s, run: 'echo n=1 >> "$GITHUB_OUTPUT"'}]}
  two: {needs: one, if: needs.one.outputs.n == 1, steps: [{run: 'echo \${{ needs.one.outputs.n }} \${{ needs.one.result }}'}]}`;
    const { two } = await run(`on: {push: }\njobs:\n${jobs}`);
    expect(two?.steps[0]?.output).toBe("1 success\n");
  });

  test("are skipped after a failed or skipped job, unless their condition says otherwise", async () => {
    const jobs = [
      `one: {${fails}}`,
      `two: {needs: one, ${works}}`,
      `three: {needs: two, ${works}}`,
      `always: {needs: [one, two], if: always(), ${works}}`,
      `beside: {${works}}`,
      `never: {if: github.ref == 'x', ${works}}`,
      `after never: {needs: never, ${works}}`,
    ];
    const runs = await run(`on: {push: }\njobs:\n${jobs.map((job) => `  ${job}`).join("\n")}`);
    expect(Object.fromEntries(Object.entries(runs).map(([name, { result }]) => [name, result]))).toEqual({
      one: "failure",
      two: "skipped",
      three: "skipped",
      always: "success",
      beside: "success",
      never: "skipped",
      "after never": "skipped",
    });
  });

  test("with a given result do not run, and count as done in their turn", async () => {
    const jobs = `  one: {${fails}}\n  two: {${fails}}\n  three: {needs: one, ${works}}\n  four: {needs: two, ${works}}`;
    const { one, two, three, four } = await run(`on: {push: }\njobs:\n${jobs}`, {
      settled: { one: "success", four: "success" },
    });
    expect([one?.result, one?.steps, two?.result, three?.result, four?.result]).toEqual([
      "success",
      [],
      "failure",
      "success",
      "skipped",
    ]);
  });

  test("with a matrix run for the requested combination", async () => {
    const workflow =
      "on: {push: }\njobs: {only: {strategy: {matrix: {stage: [staging, prod]}}, steps: [{run: 'echo ${{ matrix.stage }}'}]}}";
    expect((await run(workflow, { matrix: { stage: "prod" } }))["only"]?.steps[0]?.output).toBe("prod\n");
    await expect(run(workflow, { matrix: { stage: "other" } })).rejects.toThrow(
      'workflow.yml: job only has no stage "other" in its matrix.',
    );
  });

  test("each start in an empty folder", async () => {
    const { two } = await run(
      "on: {push: }\njobs: {one: {steps: [{run: touch a}]}, two: {needs: one, steps: [{run: ls}]}}",
    );
    expect(two?.steps[0]?.output).toBe("");
  });
});

describe("a called workflow", () => {
  const inputs = "{stage: {type: string, required: true}, back: {type: boolean, required: true}, more: {type: string}}";
  const show =
    "'${{ inputs.stage }} ${{ !inputs.back }} [${{ inputs.more }}] [${{ secrets.KEY }}] [${{ secrets.OTHER }}] ${{ vars.V }} ${{ github.sha }}'";
  const called = `on: {workflow_call: {inputs: ${inputs}, secrets: {KEY: {required: true}}}}\njobs: {inner: {permissions: {id-token: write}, steps: [{run: "echo ${show}"}]}}`;
  const call = (beside: string) => `on: {push: }\njobs: {outer: {uses: ./called.yml, ${beside}}}`;
  const right =
    "permissions: {id-token: write}, with: {stage: prod, back: '${{ github.sha != github.sha }}'}, secrets: {KEY: '${{ secrets.KEY }}'}";
  const given: Given = {
    files: { "called.yml": called },
    secrets: { KEY: "k", OTHER: "o" },
    vars: { V: "v" },
    github: { event_name: "push", sha: "abc" },
  };

  test("gets the inputs, with their types, and the secrets that it is passed, and no others", async () => {
    const runs = await run(call(right), given);
    expect([runs["outer"]?.result, runs["outer / inner"]?.steps[0]?.output]).toEqual([
      "success",
      "prod true [] [k] [] v abc\n",
    ]);
  });

  test("fails when one of its jobs does, and is skipped when all are", async () => {
    const resultWith = async (jobs: string) =>
      (await run(call("if: true"), { files: { "called.yml": `on: {workflow_call: }\njobs: {${jobs}}` } }))["outer"]
        ?.result;
    const jobs = {
      works: "works: {steps: [{run: echo}]}",
      fails: "fails: {steps: [{run: exit 1}]}",
      skipped: "skipped: {if: false, steps: [{run: exit 1}]}",
    };
    expect(await resultWith([jobs.works, jobs.fails, jobs.skipped].join(", "))).toBe("failure");
    expect(await resultWith([jobs.works, jobs.skipped].join(", "))).toBe("success");
    expect(await resultWith(jobs.skipped)).toBe("skipped");
  });

  test("must be callable", async () => {
    await expect(run(call("if: true"), { files: { "called.yml": "on: {push: }\njobs: {}" } })).rejects.toThrow(
      "called.yml is not started by workflow_call.",
    );
  });
});

describe("a workflow is refused", () => {
  const job = "jobs: {only: {steps: [{run: echo}]}}";

  test.each<[string, string, Given, string]>([
    ["that the event does not start", `on: {pull_request: }\n${job}`, {}, "workflow.yml is not started by push."],
    [
      "with a key that would not be honoured",
      "on: {push: }\nenv: {A: a}\njobs: {only: {steps: []}}",
      {},
      "workflow.yml: no stand-in for env here.",
    ],
    [
      "also in a job",
      "on: {push: }\njobs: {only: {container: x, steps: []}}",
      {},
      "job only: no stand-in for container here.",
    ],
    [
      "and in a step",
      "on: {push: }\njobs: {only: {steps: [{run: echo, shel: bash}]}}",
      {},
      "job only, step echo: no stand-in for shel here.",
    ],
    [
      "with a job after a failure",
      "on: {push: }\njobs: {only: {if: failure(), steps: []}}",
      {},
      "${{ failure() }}: Unrecognized function: 'failure'",
    ],
    [
      "without a shell, because GitHub's own passes over failures in a pipe",
      "on: {push: }\ndefaults: {run: {}}\njobs: {only: {steps: [{run: echo}]}}",
      {},
      "job only, step echo: only bash runs here, not GitHub's default.",
    ],
    [
      "with another shell",
      "on: {push: }\njobs: {only: {steps: [{run: echo, shell: pwsh}]}}",
      {},
      "job only, step echo: only bash runs here, not pwsh.",
    ],
  ])("%s", async (_what, workflow, given, sentence) => {
    await expect(run(workflow, given)).rejects.toThrow(sentence);
  });
});
