import type { Account, Ask } from "./actions.ts";
import { jsonOf, operationOf, textOf, type ServiceRequest } from "../service-request.ts";

const onQueue = [
  "CreateQueue",
  "DeleteQueue",
  "GetQueueAttributes",
  "SetQueueAttributes",
  "GetQueueUrl",
  "ListQueueTags",
  "TagQueue",
  "UntagQueue",
  "SendMessage",
  "ReceiveMessage",
  "DeleteMessage",
  "ChangeMessageVisibility",
  "PurgeQueue",
];

export function asksOfSqs(request: ServiceRequest, { accountId }: Account): Ask[] | undefined {
  const operation = operationOf(request)?.replace(/Batch$/, "") ?? "";
  const { QueueName, QueueUrl, tags } = jsonOf(request);
  if (operation === "ListQueues") return [{ action: "sqs:ListQueues", resource: "*" }];
  if (!onQueue.includes(operation)) return undefined;
  const name = textOf(QueueName) || (textOf(QueueUrl).split("/").at(-1) ?? "");
  const resource = `arn:aws:sqs:${request.region}:${accountId}:${name}`;
  const isTagged = operation === "CreateQueue" && tags !== undefined;
  return [{ action: `sqs:${operation}`, resource }, ...(isTagged ? [{ action: "sqs:TagQueue", resource }] : [])];
}

/** An image that lies in S3 is read with the rights of who asks. */
export function asksOfRekognition(request: ServiceRequest): Ask[] | undefined {
  if (operationOf(request) !== "DetectLabels") return undefined;
  const { S3Object: object } = (jsonOf(request)["Image"] ?? {}) as { S3Object?: { Bucket?: unknown; Name?: unknown } };
  const read = object && {
    action: "s3:GetObject",
    resource: `arn:aws:s3:::${textOf(object.Bucket)}/${textOf(object.Name)}`,
  };
  return [{ action: "rekognition:DetectLabels", resource: "*" }, ...(read ? [read] : [])];
}

/** Budgets knows two actions for all that is read and written in one. */
export function asksOfBudgets(request: ServiceRequest, { accountId }: Account): Ask[] | undefined {
  const operation = operationOf(request) ?? "";
  const { Budget, BudgetName, ResourceARN, ResourceTags } = jsonOf(request);
  if (/^(List|Tag|Untag)\w*Resource$/.test(operation))
    return [{ action: `budgets:${operation}`, resource: textOf(ResourceARN) }];
  const [, verb = ""] =
    /^(Create|Update|Delete|Describe)(Budgets?|Notification|NotificationsForBudget|Subscribers?|SubscribersForNotification)$/.exec(
      operation,
    ) ?? [];
  if (verb === "") return undefined;
  const name = textOf(BudgetName) || textOf((Budget as { BudgetName?: unknown } | undefined)?.BudgetName);
  const resource = `arn:aws:budgets::${accountId}:budget/${name || "*"}`;
  const action = verb === "Describe" ? "budgets:ViewBudget" : "budgets:ModifyBudget";
  return [{ action, resource }, ...(ResourceTags === undefined ? [] : [{ action: "budgets:TagResource", resource }])];
}

const onLogGroup = [
  "CreateLogGroup",
  "DeleteLogGroup",
  "PutRetentionPolicy",
  "DeleteRetentionPolicy",
  "DescribeLogStreams",
  "FilterLogEvents",
  "PutMetricFilter",
  "DeleteMetricFilter",
  "DescribeMetricFilters",
];
const onLogStream = ["CreateLogStream", "DeleteLogStream", "PutLogEvents", "GetLogEvents"];
const onNoLogGroup = [
  "PutQueryDefinition",
  "DescribeQueryDefinitions",
  "DeleteQueryDefinition",
  "PutResourcePolicy",
  "DescribeResourcePolicies",
];

/**
 * A log group's ARN ends in `:log-stream:` and the stream, empty for the group itself, so that a policy needs `:*` after the name;
 * only tags want the bare ARN.
 */
export function asksOfLogs(request: ServiceRequest, { accountId }: Account): Ask[] | undefined {
  const operation = operationOf(request) ?? "";
  const { logGroupName, logStreamName, resourceArn, tags } = jsonOf(request);
  const action = `logs:${operation}`;
  const group = `arn:aws:logs:${request.region}:${accountId}:log-group:${textOf(logGroupName)}`;
  if (operation === "DescribeLogGroups")
    return [{ action, resource: `arn:aws:logs:${request.region}:${accountId}:log-group::log-stream:` }];
  if (/^(List|Tag|Untag)\w*Resource$/.test(operation)) return [{ action, resource: textOf(resourceArn) }];
  if (onNoLogGroup.includes(operation)) return [{ action, resource: "*" }];
  if (onLogStream.includes(operation)) return [{ action, resource: `${group}:log-stream:${textOf(logStreamName)}` }];
  if (!onLogGroup.includes(operation)) return undefined;
  const isTagged = operation === "CreateLogGroup" && tags !== undefined;
  return [
    { action, resource: `${group}:log-stream:` },
    ...(isTagged ? [{ action: "logs:TagResource", resource: group }] : []),
  ];
}

/** An alias is not a resource: who asks for one needs the key, which is unknown here, and has the alias in a condition key. */
export function asksOfKms(request: ServiceRequest, { accountId }: Account): Ask[] | undefined {
  if (operationOf(request) !== "DescribeKey") return undefined;
  const key = textOf(jsonOf(request)["KeyId"]);
  const name = key.replace(/^arn:aws:kms:[^:]*:\d*:/, "");
  const resource = `arn:aws:kms:${request.region}:${accountId}:key/${name.startsWith("alias/") ? "of-the-alias" : name.replace("key/", "")}`;
  return [
    { action: "kms:DescribeKey", resource, context: name.startsWith("alias/") ? { "kms:requestalias": [name] } : {} },
  ];
}
