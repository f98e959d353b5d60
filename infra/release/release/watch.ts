import { randomUUID } from "node:crypto";
import { paginateDescribeAlarms, type CloudWatchClient, type MetricAlarm } from "@aws-sdk/client-cloudwatch";
import { functionOf, type Stack } from "../_shared/outputs.ts";
import { checksOf, lastingSubject, type Check } from "../smoke-test/checks.ts";
import { byInvoking, byNotifying, inOneLine } from "../smoke-test/transports.ts";

/** What a probe sends, if an empty object would be refused without a query to the database. */
const bodies: Record<string, object> = {
  "POST /events/{id}/upload-url": { contentType: "image/png", contentLength: 1 },
};

/**
 * Checks of these versions, whatever callers get: the smoke test's; a probe of every route; and an empty notification for
 * label-image, which no route names. With an id they create that event, probe the routes with it and delete it last,
 * because a version may fail only where there is something to change. Without one the probes have an unknown id and change
 * nothing, but a function of one event answers only after a query to the database.
 */
export function checksOfVersions(
  { name, routes, isSignedIn, region }: Stack,
  versions: Map<string, string>,
  id?: string,
): Check[] {
  const targetOf = (routeKey: string) => {
    const functionName = functionOf(routes, routeKey);
    const qualifier = versions.get(functionName);
    if (qualifier === undefined)
      throw new Error(`The output function_names must have ${functionName}, which answers ${routeKey}.`);
    return { functionName, qualifier };
  };
  const transport = byInvoking(region, targetOf, isSignedIn);
  const subject = id === undefined ? lastingSubject(isSignedIn, routes) : { id, isExposed: false };
  const probes = Object.keys(routes)
    .sort(byDeletion)
    .map((routeKey): Check => {
      const names = [...routeKey.matchAll(/\{(\w+)\}/g)];
      const pathParameters = Object.fromEntries(names.map(([, name = ""]) => [name, id ?? randomUUID()]));
      const body = /^(GET|DELETE) /.test(routeKey) ? {} : { body: bodies[routeKey] ?? {} };
      return {
        claim: `Answer ${routeKey}`,
        transport,
        request: { routeKey, pathParameters, ...body },
        expected: "a status below 500",
        holds: ({ status }) => status < 500,
      };
    });
  return [...checksOf(transport, subject), ...probes, ...notificationOf(region, `${name}-label-image`, versions)];
}

/** Those that delete come last. */
function byDeletion(one: string, other: string): number {
  return Number(one.startsWith("DELETE ")) - Number(other.startsWith("DELETE "));
}

/** None if the stack has no such function. */
function notificationOf(region: Stack["region"], functionName: string, versions: Map<string, string>): Check[] {
  const qualifier = versions.get(functionName);
  if (qualifier === undefined) return [];
  return [
    {
      claim: "Run label-image",
      transport: byNotifying(region, { functionName, qualifier }),
      request: { routeKey: "" },
      expected: "no error",
      holds: () => true,
    },
  ];
}

const advice = "Release the fix with --at-once, as the workflow Deploy does when started by hand with a commit.";

/**
 * The number of a stack's alarms, none of them red. Throws the names and reasons of those in ALARM. Insufficient data
 * is no alarm, because a quiet stage has none.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
export async function countGreenAlarms(client: CloudWatchClient, prefix: string): Promise<number> {
  const alarms: MetricAlarm[] = [];
  const limit = { abortSignal: AbortSignal.timeout(15_000) };
  for await (const page of paginateDescribeAlarms({ client }, { AlarmNamePrefix: prefix }, limit))
    alarms.push(...(page.MetricAlarms ?? []));
  const red = alarms
    .filter(({ StateValue }) => StateValue === "ALARM")
    .map(({ AlarmName, StateReason }) => inOneLine(`The alarm ${AlarmName ?? ""} is red: ${StateReason ?? ""}`));
  if (red.length > 0) throw new Error([...red, advice].join("\n"));
  return alarms.length;
}
