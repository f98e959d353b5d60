import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { root } from "../../../build/functions.ts";
import { succeed } from "../aws.ts";
import type { Job } from "../operators.ts";
import { build } from "../programs.ts";
import { whileServed } from "../served.ts";
import type { Rehearsal } from "../setting.ts";
import { expectText, step } from "../steps.ts";

interface Setting extends Rehearsal {
  deploy: Job;
  origin: string;
  line: string;
  /** While this file exists, a release pauses between its rounds. */
  hold: string;
}

const changedFunction = "get-event";
const [half, seconds] = [50, 4]; // instead of a tenth, for five minutes
const onTrial = `${half} % to the new versions for`;

const newHeader = "({ headers, ...answer }) => ({ ...answer, headers: { ...headers, 'x-release': 'new' } })";
/**
 * A release bypasses API Gateway, whose events have more fields, and calls this function three times before callers get
 * it: its fourth call fails, and so does every call through API Gateway.
 */
const twoMistakes =
  "(answer, event) => { globalThis.calls ??= 0; if (event.requestContext.http || ++globalThis.calls === 4) throw new Error('A mistake.'); return answer; }";

/** Releases prod by hand, with the line of infra/README.md. */
export async function rehearseReleases(rehearsal: Rehearsal, deploy: Job, line: string): Promise<void> {
  await whileServed(rehearsal, async ({ url }) => {
    const hold = join(rehearsal.scratchPath, "hold");
    const setting = { ...rehearsal, deploy, origin: new URL(url).origin, line, hold };
    await step("Release prod by hand while API Gateway throttles: nothing is new", async () => {
      const output = await run(setting, line, { REHEARSAL_THROTTLED: "1,3" });
      expectText(output, "Nothing to release");
      for (const call of ["POST", "GET"]) expectText(output, `Retrying in 1 s: ${call} https://`);
    });
    await step("Apply a new version: callers do not get it", async () => {
      await applyHandler(setting, newHeader);
      expectAlias(setting, "1");
      if ((await countNew(setting, 1)) > 0) throw new Error("The apply alone released it.");
    });
    await step("Make an alarm go red in the middle of a release", () => expectAlarmNoticed(setting));
    await step("Kill a release in the middle", () => expectKilled(setting));
    await step("Release again", () => expectReleased(setting));
    await step("Plan prod again: releases own the alias", async () => {
      await terraform(setting, "plan -detailed-exitcode"); // fails if something would change
    });
    await step("Apply a version with two mistakes", () => applyHandler(setting, twoMistakes));
    await step("Release a version that fails once callers get it", () => expectPutBack(setting, line, onTrial));
    await step("Release a version that only the smoke test catches", () =>
      expectPutBack(setting, `${line} --at-once`, "100 % to the new versions, on trial."),
    );
    await step("Roll back with nothing to put back", async () => {
      expectText(await run(setting, `${line} roll-back`), "Nothing to put back");
    });
  });
}

async function expectAlarmNoticed(setting: Setting): Promise<string> {
  const { operate, names } = setting;
  const AlarmName = `${names.its}-rehearsal`;
  const reason = "The rehearsal says so.";
  const condition = "Statistic=Sum Period=60 EvaluationPeriods=1 Threshold=1 ComparisonOperator=GreaterThanThreshold";
  const alarm = `AlarmName=${AlarmName}`;
  await succeed(operate, `monitoring PutMetricAlarm ${alarm} Namespace=x MetricName=x ${condition}`);
  const failure = await whileHeld(
    setting,
    () => failureOf(run(setting)),
    () => succeed(operate, `monitoring SetAlarmState ${alarm} StateValue=ALARM StateReason="${reason}"`),
  );
  const red = `The alarm ${AlarmName} is red: ${reason}`;
  expectText(failure, `Back to the previous versions. ${red}`);
  expectAlias(setting, "1");
  expectText(await failureOf(run(setting)), `Not released. ${red}`);
  await succeed(operate, `monitoring DeleteAlarms AlarmNames.member.1=${AlarmName}`);
  return "put back";
}

async function expectKilled(setting: Setting): Promise<string> {
  const lines = [
    "terraform -chdir=infra output -json > outputs.json",
    "node dist/release/release.mjs < outputs.json > release.log & release=$!",
    `until grep --quiet '${onTrial}' release.log || ! kill -0 $release; do sleep 0.1; done`,
    "kill -KILL $release",
    "wait $release || cat release.log",
  ];
  expectText(await whileHeld(setting, () => run(setting, lines.join("\n"))), onTrial);
  expectAlias(setting, `1, 2: ${half} %`);
  return "callers get both versions";
}

