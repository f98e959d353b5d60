import type { LambdaClient } from "@aws-sdk/client-lambda";
import { lambdaIn, moveAlias, readAlias } from "./aliases.ts";
import type { Stack } from "./stack.ts";

/** Ends every trial, so that all callers get the previous version. Tries them all, then throws if any failed. */
export async function rollBack(
  { functionNames, region }: Pick<Stack, "functionNames" | "region">,
  print: (line: string) => void,
): Promise<void> {
  const ended = await endTrials(lambdaIn(region), functionNames, print);
  if (ended === 0) print("Nothing to put back: no function has a version on trial.");
}

export async function endTrials(
  lambda: LambdaClient,
  functionNames: string[],
  print: (line: string) => void,
): Promise<number> {
  let ended = 0;
  const failures: string[] = [];
  for (const functionName of functionNames.toSorted()) {
    try {
      const alias = await readAlias(lambda, functionName);
      const { version, trial } = alias;
      if (!trial) continue;
      await moveAlias(lambda, alias, { version, trial: undefined });
      print(
        `${functionName}: back to version ${version}. An unfinished release had given version ${trial.version} ${trial.percent} % of the calls.`,
      );
      ended += 1;
    } catch (error) {
      failures.push(`${functionName}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (failures.length > 0) throw new Error(failures.join("\n"));
  return ended;
}
