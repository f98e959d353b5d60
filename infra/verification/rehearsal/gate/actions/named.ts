import {
  formOf,
  jsonOf,
  operationOf,
  protocolOf,
  textOf,
  type Fields,
  type ServiceRequest,
} from "../service-request.ts";
import type { Account, Ask, Asks } from "./ask.ts";

/** What a request says of its resource. */
interface Named {
  text: (field: string) => string;
  texts: (field: string) => string[];
  keys: (field: string) => string[];
  arn: (rest: string) => string;
  /** Of services that are in every region the same. */
  globalArn: (rest: string) => string;
}

type Row = [operations: string, resource: (named: Named) => string | string[]];

const all = () => "*";
const table = ({ text, arn }: Named, name = text("TableName")) =>
  name.startsWith("arn:") ? name : arn(`table/${name}`);
const alarm = ({ arn }: Named, name: string) => arn(`alarm:${name}`);
const dashboard = ({ globalArn }: Named, name: string) => globalArn(`dashboard/${name}`);
/** Empty for the group itself, so that a policy needs `:*` after the name; only tags want the bare ARN. */
const logStream = ({ text, arn }: Named, stream = "") => arn(`log-group:${text("logGroupName")}:log-stream:${stream}`);

/** Services whose requests name the operation, by the service in signatures: what their operations are about. */
const services: Record<string, Row[]> = {
  dynamodb: [
    [
      `CreateTable DescribeTable UpdateTable DeleteTable DescribeContinuousBackups UpdateContinuousBackups
       DescribeTimeToLive UpdateTimeToLive DescribeKinesisStreamingDestination GetItem PutItem UpdateItem DeleteItem
       Query Scan`,
      (named) => table(named) + (named.text("IndexName") && `/index/${named.text("IndexName")}`),
    ],
    [
      "ListTagsOfResource TagResource UntagResource GetResourcePolicy PutResourcePolicy DeleteResourcePolicy",
      ({ text }) => text("ResourceArn"),
    ],
    ["ListTables DescribeLimits DescribeEndpoints", all],
    ["BatchGetItem BatchWriteItem", (named) => named.keys("RequestItems").map((name) => table(named, name))],
  ],
  sqs: [
    [
      `CreateQueue DeleteQueue GetQueueAttributes SetQueueAttributes GetQueueUrl ListQueueTags TagQueue UntagQueue
       SendMessage ReceiveMessage DeleteMessage ChangeMessageVisibility PurgeQueue`,
      ({ text, arn }) => arn(text("QueueName") || (text("QueueUrl").split("/").at(-1) ?? "")),
    ],
    ["ListQueues", all],
  ],
  logs: [
    [
      `CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy DescribeLogStreams FilterLogEvents
       PutMetricFilter DeleteMetricFilter DescribeMetricFilters DescribeLogGroups`,
      (named) => logStream(named),
    ],
    [
      "CreateLogStream DeleteLogStream PutLogEvents GetLogEvents",
      (named) => logStream(named, named.text("logStreamName")),
    ],
    ["ListTagsForResource TagResource UntagResource", ({ text }) => text("resourceArn")],
    [
      `PutQueryDefinition DescribeQueryDefinitions DeleteQueryDefinition PutResourcePolicy DescribeResourcePolicies`,
      all,
    ],
  ],
  sns: [
    [
      `CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes Subscribe Unsubscribe GetSubscriptionAttributes
       SetSubscriptionAttributes ListSubscriptionsByTopic ListTagsForResource TagResource UntagResource Publish`,
      ({ text, arn }) =>
        text("TopicArn") ||
        text("ResourceArn") ||
        text("SubscriptionArn").replace(/:[0-9a-f-]{36}$/, "") ||
        arn(text("Name")),
    ],
    ["ListTopics ListSubscriptions", all],
  ],
  // In a form as Terraform sends it, or in JSON as the SDK for JavaScript does.
  monitoring: [
    ["PutMetricAlarm SetAlarmState", (named) => alarm(named, named.text("AlarmName"))],
    ["DescribeAlarms", (named) => alarm(named, "*")],
    ["DeleteAlarms", (named) => named.texts("AlarmNames").map((name) => alarm(named, name))],
    ["PutDashboard GetDashboard", (named) => dashboard(named, named.text("DashboardName"))],
    ["DeleteDashboards", (named) => named.texts("DashboardNames").map((name) => dashboard(named, name))],
    ["ListTagsForResource TagResource UntagResource", ({ text }) => text("ResourceARN")],
    ["ListMetrics GetMetricData GetMetricStatistics PutMetricData ListDashboards", all],
  ],
  "cognito-idp": [
    [
      `DescribeUserPool UpdateUserPool DeleteUserPool GetUserPoolMfaConfig SetUserPoolMfaConfig ListUserPoolClients
       CreateUserPoolClient DescribeUserPoolClient UpdateUserPoolClient DeleteUserPoolClient ListUsers AdminCreateUser
       AdminGetUser AdminSetUserPassword AdminInitiateAuth AdminDeleteUser`,
      ({ text, arn }) => arn(`userpool/${text("UserPoolId")}`),
    ],
    ["ListTagsForResource TagResource UntagResource", ({ text }) => text("ResourceArn")],
    ["ListUserPools CreateUserPool", all], // a new one has no ARN yet
  ],
};

