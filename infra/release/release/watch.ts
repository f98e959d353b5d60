import { randomUUID } from "node:crypto";
import { paginateDescribeAlarms, type CloudWatchClient, type MetricAlarm } from "@aws-sdk/client-cloudwatch";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { functionOf, type Routes } from "../_shared/outputs.ts";
import { tryOnce } from "../smoke-test/checks.ts";
import { byInvoking, describe, inOneLine, type Target } from "../smoke-test/ways.ts";

/**
 * Calls these versions whatever callers get: makes the smoke test's checks, and knocks at every route with an id that
 * nobody has made, which changes nothing and is answered after the database was asked. Throws at the first call that
 * fails; gives how many were answered.
 */
export async function callVersions(
  client: LambdaClient,
  { versions, routes, isSignedIn }: { versions: Map<string, string>; routes: Routes; isSignedIn: boolean },
  stop: AbortSignal,
): Promise<number> {
  const targetOf = (routeKey: string): Target => {
    const functionName = functionOf(routes, routeKey);
    const qualifier = versions.get(functionName);
    if (qualifier === undefined)
      throw new Error(`The output function_names must have ${functionName}, which answers ${routeKey}.`);
    return { functionName, qualifier };
  };
  const way = byInvoking(client, targetOf, isSignedIn);
  const checked = await tryOnce(way, isSignedIn, stop);
  for (const routeKey of Object.keys(routes)) {
    const names = [...routeKey.matchAll(/\{(\w+)\}/g)];
    const pathParameters = Object.fromEntries(names.map(([, name = ""]) => [name, randomUUID()]));
    const body = /^(GET|DELETE) /.test(routeKey) ? {} : { body: {} };
    const answer = await way.send({ routeKey, pathParameters, ...body }, 15_000, stop);
    if (answer.status !== undefined && answer.status < 500) continue; // a refusal is an answer; an error of ours is none
    const { functionName, qualifier } = targetOf(routeKey);
    throw new Error(
      `${routeKey} (${functionName}:${qualifier}) should be answered, and be it with a refusal, and gave ${describe(answer)}.`,
    );
  }
  return checked + Object.keys(routes).length;
}

const advice =
  "What mends it is released by --at-once, as the workflow Deploy does when it is started by hand with a commit.";

/**
 * How many alarms watch a stack, none of them red. Throws the names and reasons of those in ALARM; too few data are
 * no alarm, because a quiet stage has none.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
export async function expectNoAlarm(client: CloudWatchClient, prefix: string): Promise<number> {
  const alarms: MetricAlarm[] = [];
  for await (const page of paginateDescribeAlarms(
    { client },
    { AlarmNamePrefix: prefix },
    { abortSignal: AbortSignal.timeout(15_000) },
  )) {
    alarms.push(...(page.MetricAlarms ?? []));
  }
  const red = alarms.filter(({ StateValue }) => StateValue === "ALARM");
  if (red.length > 0)
    throw new Error(
      `${red.map(({ AlarmName, StateReason }) => inOneLine(`The alarm ${AlarmName ?? ""} is red: ${StateReason ?? ""}`)).join("\n")}\n${advice}`,
    );
  return alarms.length;
}
