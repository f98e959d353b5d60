import { randomUUID } from "node:crypto";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { messageOf } from "../_shared/command.ts";
import type { Stack } from "../_shared/outputs.ts";
import { canDelete, checker, realClock, smokeTest, type Conditions } from "../smoke-test/checks.ts";
import { signedIn } from "../smoke-test/transports.ts";
import {
  endTrials,
  lambdaIn,
  moveAlias,
  movedAlias,
  MovedByOther,
  newestVersion,
  readAlias,
  type Alias,
} from "./aliases.ts";
import { checksOfVersions, countGreenAlarms } from "./watch.ts";

/**
 * `isAtOnce` is for a rollback while the current version makes alarms red: it skips the canary and ignores alarms.
 * Aborting `stop`, with a reason, ends the run.
 */
export type Options = Conditions & Required<Pick<Conditions, "stop">>;

/**
 * Gives callers the newest version of every function. Calls those with a route and label-image before any caller, then
 * gives them part of the calls while it goes on calling, then all calls, and runs the smoke test. On a red alarm, a
 * failed call or test, or a stop, it puts every alias back and throws the reason. With a red alarm it does not begin.
 *
 * The aliases are its only record. All calls first go to the new version as a trial of 100 %: the alias's own version
 * changes last, after the smoke test. So that version has always passed, however the previous run ended, and AWS
 * deletes no version that an alias names. A trial found at the start was left by a killed run. One killed while it sets
 * the versions leaves a mix of old and new ones, which have all passed; the next run releases the rest.
 *
 * Each change of an alias names the revision that it replaces, in the same order in every run: of two concurrent
 * releases one fails at the first alias that the other has moved, and leaves that alias alone.
 */
export async function release(stack: Stack, options: Options): Promise<void> {
  const { print, stop } = options;
  const lambda = lambdaIn(stack.region);
  const check = checker(options);
  const transport = stack.isSignedIn ? signedIn(stack.routes, stack.region) : undefined;
  const test = () => smokeTest(stack.baseUrl, { signedIn: transport, routes: stack.routes, check, print });
  await endTrials(lambda, stack.functionNames, print);
  const newest = new Map<string, string>();
  const moving: Moving[] = [];
  for (const functionName of stack.functionNames.toSorted()) {
    const [after, alias] = [await newestVersion(lambda, functionName), await readAlias(lambda, functionName)];
    newest.set(functionName, after);
    if (alias.version !== after) moving.push(movingOf(lambda, alias, after));
  }
  if (moving.length === 0) {
    print("Nothing to release: callers get the newest version of every function.");
    await test();
    return;
  }
  const inWords = moving
    .map(({ functionName, before, after }) => `${functionName.replace(`${stack.name}-`, "")} ${before} -> ${after}`)
    .join(", ");
  try {
    // Only the first calls have an event of their own: until it is deleted, it shows in callers' lists.
    const id = canDelete(stack.routes) ? `smoke-test-${randomUUID()}` : undefined;
    const [first, later] = [checksOfVersions(stack, newest, id), checksOfVersions(stack, newest)];
    const call = async (isFirst = false) => {
      let answered = 0;
      for (const each of isFirst ? first : later) if (await check(each, isFirst)) answered += 1;
      return answered;
    };
    await tryOut(stack, moving, options, { inWords, call, test });
    for (const { after, move } of moving) await move(after);
    print(`Released: ${inWords}.`);
  } catch (error) {
    // Aborted calls fail in many ways; none gives the reason.
    const sentence = messageOf(stop.aborted ? stop.reason : error);
    await putBack(moving, sentence, print);
    throw new Error(`Not released. ${sentence}`, { cause: error });
  }
}

type Moving = ReturnType<typeof movingOf>;

function movingOf(lambda: LambdaClient, alias: Alias, after: string) {
  const { functionName } = alias;
  /** A move that may have happened, although its answer was lost. */
  let lost: [version: string, trial: Alias["trial"]] | undefined;
  const moving = {
    functionName,
    before: alias.version,
    after,
    /** Whether this run has moved the alias, or tried to. */
    isTouched: false,
    move: async (version: string, trial?: Alias["trial"]) => {
      moving.isTouched = true;
      if (lost) alias = (await movedAlias(lambda, functionName, ...lost)) ?? alias;
      try {
        alias = await moveAlias(lambda, alias, version, trial);
        lost = undefined;
      } catch (error) {
        lost = error instanceof MovedByOther ? undefined : [version, trial];
        throw error;
      }
    },
  };
  return moving;
}

const round_ms = 10_000;

/** `call` calls the new versions and returns the number of answered calls. */
async function tryOut(
  { name, region, canary: { percent, minutes } }: Stack,
  moving: Moving[],
  { isAtOnce = false, stop, print, clock = realClock }: Options,
  { inWords, call, test }: { inWords: string; call: (isFirst?: boolean) => Promise<number>; test: () => Promise<void> },
): Promise<void> {
  const cloudwatch = new CloudWatchClient(region);
  const watch = () => (isAtOnce ? Promise.resolve(0) : countGreenAlarms(cloudwatch, `${name}-`));
  await watch();
  print(`0 % to the new versions, ${inWords}: ${await call(true)} of our own calls answered.`);
  if (minutes > 0 && !isAtOnce) {
    await moveAll(moving, percent, stop);
    print(`${percent} % to the new versions for ${minutes} minutes.`);
    const end_ms = clock.now() + minutes * 60_000;
    for (;;) {
      const [calls, alarms] = [await call(), await watch()];
      const left_ms = Math.max(end_ms - clock.now(), 0);
      const left_s = Math.ceil(left_ms / 1000);
      print(`${percent} %: ${calls} calls answered, none of ${alarms} alarms red, ${left_s} s to go.`);
      if (left_ms === 0) break;
      await clock.pause(Math.min(round_ms, left_ms), undefined, { signal: stop });
    }
  }
  await moveAll(moving, 100, stop);
  print("100 % to the new versions, on trial.");
  await test();
  await watch();
  stop.throwIfAborted();
}

async function moveAll(moving: Moving[], percent: number, stop: AbortSignal): Promise<void> {
  for (const { before, after, move } of moving) {
    stop.throwIfAborted();
    await move(before, { version: after, percent });
  }
}

async function putBack(moving: Moving[], reason: string, print: Options["print"]): Promise<void> {
  const touched = moving.filter(({ isTouched }) => isTouched);
  if (touched.length > 0) print(`Back to the previous versions. ${reason}`);
  for (const { functionName, before, move } of touched) {
    try {
      await move(before);
      print(`${functionName}: back to version ${before}.`);
    } catch (error) {
      print(`${functionName}: NOT put back. ${messageOf(error)}`);
    }
  }
}
