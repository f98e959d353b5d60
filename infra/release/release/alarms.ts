import { paginateDescribeAlarms, type CloudWatchClient, type MetricAlarm } from "@aws-sdk/client-cloudwatch";
import { inOneLine } from "../smoke-test/request.ts";

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
