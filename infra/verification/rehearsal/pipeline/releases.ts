import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleFunctions, writeBundles } from "../../../build/bundle.ts";
import { root } from "../../../build/functions.ts";
import { formRequest, type AwsAnswer, type AwsCaller, type AwsRequest } from "../aws.ts";
import type { Job } from "./ci.ts";
import { startFront, type Front } from "../front.ts";
import type { Rehearsal } from "../setting.ts";
import { step } from "../steps.ts";

/** What a release by hand needs. */
interface Setting {
  rehearsal: Rehearsal;
  deploy: Job;
  operate: AwsCaller;
  front: Front;
  /** The README's line. */
  line: string;
}

const changedFunction = "get-event";
const [half, seconds] = [50, 4]; // instead of a tenth, for five minutes

/**
 * Releases prod by hand, with the line of the README: nothing, then a new version that an alarm, a kill and at last
 * nothing stops, then one that fails a call when callers get it, and the smoke test when they all do.
 */
export async function rehearseReleases(
  rehearsal: Rehearsal,
  deploy: Job,
  line: string,
  operate: AwsCaller,
): Promise<void> {
  const front = await startFront(rehearsal.gate, rehearsal.names, rehearsal.scratchPath);
  const setting = { rehearsal, deploy, operate, front, line };
  try {
    await step("Release prod by hand: nothing is new", async () => {
      expectText(await run(setting), "Nothing to release");
    });
    await step("Apply a new version: callers do not get it", async () => {
      await applyHandler(
        setting,
        "({ headers, ...answer }) => ({ ...answer, headers: { ...headers, 'x-release': 'new' } })",
      );
      await expectAlias(setting, "1");
      if (await meetsNew(front)) throw new Error("An apply alone has released it.");
    });
    await step(
      "Make an alarm go red in the middle of a release",
      () => expectAlarmNoticed(setting),
      () => "put back",
    );
    await step(
      "Kill a release in the middle",
      () => expectKilled(setting),
      () => "callers get both versions",
    );
    await step(
      "Release again",
      () => expectReleased(setting),
      (outcome) => outcome,
    );
    await step("Plan prod again: the alias is the releases'", () => expectNoPlan(setting));
    await step("Apply a version with two mistakes", () => applyHandler(setting, twoMistakes));
    await step(
      "Release what fails when callers get it",
      () => expectPutBack(setting, "", `${half} % to the new versions for`),
      () => "put back",
    );
    await step(
      "Release what only the smoke test finds out",
      () => expectPutBack(setting, " --at-once", "100 % to the new versions, on trial."),
      () => "put back",
    );
    await step("Put back when nothing is to be put back", async () => {
      expectText(await run(setting, " roll-back"), "Nothing to put back");
    });
  } finally {
    await front.stop();
  }
}

async function expectAlarmNoticed(setting: Setting): Promise<void> {
  const {
    operate,
    rehearsal: {
      names: { project, stage },
    },
  } = setting;
  const alarm = { AlarmName: `${project}-${stage}-rehearsal` };
  const cloudwatch = (Action: string, form: Record<string, string> = {}) =>
    expectDone(operate, formRequest("monitoring", "2010-08-01", { Action, ...alarm, ...form }));
  const condition = {
    Namespace: "x",
    MetricName: "x",
    Statistic: "Sum",
    Period: "60",
    EvaluationPeriods: "1",
    Threshold: "1",
    ComparisonOperator: "GreaterThanThreshold",
  };
  await cloudwatch("PutMetricAlarm", condition);
  const failure = failureOf(run(setting));
  await waitForTrial(setting);
  await cloudwatch("SetAlarmState", { StateValue: "ALARM", StateReason: "The rehearsal says so." });
  const red = `The alarm ${alarm.AlarmName} is red: The rehearsal says so.`;
  expectText(await failure, `Back to the versions before. ${red}`);
  await expectAlias(setting, "1");
  expectText(await failureOf(run(setting)), `Not released. ${red}`);
  await expectDone(
    operate,
    formRequest("monitoring", "2010-08-01", { Action: "DeleteAlarms", "AlarmNames.member.1": alarm.AlarmName }),
  );
}

async function expectKilled(setting: Setting): Promise<void> {
  const trial = `${half} % to the new versions for`;
  const lines = [
    "terraform -chdir=infra output -json > outputs.json",
    "node dist/release/release.mjs < outputs.json > release.log & release=$!",
    `for _ in $(seq 200); do if grep --quiet '${trial}' release.log; then break; fi; sleep 0.1; done`,
    "kill -KILL $release",
    "wait $release || cat release.log",
  ];
  expectText(await run(setting, "", lines.join("\n")), trial);
  await expectAlias(setting, `1, 2: ${half} %`);
}

