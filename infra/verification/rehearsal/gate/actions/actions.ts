import type { Lookups } from "../account.ts";
import type { Ask } from "../iam.ts";
import { accountId, formOf, jsonOf, textOf, type Fields, type ServiceRequest } from "../service-request.ts";
import { asksOfApiGateway } from "./apigateway.ts";
import { asksOfIam } from "./iam.ts";
import { asksOfLambda } from "./lambda.ts";
import { asksOfS3 } from "./s3.ts";

/**
 * The IAM actions on resources that a request needs, all of them; none for what everyone may do.
 * Undefined for an unknown request, which must be refused.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
 */
export async function asksOf(request: ServiceRequest, account: Lookups): Promise<Ask[] | undefined> {
  return (asksOfService[request.service] ?? asksByOperation)(request, account);
}

type AsksOf = (request: ServiceRequest, account: Lookups) => Ask[] | undefined | Promise<Ask[] | undefined>;

const asksOfService: Record<string, AsksOf> = {
  apigateway: asksOfApiGateway,
  iam: asksOfIam,
  lambda: asksOfLambda,
  s3: asksOfS3,
};

const tagging = "TagResource UntagResource ListTagsForResource";

/**
 * The operations of services whose requests name them, by the resources on which they need a permission. {} holds a field
 * of the request, [] a part that applies only if the request has its field. The action is named like the operation, unless
 * another follows `=`.
 *
 * Without a stream a log group's ARN ends in `:log-stream:`, so that a policy needs `:*` after the name.
 */
const resources: Record<string, Record<string, string>> = {
  dynamodb: {
    "table/{TableName}[/index/{IndexName}]":
      "(Create|Describe|Update|Delete)Table (Describe|Update)ContinuousBackups (Describe|Update)TimeToLive DescribeKinesisStreamingDestination (Get|Put|Update|Delete)Item Query Scan",
    "table/{RequestItems}": "BatchGetItem BatchWriteItem",
    "{ResourceArn}": "ListTagsOfResource TagResource UntagResource GetResourcePolicy",
    "*": "ListTables",
  },
  sqs: {
    "{QueueName}": "CreateQueue GetQueueUrl",
    "{QueueUrl}": "(Delete|Tag|Untag)Queue (Get|Set)QueueAttributes ListQueueTags (Send|Receive)Message",
    "*": "ListQueues",
  },
  logs: {
    "log-group:{logGroupName}:log-stream:{logStreamName}":
      "(Create|Delete)LogGroup DescribeLogGroups CreateLogStream (Put|Delete)RetentionPolicy (Put|Delete)MetricFilter DescribeMetricFilters PutLogEvents",
    "{resourceArn}": tagging,
    "*": "(Put|Delete)QueryDefinition DescribeQueryDefinitions",
  },
  sns: {
    "{Name}": "CreateTopic",
    "{TopicArn}": "DeleteTopic (Get|Set)TopicAttributes Subscribe ListSubscriptionsByTopic",
    "{SubscriptionArn}": "Unsubscribe (Get|Set)SubscriptionAttributes",
    "{ResourceArn}": tagging,
    "*": "ListTopics",
  },
  cloudwatch: {
    "alarm:{AlarmName}": "PutMetricAlarm SetAlarmState",
    "alarm:{AlarmNames}": "DeleteAlarms",
    "alarm:*": "DescribeAlarms",
    "dashboard/{DashboardName}": "(Put|Get)Dashboard",
    "dashboard/{DashboardNames}": "DeleteDashboards",
    "{ResourceARN}": tagging,
    "*": "GetMetricStatistics ListDashboards",
  },
  "cognito-idp": {
    "userpool/{UserPoolId}":
      "(Describe|Update|Delete)UserPool (Get|Set)UserPoolMfaConfig (Create|Describe|Update|Delete)UserPoolClient AdminCreateUser",
    "{ResourceArn}": tagging,
    "*": "ListUserPools CreateUserPool",
  },
  budgets: {
    "budget/{Budget.BudgetName}": "CreateBudget=ModifyBudget",
    "budget/{NewBudget.BudgetName}": "UpdateBudget=ModifyBudget",
    "budget/{BudgetName}":
      "DeleteBudget=ModifyBudget DescribeBudget=ViewBudget DescribeNotificationsForBudget=ViewBudget",
    "budget/*": "DescribeBudgets=ViewBudget",
    "{ResourceARN}": tagging,
  },
  rekognition: {
    "*": "DetectLabels",
    "[arn:aws:s3:::{Image.S3Object.Bucket}/{Image.S3Object.Name}]": "DetectLabels=s3:GetObject",
  },
  sts: { "{RoleArn}": "AssumeRole", "": "GetCallerIdentity" },
};

