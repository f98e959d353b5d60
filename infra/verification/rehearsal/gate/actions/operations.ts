import {
  formOf,
  jsonOf,
  operationOf,
  protocolOf,
  textOf,
  type Fields,
  type ServiceRequest,
} from "../service-request.ts";
import type { Account, Ask } from "./ask.ts";

/**
 * The resources on which operations need a permission, for services whose requests name the operation. {} holds a field
 * of the request, [] a part that applies only if the request has its field. Unless it begins with an ARN, a resource is
 * prefixed with `arn:aws:SERVICE:REGION:ACCOUNT:`. The action is named like the operation unless the last column says otherwise.
 *
 * Without a stream a log group's ARN ends in `:log-stream:`, so that a policy needs `:*` after the name.
 */
const table = `
dynamodb    | table/{TableName}[/index/{IndexName}] | CreateTable DescribeTable UpdateTable DeleteTable DescribeContinuousBackups UpdateContinuousBackups DescribeTimeToLive UpdateTimeToLive DescribeKinesisStreamingDestination GetItem PutItem UpdateItem DeleteItem Query Scan
dynamodb    | table/{RequestItems} | BatchGetItem BatchWriteItem
dynamodb    | {ResourceArn} | ListTagsOfResource TagResource UntagResource GetResourcePolicy PutResourcePolicy DeleteResourcePolicy
dynamodb    | * | ListTables DescribeLimits DescribeEndpoints
sqs         | {QueueName} | CreateQueue GetQueueUrl
sqs         | {QueueUrl} | DeleteQueue GetQueueAttributes SetQueueAttributes ListQueueTags TagQueue UntagQueue SendMessage ReceiveMessage DeleteMessage PurgeQueue
sqs         | * | ListQueues
logs        | log-group:{logGroupName}:log-stream:{logStreamName} | CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy DescribeLogStreams FilterLogEvents PutMetricFilter DeleteMetricFilter DescribeMetricFilters DescribeLogGroups CreateLogStream DeleteLogStream PutLogEvents GetLogEvents
logs        | {resourceArn} | ListTagsForResource TagResource UntagResource
logs        | * | PutQueryDefinition DescribeQueryDefinitions DeleteQueryDefinition PutResourcePolicy DescribeResourcePolicies
sns         | {Name} | CreateTopic
sns         | {TopicArn} | DeleteTopic GetTopicAttributes SetTopicAttributes Subscribe ListSubscriptionsByTopic Publish
sns         | {SubscriptionArn} | Unsubscribe GetSubscriptionAttributes SetSubscriptionAttributes
sns         | {ResourceArn} | ListTagsForResource TagResource UntagResource
sns         | * | ListTopics ListSubscriptions
cloudwatch  | alarm:{AlarmName} | PutMetricAlarm SetAlarmState
cloudwatch  | alarm:{AlarmNames} | DeleteAlarms
cloudwatch  | alarm:* | DescribeAlarms
cloudwatch  | arn:aws:cloudwatch::{account}:dashboard/{DashboardName} | PutDashboard GetDashboard
cloudwatch  | arn:aws:cloudwatch::{account}:dashboard/{DashboardNames} | DeleteDashboards
cloudwatch  | {ResourceARN} | ListTagsForResource TagResource UntagResource
cloudwatch  | * | ListMetrics GetMetricData GetMetricStatistics PutMetricData ListDashboards
cognito-idp | userpool/{UserPoolId} | DescribeUserPool UpdateUserPool DeleteUserPool GetUserPoolMfaConfig SetUserPoolMfaConfig ListUserPoolClients CreateUserPoolClient DescribeUserPoolClient UpdateUserPoolClient DeleteUserPoolClient ListUsers AdminCreateUser AdminGetUser AdminSetUserPassword AdminInitiateAuth AdminDeleteUser
cognito-idp | {ResourceArn} | ListTagsForResource TagResource UntagResource
cognito-idp | * | ListUserPools CreateUserPool
budgets     | arn:aws:budgets::{account}:budget/{Budget.BudgetName} | CreateBudget | ModifyBudget
budgets     | arn:aws:budgets::{account}:budget/{NewBudget.BudgetName} | UpdateBudget | ModifyBudget
budgets     | arn:aws:budgets::{account}:budget/{BudgetName} | DeleteBudget | ModifyBudget
budgets     | arn:aws:budgets::{account}:budget/{BudgetName} | DescribeBudget DescribeNotificationsForBudget | ViewBudget
budgets     | arn:aws:budgets::{account}:budget/* | DescribeBudgets | ViewBudget
budgets     | {ResourceARN} | ListTagsForResource TagResource UntagResource
kms         | key/{KeyId} | DescribeKey
rekognition | * | DetectLabels
rekognition | [arn:aws:s3:::{Image.S3Object.Bucket}/{Image.S3Object.Name}] | DetectLabels | s3:GetObject
sts         | {RoleArn} | AssumeRole
sts         | | GetCallerIdentity`
  .trim()
  .split("\n")
  .map((line) => line.split("|").map((column) => column.trim()));