/** Calls all the while: callers must meet both versions in turn, and the new one alone in the end. */
async function expectReleased(setting: Setting): Promise<string> {
  const { front } = setting;
  let isOver = false;
  const running = run(setting).finally(() => {
    isOver = true;
  });
  const met: boolean[] = [];
  try {
    while (!isOver) met.push(await meetsNew(front));
  } finally {
    await Promise.allSettled([running]);
  }
  const output = await running;
  expectText(output, "A release that was not ended had given version 2 50 % of the calls.");
  expectText(output, `Released: ${changedFunction} 1 -> 2.`);
  await expectAlias(setting, "2");
  const [first, last] = [met.indexOf(true), met.lastIndexOf(false)];
  if (first < 0 || last < first) throw new Error("Callers should meet both versions in turn.");
  const during = met.slice(first, last + 1);
  for (let call = 0; call < 10; call += 1)
    if (!(await meetsNew(front))) throw new Error("All callers should get the new version in the end.");
  return `of ${during.length} callers in between ${during.filter(Boolean).length} met the new version`;
}

async function expectNoPlan({ deploy, rehearsal: { scratchPath, names } }: Setting): Promise<void> {
  const { exitCode, output } = await deploy.terraform(
    join(scratchPath, "infra"),
    "plan",
    "-detailed-exitcode",
    ...variables(names.stage),
  );
  if (exitCode !== 0) throw new Error(`The plan is not empty:\n${output.slice(-4000)}`);
}

/**
 * A release calls past API Gateway, whose events have more in them, and this function three times before callers get
 * it: the fourth of its calls fails, and every call of others.
 */
const twoMistakes =
  "(answer, event) => { globalThis.calls ??= 0; if (event.requestContext.http || ++globalThis.calls === 4) throw new Error('A mistake.'); return answer; }";

async function expectPutBack(setting: Setting, ending: string, after: string): Promise<void> {
  const output = await failureOf(run(setting, ending));
  expectText(output, after);
  expectText(output, "Back to the versions before. Read it FAILED");
  await expectAlias(setting, "2");
  if (!(await meetsNew(setting.front))) throw new Error("Callers should get again what they got before.");
}

/** Applies the function with its answers changed by these words of JavaScript. */
async function applyHandler({ deploy, rehearsal: { scratchPath, names } }: Setting, change: string): Promise<void> {
  const [file, packages] = [`functions/${changedFunction}/handler.ts`, join(scratchPath, "node_modules")];
  const handler = readFileSync(join(root, file), "utf8").replace("export const handler =", "const released =");
  const changed = `export const handler = async (event: any, context: any) => (${change})(await released(event, context), event);\n`;
  writeFileSync(join(scratchPath, file), handler + changed);
  if (!existsSync(packages)) symlinkSync(join(root, "node_modules"), packages);
  writeBundles(await bundleFunctions(join(scratchPath, "functions")), join(scratchPath, "dist"));
  await deploy.terraform(join(scratchPath, "infra"), "apply", ...variables(names.stage));
}

function variables(stage: string): string[] {
  return [`-var-file=environments/${stage}.tfvars`, `-var=canary={percent=${half},minutes=${seconds / 60}}`];
}

/** Gives what the release line prints, with this behind it. Throws what it printed when it fails. */
async function run(
  { deploy, front, line, rehearsal: { scratchPath } }: Setting,
  ending = "",
  lines = `${line}${ending}`,
): Promise<string> {
  const redirect = `--import=${new URL("github/redirect-fetch.js", import.meta.url).href}`;
  return (await deploy.shell(scratchPath, lines, { NODE_OPTIONS: redirect, REHEARSAL_API_ORIGIN: front.origin }))
    .output;
}

async function failureOf(running: Promise<string>): Promise<string> {
  const output = await running.catch((error: unknown) => error);
  if (output instanceof Error) return output.message;
  throw new Error(`It should fail, and printed:\n${String(output)}`);
}

async function meetsNew({ origin }: Front): Promise<boolean> {
  return (await fetch(`${origin}/prod/events/nobody-has-made-it`)).headers.get("x-release") === "new";
}

async function waitForTrial(setting: Setting): Promise<void> {
  const limit_ms = performance.now() + 30_000;
  while (!(await aliasNow(setting)).includes("%")) {
    if (performance.now() > limit_ms) throw new Error("The release gave callers no new version.");
  }
}

async function expectAlias(setting: Setting, wanted: string): Promise<void> {
  const found = await aliasNow(setting);
  if (found !== wanted) throw new Error(`The alias of ${changedFunction} should be at ${wanted}, and is at ${found}.`);
}

/** As in "1" or "1, 2: 50 %". */
async function aliasNow({
  operate,
  rehearsal: {
    names: { project, stage },
  },
}: Setting): Promise<string> {
  const request = {
    service: "lambda",
    method: "GET",
    path: `/2015-03-31/functions/${project}-${stage}-${changedFunction}/aliases/live`,
  };
  const { FunctionVersion, RoutingConfig } = JSON.parse((await expectDone(operate, request)).body) as {
    FunctionVersion: string;
    RoutingConfig: { AdditionalVersionWeights?: Record<string, number> } | null;
  };
  const trials = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {}).map(
    ([version, weight]) => `${version}: ${weight * 100} %`,
  );
  return [FunctionVersion, ...trials].join(", ");
}

async function expectDone(operate: AwsCaller, request: AwsRequest): Promise<AwsAnswer> {
  const answer = await operate(request);
  if (answer.status >= 300) throw new Error(`${request.service} answered ${answer.status}: ${answer.body}`);
  return answer;
}

function expectText(output: string, text: string): void {
  if (!output.includes(text)) throw new Error(`It should print "${text}", and printed:\n${output}`);
}