async function asksByOperation(request: ServiceRequest, account: Lookups): Promise<Ask[] | undefined> {
  const { operation, region, protocol } = request;
  const service = request.service === "monitoring" ? "cloudwatch" : request.service;
  const fields = protocol === "json" ? jsonOf(request) : formOf(request);
  const found = Object.entries(resources[service] ?? {}).flatMap(([template, operations]) =>
    operations
      .split(" ")
      .map((each) => each.split("="))
      .filter(([pattern = ""]) => new RegExp(`^${pattern}$`).test(operation))
      .map(([, action = operation]) => ({ template, action: action.includes(":") ? action : `${service}:${action}` })),
  );
  if (found.length === 0) return undefined;
  const context = await contextOf(service, fields, account);
  const asks = found.flatMap(({ template, action }) => {
    // Dashboards and budgets have no region.
    const place = /^(dashboard|budget)\//.test(template) ? "" : region;
    const prefix = `arn:aws:${service}:${place}:${accountId}:`;
    return resourcesOf(template, fields, prefix).map((resource) => ({ action, resource, context }));
  });
  const isTagged = ["Tags", "tags", "UserPoolTags", "ResourceTags"].some((name) => valuesOf(fields, name).length > 0);
  if (!/^(Create|PutMetricAlarm)/.test(operation) || !isTagged) return asks;
  // Only a log group's tags use its bare ARN.
  const resource = (asks[0]?.resource ?? "").replace(/:log-stream:$/, "");
  return [...asks, { action: `${service}:${service === "sqs" ? "TagQueue" : "TagResource"}`, resource, context }];
}

function resourcesOf(template: string, fields: Fields, prefix: string): string[] {
  const given = template.replace(/\[(.*?\{(.*?)\}.*)\]/, (_all, part: string, field: string) =>
    valuesOf(fields, field).length > 0 ? part : "",
  );
  const [whole, field = ""] = /\{(.*?)\}/.exec(given) ?? [];
  if (whole !== undefined) {
    const values = valuesOf(fields, field);
    const filled = (values.length > 0 ? values : [""]).map((value) => given.replace(whole, () => value));
    return filled.flatMap((each) => resourcesOf(each, fields, prefix));
  }
  if (given === "*" || given === "") return given === "" ? [] : [given];
  const [own] = /arn:.*/s.exec(given) ?? [`${prefix}${given}`];
  return [own.replace(/^(arn:aws:sns:.*):[0-9a-f-]{36}$/, "$1")]; // a subscription is its topic's
}

/** A form has a list as `Names.member.1` and so on; an object counts by its keys, and a queue's URL by its name. */
function valuesOf(fields: Fields, path: string): string[] {
  const value = path.split(".").reduce<unknown>((at, name) => (at as Fields | undefined)?.[name], fields);
  const listed = Object.keys(fields).filter((name) => name.startsWith(`${path}.member.`));
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const values: unknown[] = isObject ? Object.keys(value) : [value ?? listed.map((name) => fields[name])].flat();
  return values.map((each) => textOf(each).replace(/^https?:.*\//, ""));
}

/** Condition keys with what no ARN says. */
const keys: Record<string, [key: string, ...fields: string[]]> = {
  sns: ["sns:protocol", "Protocol"],
  cloudwatch: ["cloudwatch:alarmactions", "AlarmActions", "OKActions", "InsufficientDataActions"],
};

async function contextOf(service: string, fields: Fields, { userPoolTags }: Lookups) {
  const [key, ...names] = keys[service] ?? [];
  if (key !== undefined) return { [key]: names.flatMap((name) => valuesOf(fields, name)) };
  if (service !== "cognito-idp") return {};
  const pool = textOf(fields["UserPoolId"] ?? fields["ResourceArn"]).replace(/.*\//, "");
  const tags = {
    resource: pool === "" ? {} : await userPoolTags(pool),
    request: (fields["UserPoolTags"] ?? fields["Tags"] ?? {}) as Fields,
  };
  const context: Record<string, string[]> = { "aws:resourcetag/": [], "aws:requesttag/": [] };
  for (const [of, its] of Object.entries(tags))
    for (const [name, value] of Object.entries(its)) context[`aws:${of}tag/${name.toLowerCase()}`] = [textOf(value)];
  return context;
}