export async function asksByOperation(request: ServiceRequest, account: Account): Promise<Ask[] | undefined> {
  const service = request.service === "monitoring" ? "cloudwatch" : request.service;
  const operation = operationOf(request) ?? "";
  const fields = protocolOf(request) === "json" ? jsonOf(request) : Object.fromEntries(formOf(request));
  const arn = `arn:aws:${service}:${request.region}:${account.accountId}:`;
  const rows = table.filter(([of, , operations = ""]) => of === service && operations.split(" ").includes(operation));
  if (rows.length === 0) return undefined;
  const context = await contextOf(service, fields, request.region, account);
  const asks = rows.flatMap(([, template = "", , action = operation]) =>
    resourcesOf(template, { ...fields, account: account.accountId }, arn).map((resource) => ({
      action: action.includes(":") ? action : `${service}:${action}`,
      resource,
      context,
    })),
  );
  const isMade = /^(Create|PutMetricAlarm)/.test(operation);
  const tagging = { ...asks[0], action: `${service}:${service === "sqs" ? "TagQueue" : "TagResource"}`, context };
  // Only a log group's tags use its bare ARN.
  const resource = (asks[0]?.resource ?? "").replace(/:log-stream:$/, "");
  return isMade && isTagged(fields) ? [...asks, { ...tagging, resource }] : asks;
}

function resourcesOf(template: string, fields: Fields, arn: string): string[] {
  const given = template.replace(/\[(.*?\{(.*?)\}.*)\]/, (_all, part: string, field: string) =>
    valuesOf(fields, field).length > 0 ? part : "",
  );
  const [whole, field = ""] = /\{(.*?)\}/.exec(given) ?? [];
  if (whole !== undefined) {
    const values = valuesOf(fields, field);
    return (values.length > 0 ? values : [""]).flatMap((value) =>
      resourcesOf(
        given.replace(whole, () => value),
        fields,
        arn,
      ),
    );
  }
  if (given === "*" || given === "") return given === "" ? [] : [given];
  const [own] = /arn:.*/s.exec(given) ?? [`${arn}${given}`];
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

function isTagged(fields: Fields): boolean {
  const tags = [fields["Tags"], fields["tags"], fields["UserPoolTags"], fields["ResourceTags"]];
  return tags.some((each) => Object.keys(each ?? {}).length > 0) || "Tags.member.1.Key" in fields;
}

/** Condition keys with what no ARN says: a key's alias, a user pool's tags, a topic's protocol, and an alarm's actions. */
async function contextOf(
  service: string,
  fields: Fields,
  region: string,
  account: Account,
): Promise<Record<string, string[]>> {
  if (service === "sns") return "Protocol" in fields ? { "sns:protocol": valuesOf(fields, "Protocol") } : {};
  const actions = ["AlarmActions", "OKActions", "InsufficientDataActions"].flatMap((name) => valuesOf(fields, name));
  if (service === "cloudwatch" && actions.length > 0) return { "cloudwatch:alarmactions": actions };
  if (service === "sts") return { "sts:rolesessionname": [textOf(fields["RoleSessionName"])] };
  const keyId = textOf(fields["KeyId"]);
  if (service === "kms" && keyId.startsWith("alias/")) return { "kms:requestalias": [keyId] };
  if (service !== "cognito-idp") return {};
  const pool =
    textOf(fields["UserPoolId"] ?? fields["ResourceArn"])
      .split("/")
      .at(-1) ?? "";
  const has = pool === "" ? {} : await account.userPoolTags(pool, region);
  return {
    ...tagKeys("resourcetag", has),
    ...tagKeys("requesttag", (fields["UserPoolTags"] ?? fields["Tags"] ?? {}) as Fields),
  };
}

function tagKeys(kind: "requesttag" | "resourcetag", tags: Fields): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [`aws:${kind}/${key.toLowerCase()}`, [textOf(value)]]),
  );
}
