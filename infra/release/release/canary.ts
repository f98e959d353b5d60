import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { checker, realClock, smokeTest, type Conditions } from "../smoke-test/checks.ts";
import { signedIn } from "../smoke-test/ways.ts";
import { lambdaIn, moveAlias, newestVersion, readAlias, type Alias } from "./aliases.ts";
import { endTrials } from "./roll-back.ts";
import type { Stack } from "./stack.ts";
import { checksOfVersions, expectNoAlarm } from "./watch.ts";

/**
 * `isAtOnce` is for a rollback while the current version makes alarms red: it skips the canary and ignores alarms.
 * Aborting `stop`, with a reason, ends the run.
 */
export type Options = Conditions & Required<Pick<Conditions, "stop" | "print">>;

/**
 * Gives callers the newest version of every function, as Terraform published it; prints a line for each step. Calls
 * the new versions before any caller, then gives them part of the calls while it goes on calling, then all calls, and
 * runs the smoke test. On a red alarm, a failed call or test, or a stop, it puts every alias back and throws the
 * reason. With a red alarm it does not begin.
 *
 * The aliases are its only record. All calls first go to the new version as a trial of 100 %: the alias's own
 * version changes last, after the smoke test. So that version has always passed, however the previous run ended, and
 * AWS deletes no version that an alias names. A trial found at the start was left by a killed run and is ended first.
 * A run killed while it sets the versions leaves a mix of old and new ones, which have all passed; the next run
 * releases the rest.
 *
 * Each change of an alias names the revision that it replaces, in the same order in every run: of two concurrent
 * releases one fails at the first alias that the other has moved, and leaves that alias alone.
 */
export async function release(stack: Stack, options: Options): Promise<void> {
  const { print, stop } = options;
  const lambda = lambdaIn(stack.region);
  const check = checker(options);
  const test = () =>
    smokeTest(stack.baseUrl, {
      signedIn: stack.isSignedIn ? signedIn(stack.routes, stack.region) : undefined,
      check,
      print,
    });
  await endTrials(lambda, stack.functionNames, print);
  const newest = new Map<string, string>();
  const moving: Moving[] = [];
  for (const functionName of stack.functionNames.toSorted()) {
    const [after, alias] = [await newestVersion(lambda, functionName), await readAlias(lambda, functionName)];
    newest.set(functionName, after);
    if (alias.version !== after) moving.push({ alias, before: alias.version, after, isTouched: false });
  }
  const inWords = moving
    .map(({ alias, before, after }) => `${alias.functionName.replace(`${stack.name}-`, "")} ${before} -> ${after}`)
    .join(", ");
  if (moving.length === 0) {
    print("Nothing to release: callers get the newest version of every function.");
    await test();
    return;
  }
  try {
    const own = checksOfVersions(stack, newest);
    const call = async () => {
      let answered = 0;
      for (const each of own) if (await check(each)) answered += 1;
      return answered;
    };
    await tryOut(lambda, moving, { stack, options, inWords, call, test });
    for (const each of moving) await move(lambda, each, { version: each.after, trial: undefined });
    print(`Released: ${inWords}.`);
  } catch (error) {
    // Aborted calls fail in many ways; none gives the reason.
    const reason: unknown = stop.aborted ? stop.reason : error;
    const sentence = reason instanceof Error ? reason.message : String(reason);
    await putBack(lambda, moving, sentence, print);
    throw new Error(`Not released. ${sentence}`, { cause: error });
  }
}

interface Moving {
  alias: Alias;
  before: string;
  after: string;
  /** Whether this run has moved the alias, or tried to. */
  isTouched: boolean;
}

interface Trial {
  stack: Stack;
  options: Options;
  inWords: string;
  /** Calls the new versions; returns the number of answered calls. */
  call: () => Promise<number>;
  test: () => Promise<void>;
}

const round_s = 10;

async function tryOut(
  lambda: LambdaClient,
  moving: Moving[],
  { stack, options, inWords, call, test }: Trial,
): Promise<void> {
  const {
    name,
    region,
    canary: { percent, minutes },
  } = stack;
  const { isAtOnce = false, stop, print, clock = realClock } = options;
  const cloudwatch = new CloudWatchClient(region);
  const watch = () => (isAtOnce ? Promise.resolve(0) : expectNoAlarm(cloudwatch, `${name}-`));
  await watch();
  print(`0 % to the new versions, ${inWords}: ${await call()} of our own calls answered.`);
  if (minutes > 0 && !isAtOnce) {
    await moveAll(lambda, moving, percent, stop);
    print(`${percent} % to the new versions for ${minutes} minutes.`);
    for (let left_s = minutes * 60; ; left_s -= round_s) {
      const [calls, alarms] = [await call(), await watch()];
      print(`${percent} %: ${calls} calls answered, none of ${alarms} alarms red, ${Math.max(left_s, 0)} s to go.`);
      if (left_s <= 0) break;
      await clock.pause(Math.min(round_s, left_s) * 1000, undefined, { signal: stop });
    }
  }
  await moveAll(lambda, moving, 100, stop);
  print("100 % to the new versions, on trial.");
  await test();
  await watch();
  stop.throwIfAborted();
}

async function moveAll(lambda: LambdaClient, moving: Moving[], percent: number, stop: AbortSignal): Promise<void> {
  for (const each of moving) {
    stop.throwIfAborted();
    await move(lambda, each, { version: each.before, trial: { version: each.after, percent } });
  }
}

async function move(lambda: LambdaClient, each: Moving, to: Pick<Alias, "version" | "trial">): Promise<void> {
  each.isTouched = true;
  each.alias = await moveAlias(lambda, each.alias, to);
}

async function putBack(
  lambda: LambdaClient,
  moving: Moving[],
  reason: string,
  print: (line: string) => void,
): Promise<void> {
  const touched = moving.filter(({ isTouched }) => isTouched);
  if (touched.length > 0) print(`Back to the previous versions. ${reason}`);
  for (const each of touched) {
    const { functionName } = each.alias;
    try {
      await move(lambda, each, { version: each.before, trial: undefined });
      print(`${functionName}: back to version ${each.before}.`);
    } catch (error) {
      print(`${functionName}: NOT put back. ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
