import { setTimeout as wait } from "node:timers/promises";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { smokeTest, type Pause } from "../smoke-test/checks.ts";
import { signedIn } from "../smoke-test/invoke.ts";
import { expectNoAlarm } from "./alarms.ts";
import { moveAlias, newestVersion, readAlias, type Alias } from "./aliases.ts";
import { callVersions } from "./calls.ts";
import type { Stack } from "./stack.ts";

export interface Options {
  /** For the way back, when what callers get is what makes alarms red: without a canary, and whatever they say. */
  isAtOnce?: boolean;
  /** Aborted, with the reason, when somebody wants the run to end. */
  stop: AbortSignal;
  print?: (line: string) => void;
  pause?: Pause;
}

/** A function whose callers do not get its newest version. */
interface Moving {
  /** Where its alias is now. */
  alias: Alias;
  before: string;
  newest: string;
  /** Whether this run has touched the alias, or tried to. */
  isTouched: boolean;
}

const round_s = 10;

/**
 * Gives callers the newest version of every function, which is what Terraform has published; prints a line for each
 * step. Calls the new versions before anybody else does, gives them a part of the calls and goes on calling, then all
 * calls, and makes the smoke test. On a red alarm, a call or a test that fails, or when told to stop, it puts every
 * alias back and throws why. With a red alarm it does not begin.
 *
 * It keeps no record but the aliases. All calls first go to the new version as a trial of 100 %: the alias's own
 * version changes last, when the smoke test has passed. So that version is what a run takes for known, whatever ended
 * the run before: it has passed, and AWS deletes no version that an alias has. A trial that is there at the start is
 * what a killed run left, and is ended first. A run that is killed while it sets the versions leaves old and new ones,
 * which have all passed, and the next run releases the rest.
 *
 * Each change of an alias says from which revision, in the same order in every run: of two releases at once one
 * fails at the first alias that the other has moved, and leaves that one alone.
 */
export async function release(stack: Stack, options: Options): Promise<void> {
  const { isAtOnce = false, stop } = options;
  const { name, region, functionNames, canary } = stack;
  const [lambda, cloudwatch] = [new LambdaClient(region), new CloudWatchClient(region)];
  const say = sayer(options);
  const watch = () => (isAtOnce ? Promise.resolve(0) : expectNoAlarm(cloudwatch, `${name}-`));

  await endTrials(lambda, functionNames, say);
  const versions = new Map<string, string>();
  const moving: Moving[] = [];
  for (const functionName of functionNames.toSorted()) {
    const [alias, newest] = [await readAlias(lambda, functionName), await newestVersion(lambda, functionName)];
    versions.set(functionName, newest);
    if (alias.version !== newest) moving.push({ alias, before: alias.version, newest, isTouched: false });
  }
  if (moving.length === 0) {
    say("Nothing to release: callers get the newest version of every function.");
    await test(stack, say, options);
    return;
  }
  const inWords = moving.map(({ alias, before, newest }) => `${alias.functionName.replace(`${name}-`, "")} ${before} -> ${newest}`).join(", ");
  const call = () => callVersions(lambda, { versions, ...stack }, stop);

  try {
    await watch();
    say(`0 % to the new versions, ${inWords}: ${await call()} calls of our own answered.`);
    if (canary.minutes > 0 && !isAtOnce) {
      await tryOut(lambda, moving, canary.percent, stop);
      say(`${canary.percent} % to the new versions for ${canary.minutes} minutes.`);
      await observe(canary.minutes * 60, async (left_s) => {
        const [calls, alarms] = [await call(), await watch()];
        say(`${canary.percent} %: ${calls} calls answered, none of ${alarms} alarms red, ${left_s} s to go.`);
      }, options);
    }
    await tryOut(lambda, moving, 100, stop);
    say("100 % to the new versions, on trial.");
    await test(stack, say, options);
    await watch();
    stop.throwIfAborted();
    for (const each of moving) await move(lambda, each, { version: each.newest, trial: undefined });
    say(`Released: ${inWords}.`);
  } catch (error) {
    const reason = reasonOf(error, stop);
    const touched = moving.filter(({ isTouched }) => isTouched);
    if (touched.length > 0) say(`Back to the versions before. ${reason}`);
    await putBack(lambda, touched, say);
    throw new Error(`Not released. ${reason}`, { cause: error });
  }
}

/**
 * Ends what a release has begun and not ended: whoever got a new version on trial gets the one before again. Where
 * there is nothing to end it says so. Throws when it has tried all, where one has failed.
 */
export async function rollBack({ functionNames, region }: Pick<Stack, "functionNames" | "region">, options: Pick<Options, "print"> = {}): Promise<void> {
  const say = sayer(options);
  if ((await endTrials(new LambdaClient(region), functionNames, say)) === 0) say("Nothing to put back: no function has a version on trial.");
}

/** Gives how many there were. */
async function endTrials(lambda: LambdaClient, functionNames: string[], say: (text: string) => void): Promise<number> {
  let ended = 0;
  const failures: string[] = [];
  for (const functionName of functionNames.toSorted()) {
    try {
      const alias = await readAlias(lambda, functionName);
      const { version, trial } = alias;
      if (!trial) continue;
      await moveAlias(lambda, alias, { version, trial: undefined });
      say(`${functionName}: back to version ${version}. A release that was not ended had given version ${trial.version} ${trial.percent} % of the calls.`);
      ended += 1;
    } catch (error) {
      failures.push(`${functionName}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (failures.length > 0) throw new Error(failures.join("\n"));
  return ended;
}

async function tryOut(lambda: LambdaClient, moving: Moving[], percent: number, stop: AbortSignal): Promise<void> {
  for (const each of moving) {
    stop.throwIfAborted();
    await move(lambda, each, { version: each.before, trial: { version: each.newest, percent } });
  }
}

/** Looks at the begin of every round, and once more when the time is over. */
async function observe(total_s: number, look: (left_s: number) => Promise<void>, { stop, pause = wait }: Options): Promise<void> {
  for (let left_s = total_s; left_s > 0; left_s -= round_s) {
    await look(left_s);
    await pause(Math.min(round_s, left_s) * 1000, undefined, { signal: stop });
  }
  await look(0);
}

async function test({ baseUrl, routes, region, isSignedIn }: Stack, say: (text: string) => void, { stop, pause }: Options): Promise<void> {
  await smokeTest(baseUrl, { signedIn: isSignedIn ? signedIn(routes, region) : undefined, print: say, stop, ...(pause && { pause }) });
}

async function move(lambda: LambdaClient, each: Moving, to: Pick<Alias, "version" | "trial">): Promise<void> {
  each.isTouched = true;
  each.alias = await moveAlias(lambda, each.alias, to);
}

/** As many as it can. */
async function putBack(lambda: LambdaClient, touched: Moving[], say: (text: string) => void): Promise<void> {
  for (const each of touched) {
    const { functionName } = each.alias;
    try {
      await move(lambda, each, { version: each.before, trial: undefined });
      say(`${functionName}: back to version ${each.before}.`);
    } catch (error) {
      say(`${functionName}: NOT put back. ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function sayer({ print = console.log }: Pick<Options, "print">): (text: string) => void {
  return (text) => { print(`${new Date().toISOString().slice(11, 19)} ${text}`); };
}

/** What was aborted fails in many ways, none of which says why. */
function reasonOf(error: unknown, stop: AbortSignal): string {
  const reason: unknown = stop.aborted ? stop.reason : error;
  return reason instanceof Error ? reason.message : String(reason);
}