async function expectReleased(setting: Setting): Promise<string> {
  const { gate, names } = setting;
  const resets = ["invocations", "aliases/live$"].map((place) => ({
    call: new RegExp(`^lambda P.*${names.functions}-${changedFunction}/${place}`),
  }));
  let during = 0;
  const output = await whileHeld(
    setting,
    () => run(setting),
    async () => {
      during = await countNew(setting, 10);
      gate.faults.push(...resets);
    },
  );
  expectText(output, "gave no answer (socket hang up)");
  if (gate.faults.some((fault) => resets.includes(fault))) throw new Error("Not every connection was reset.");
  expectText(output, "An unfinished release had given version 2 50 % of the calls.");
  expectText(output, `Released: ${changedFunction} 1 -> 2.`);
  expectAlias(setting, "2");
  if (during !== 5) throw new Error(`Of ten callers ${during} met the new version, and five should.`);
  if ((await countNew(setting, 10)) !== 10) throw new Error("All callers should get the new version in the end.");
  return `of ten callers in between ${during} met the new version`;
}

async function expectPutBack(setting: Setting, lines: string, after: string): Promise<string> {
  const output = await failureOf(run(setting, lines));
  expectText(output, after);
  expectText(output, "Back to the previous versions. Read it FAILED");
  expectAlias(setting, "2");
  if ((await countNew(setting, 1)) === 0) throw new Error("Callers should get the previous version again.");
  return "put back";
}

function terraform({ deploy, scratchPath, names }: Setting, command: string): Promise<string> {
  const variables = `-var-file=environments/${names.stage}.tfvars -var='canary={percent=${half},minutes=${seconds / 60}}'`;
  return deploy.shell(scratchPath, `terraform -chdir=infra ${command} ${variables}`);
}

async function applyHandler(setting: Setting, change: string): Promise<void> {
  const { scratchPath } = setting;
  const file = `functions/${changedFunction}/handler.ts`;
  const handler = readFileSync(join(root, file), "utf8").replace("export const handler =", "const released =");
  const changed = `export const handler = async (event: any, context: any) => (${change})(await released(event, context), event);\n`;
  writeFileSync(join(scratchPath, file), handler + changed);
  await build(scratchPath);
  await terraform(setting, "apply");
}

function run({ deploy, origin, hold, line, scratchPath }: Setting, lines = line, more = {}) {
  const redirect = `--import=${new URL("../github/preload.js", import.meta.url).href}`;
  const environment = { NODE_OPTIONS: redirect, REHEARSAL_API_ORIGIN: origin, REHEARSAL_HOLD: hold, ...more };
  return deploy.shell(scratchPath, lines, environment);
}

async function failureOf(running: Promise<string>): Promise<string> {
  const output = await running.catch((error: unknown) => error);
  if (output instanceof Error) return output.message;
  throw new Error(`It should fail, and printed:\n${String(output)}`);
}

async function countNew({ origin }: Setting, calls: number): Promise<number> {
  let met = 0;
  for (let call = 0; call < calls; call += 1) {
    const { headers } = await fetch(`${origin}/prod/events/unknown-id`);
    if (headers.get("x-release") === "new") met += 1;
  }
  return met;
}

/** Pauses a release once callers get the new version, and acts. */
async function whileHeld(
  setting: Setting,
  start: () => Promise<string>,
  act: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string> {
  writeFileSync(setting.hold, "");
  const before = aliasNow(setting);
  const running = start();
  const end = running.catch(() => undefined).then(() => true);
  const isOnTrial = () => {
    const { text, revision } = aliasNow(setting);
    return text.includes("%") && revision !== before.revision;
  };
  try {
    let isOver = false;
    while (!isOver && !isOnTrial()) isOver = await Promise.race([end, wait(50, false)]);
    if (!isOver) await act();
  } finally {
    rmSync(setting.hold);
    await end;
  }
  return running;
}

function expectAlias(setting: Setting, wanted: string): void {
  const { text } = aliasNow(setting);
  if (text !== wanted) throw new Error(`The alias of ${changedFunction} should be at ${wanted}, and is at ${text}.`);
}

function aliasNow({ gate, names }: Setting) {
  const alias = gate.aliasOf(`${names.its}-${changedFunction}`, "live") ?? {};
  const { FunctionVersion, RoutingConfig, RevisionId } = alias;
  const weights = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {});
  const trials = weights.map(([version, weight]) => `${version}: ${weight * 100} %`);
  return { text: [FunctionVersion, ...trials].join(", "), revision: RevisionId };
}
