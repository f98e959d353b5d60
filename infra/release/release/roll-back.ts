import type { LambdaClient } from "@aws-sdk/client-lambda";
import { messageOf } from "../_shared/command.ts";
import { lambdaIn, moveAlias, readAlias } from "./aliases.ts";
import type { Stack } from "./stack.ts";

type Print = (line: string) => void;

export async function rollBack({ functionNames, region }: Stack, print: Print): Promise<void> {
  const ended = await endTrials(lambdaIn(region), functionNames, print);
  if (ended === 0) print("Nothing to put back: no function has a version on trial.");
}

/** Gives all callers the previous version; returns how many trials it ended. Tries them all, then throws if any failed. */
export async function endTrials(lambda: LambdaClient, functionNames: string[], print: Print): Promise<number> {
  let ended = 0;
  const failures: string[] = [];
  for (const functionName of functionNames.toSorted()) {
    try {
      const alias = await readAlias(lambda, functionName);
      const { version, trial } = alias;
      if (!trial) continue;
      await moveAlias(lambda, alias, version);
      print(
        `${functionName}: back to version ${version}. An unfinished release had given version ${trial.version} ${trial.percent} % of the calls.`,
      );
      ended += 1;
    } catch (error) {
      failures.push(`${functionName}: ${messageOf(error)}`);
    }
  }
  if (failures.length > 0) throw new Error(failures.join("\n"));
  return ended;
}
