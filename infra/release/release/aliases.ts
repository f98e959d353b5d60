import { isDeepStrictEqual } from "node:util";
import {
  GetAliasCommand,
  LambdaClient,
  paginateListVersionsByFunction,
  PreconditionFailedException,
  UpdateAliasCommand,
  type AliasConfiguration,
  type FunctionConfiguration,
} from "@aws-sdk/client-lambda";
import { messageOf } from "../_shared/command.ts";
import type { Stack } from "../_shared/outputs.ts";
import { liveAlias } from "../smoke-test/transports.ts";

export type Alias = ReturnType<typeof aliasOf>;

/** Tries up to five times, so that a throttle does not end a rollback. */
export function lambdaIn(region: { region?: string }): LambdaClient {
  return new LambdaClient({ ...region, maxAttempts: 5 });
}

export async function readAlias(client: LambdaClient, functionName: string): Promise<Alias> {
  const command = new GetAliasCommand({ FunctionName: functionName, Name: liveAlias });
  return aliasOf(functionName, await client.send(command, limit()));
}

/** Another process has moved an alias since it was read. */
export class MovedByOther extends Error {}

/**
 * `version` answers all calls that do not go to the trial. Throws `MovedByOther`, or AWS's error: then the alias may
 * have moved nevertheless.
 * https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html (RevisionId)
 */
export async function moveAlias(
  client: LambdaClient,
  { functionName, revisionId }: Alias,
  version: string,
  trial?: Alias["trial"],
): Promise<Alias> {
  const command = new UpdateAliasCommand({
    FunctionName: functionName,
    Name: liveAlias,
    FunctionVersion: version,
    RoutingConfig: { AdditionalVersionWeights: trial ? { [trial.version]: trial.percent / 100 } : {} },
    RevisionId: revisionId,
  });
  try {
    return aliasOf(functionName, await client.send(command, limit()));
  } catch (error) {
    if (!(error instanceof PreconditionFailedException)) throw error;
    // After a lost answer the SDK retries, and by then the alias has moved.
    const moved =
      (error.$metadata.attempts ?? 1) > 1 ? await movedAlias(client, functionName, version, trial) : undefined;
    if (moved) return moved;
    throw new MovedByOther(`Another process has moved the alias of ${functionName}.`, { cause: error });
  }
}

/** The alias, if it is where it should have been moved. */
export async function movedAlias(
  client: LambdaClient,
  functionName: string,
  version: string,
  trial: Alias["trial"],
): Promise<Alias | undefined> {
  const alias = await readAlias(client, functionName);
  return isDeepStrictEqual([alias.version, alias.trial], [version, trial]) ? alias : undefined;
}

export async function rollBack({ functionNames, region }: Stack, print: (line: string) => void): Promise<void> {
  const ended = await endTrials(lambdaIn(region), functionNames, print);
  if (ended === 0) print("Nothing to put back: no function has a version on trial.");
}

/** Gives all callers the previous version; returns how many trials it ended. Tries them all, then throws if any failed. */
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

/**
 * The number of the newest version. Throws if it differs from $LATEST: the function was changed by hand, or an apply
 * was interrupted before it published, and the release would differ from what was tested.
 */
export async function newestVersion(client: LambdaClient, functionName: string): Promise<string> {
  const versions: FunctionConfiguration[] = [];
  for await (const page of paginateListVersionsByFunction({ client }, { FunctionName: functionName }, limit()))
    versions.push(...(page.Versions ?? []));
  const latest = versions.find(({ Version }) => Version === "$LATEST");
  const [newest] = versions
    .filter((version) => version !== latest)
    .sort((one, other) => Number(other.Version) - Number(one.Version));
  if (!latest || newest?.Version === undefined)
    throw new Error(`${functionName} has no version: apply the Terraform first.`);
  if (settingsOf(newest) !== settingsOf(latest)) {
    throw new Error(
      `The newest version of ${functionName}, ${newest.Version}, differs from $LATEST: it was changed by hand, or an apply was interrupted. ` +
        `Apply again, and if that changes nothing: aws lambda publish-version --function-name ${functionName}`,
    );
  }
  return newest.Version;
}

/** The settings of a version that callers notice. */
function settingsOf({ CodeSha256, Handler, Runtime, MemorySize, Timeout, Environment }: FunctionConfiguration): string {
  const variables = Object.entries(Environment?.Variables ?? {}).sort();
  return JSON.stringify([CodeSha256, Handler, Runtime, MemorySize, Timeout, variables]);
}

function aliasOf(
  functionName: string,
  { FunctionVersion: version, RoutingConfig, RevisionId: revisionId }: AliasConfiguration,
) {
  if (version === undefined) throw new Error(`The alias of ${functionName} has no version.`);
  const [weight] = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {});
  const trial = weight && { version: weight[0], percent: Math.round(weight[1] * 10_000) / 100 };
  return { functionName, version, trial, revisionId };
}

/** The SDK itself has no time limit. */
function limit() {
  return { abortSignal: AbortSignal.timeout(10_000) };
}