const prefixes: Record<string, string> = { monitoring: "cloudwatch" };

/** What making something needs besides when it comes with tags. */
const taggings: Record<string, string> = {
  CreateTable: "TagResource",
  CreateQueue: "TagQueue",
  CreateLogGroup: "TagResource",
  CreateTopic: "TagResource",
  PutMetricAlarm: "TagResource",
  CreateUserPool: "TagResource",
};

/** Which operations of these services are known is a matter of the table above. */
export const asksByName = Object.fromEntries(
  Object.entries(services).map(([service, rows]): [string, Asks] => [
    service,
    (request, account) => asksOf(request, account, prefixes[service] ?? service, rows),
  ]),
);

function asksOf(request: ServiceRequest, { accountId }: Account, prefix: string, rows: Row[]): Ask[] | undefined {
  const operation = operationOf(request)?.replace(/^(.*Message|.*Visibility)Batch$/, "$1") ?? "";
  const row = rows.find(([operations]) => operations.split(/\s+/).includes(operation));
  if (!row) return undefined;
  const fields = protocolOf(request) === "json" ? jsonOf(request) : Object.fromEntries(formOf(request));
  const resources = [row[1](namedIn(fields, `arn:aws:${prefix}:`, request.region, accountId))].flat();
  const actions = [operation, ...(isTagged(fields) ? [taggings[operation] ?? []].flat() : [])];
  return actions.flatMap((name) =>
    resources.map((resource) => ({
      action: `${prefix}:${name}`,
      resource: name === "TagResource" ? resource.replace(/:log-stream:$/, "") : resource,
    })),
  );
}

/** A list is in a form as `Names.member.1`, and so on. */
function namedIn(fields: Fields, arn: string, region: string, accountId: string): Named {
  const listed = (field: string) => Object.keys(fields).filter((key) => key.startsWith(`${field}.member.`));
  return {
    text: (field) => textOf(fields[field]),
    texts: (field) => [fields[field] ?? [], ...listed(field).map((key) => fields[key])].flat().map(textOf),
    keys: (field) => Object.keys(fields[field] ?? {}),
    arn: (rest) => `${arn}${region}:${accountId}:${rest}`,
    globalArn: (rest) => `${arn}:${accountId}:${rest}`,
  };
}

function isTagged(fields: Fields): boolean {
  return ["Tags", "tags", "UserPoolTags", "Tags.member.1.Key"].some(
    (name) => Object.keys(fields[name] ?? {}).length > 0,
  );
}
