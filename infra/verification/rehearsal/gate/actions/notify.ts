import type { Account, Ask } from "./actions.ts";
import { formOf, jsonOf, operationOf, protocolOf, textOf, type ServiceRequest } from "../service-request.ts";

const onTopic = [
  "CreateTopic",
  "DeleteTopic",
  "GetTopicAttributes",
  "SetTopicAttributes",
  "Subscribe",
  "Unsubscribe",
  "GetSubscriptionAttributes",
  "SetSubscriptionAttributes",
  "ListSubscriptionsByTopic",
  "ListTagsForResource",
  "TagResource",
  "UntagResource",
  "Publish",
];

export function asksOfSns(request: ServiceRequest, { accountId }: Account): Ask[] | undefined {
  const form = formOf(request);
  const operation = form.get("Action") ?? "";
  if (operation === "ListTopics" || operation === "ListSubscriptions")
    return [{ action: `sns:${operation}`, resource: "*" }];
  if (!onTopic.includes(operation)) return undefined;
  const named =
    form.get("TopicArn") ?? form.get("ResourceArn") ?? form.get("SubscriptionArn")?.replace(/:[0-9a-f-]{36}$/, "");
  const resource = named ?? `arn:aws:sns:${request.region}:${accountId}:${form.get("Name") ?? ""}`;
  const isTagged = operation === "CreateTopic" && form.has("Tags.member.1.Key");
  return [{ action: `sns:${operation}`, resource }, ...(isTagged ? [{ action: "sns:TagResource", resource }] : [])];
}

const onAllMetrics = ["ListMetrics", "GetMetricData", "GetMetricStatistics", "PutMetricData", "ListDashboards"];

/** CloudWatch's alarms, dashboards and metrics, in a form as Terraform sends it or in JSON as the SDK for JavaScript does. */
export function asksOfCloudwatch(request: ServiceRequest, { accountId }: Account): Ask[] | undefined {
  const operation = operationOf(request) ?? "";
  const fields = protocolOf(request) === "json" ? jsonOf(request) : Object.fromEntries(formOf(request));
  const action = `cloudwatch:${operation}`;
  const alarm = (name: string) => `arn:aws:cloudwatch:${request.region}:${accountId}:alarm:${name}`;
  const dashboard = (name: string) => `arn:aws:cloudwatch::${accountId}:dashboard/${name}`;
  const named = (list: string) => [
    ...(Array.isArray(fields[list]) ? (fields[list] as unknown[]) : []),
    ...Object.keys(fields)
      .filter((key) => key.startsWith(`${list}.member.`))
      .map((key) => fields[key]),
  ];
  switch (operation) {
    case "PutMetricAlarm": {
      const resource = alarm(textOf(fields["AlarmName"]));
      const isTagged = fields["Tags"] !== undefined || fields["Tags.member.1.Key"] !== undefined;
      return [{ action, resource }, ...(isTagged ? [{ action: "cloudwatch:TagResource", resource }] : [])];
    }
    case "SetAlarmState":
      return [{ action, resource: alarm(textOf(fields["AlarmName"])) }];
    case "DescribeAlarms":
      return [{ action, resource: alarm("*") }];
    case "DeleteAlarms":
      return named("AlarmNames").map((name) => ({ action, resource: alarm(textOf(name)) }));
    case "PutDashboard":
    case "GetDashboard":
      return [{ action, resource: dashboard(textOf(fields["DashboardName"])) }];
    case "DeleteDashboards":
      return named("DashboardNames").map((name) => ({ action, resource: dashboard(textOf(name)) }));
    case "ListTagsForResource":
    case "TagResource":
    case "UntagResource":
      return [{ action, resource: textOf(fields["ResourceARN"]) }];
    default:
      return onAllMetrics.includes(operation) ? [{ action, resource: "*" }] : undefined;
  }
}
