import type { Names } from "../setting.ts";
import type { Attempt } from "./refusals.ts";

/** What of a stage has no name that follows from the stage's: AWS makes these up. */
export interface Ids {
  apiId: string;
  userPoolId: string;
}

const functions = "/2015-03-31/functions";
const allow = (statement: object) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });
export const allowAll = allow({ Action: "*", Resource: "*" });
/** Whoever asks may take the role, and Lambda. */
export const trustAll = allow({ Action: "sts:AssumeRole", Principal: { AWS: "*", Service: "lambda.amazonaws.com" } });

/**
 * What a deploy role does to its own stage, and may do to no other's. What would harm what is deployed is done to what is
 * not there; what a line makes, a later one deletes.
 */
export function doneToOwnStage({ project, stage, accountId, region }: Names, { apiId, userPoolId }: Ids): Attempt[] {
  const its = `${project}-${stage}`;
  const RoleName = `${its}-x`;
  const roleOf = {
    Path: `/${project}/${stage}/`,
    PermissionsBoundary: `arn:aws:iam::${accountId}:policy/${project}-boundary`,
  };
  const inline = { RoleName, PolicyName: "x" };
  const role = `arn:aws:iam::${accountId}:role/${project}/${stage}/${RoleName}`;
  const [api, itsFunction] = [`/v2/apis/${apiId}`, `${functions}/${its}-x`];
  const tags = `/v2/tags/${encodeURIComponent(`arn:aws:apigateway:${region}::/apis/${apiId}`)}`;
  const TopicArn = `arn:aws:sns:${region}:${accountId}:${its}-x`;
  const SubscriptionArn = `${TopicArn}:00000000-0000-0000-0000-000000000000`;
  const QueueUrl = `https://sqs/${accountId}/${its}-x`;
  const bucket = `/${its}-images-${accountId}`;
  const state = `/${project}-state-${accountId}/${stage}/terraform.tfstate`;
  const ResourceArn = `arn:aws:dynamodb:${region}:${accountId}:table/${its}`;
  const pool = `arn:aws:cognito-idp:${region}:${accountId}:userpool/${userPoolId}`;
  const [log, accessLog] = [{ logGroupName: `/aws/lambda/${its}-x` }, { logGroupName: `/aws/vendedlogs/${its}/x` }];
  const metric = { filterName: "x", filterPattern: "", metricTransformations: [] };
  const code = { Runtime: "nodejs22.x", Handler: "index.handler", Code: { ZipFile: "" } };
  const calls = { StatementId: "x", Action: "lambda:InvokeFunction", Principal: "apigateway.amazonaws.com" };
  return [
    ["lead a route to another function", `apigateway PATCH ${api}/integrations/x`, { integrationUri: "arn:x" }],
    ["open a route", `apigateway PATCH ${api}/routes/x`, { authorizationType: "NONE" }],
    ["trust another issuer", `apigateway PATCH ${api}/authorizers/x`, { jwtConfiguration: { issuer: "https://x" } }],
    ["make a route", `apigateway POST ${api}/routes`, { routeKey: "not valid" }],
    ["delete a route", `apigateway DELETE ${api}/routes/x`],
    ["make an integration", `apigateway POST ${api}/integrations`],
    ["delete an integration", `apigateway DELETE ${api}/integrations/x`],
    ["make an authorizer", `apigateway POST ${api}/authorizers`],
    ["delete an authorizer", `apigateway DELETE ${api}/authorizers/x`],
    ["make a stage of the API", `apigateway POST ${api}/stages`, { stageName: "x" }],
    ["make one with tags", `apigateway POST ${api}/stages`, { stageName: "x", tags: { a: "b" } }],
    ["throttle a stage of the API", `apigateway PATCH ${api}/stages/x`, { defaultRouteSettings: {} }],
    ["delete a stage of the API", `apigateway DELETE ${api}/stages/x`],
    ["end its access log", `apigateway DELETE ${api}/stages/x/accesslogsettings`],
    ["end its CORS", `apigateway DELETE ${api}/cors`],
    ["change the API", `apigateway PATCH ${api}`, { description: "x" }],
    ["deploy the API", `apigateway POST ${api}/deployments`],
    ["tag the API", `apigateway POST ${tags}`, { tags: { x: "y" } }],
    ["take its tag away", `apigateway DELETE ${tags}?tagKeys=x`],
    ["read its routes", `apigateway GET ${api}/routes`],
    ["read an authorizer", `apigateway GET ${api}/authorizers/x`],
    ["make a role", "iam CreateRole", { RoleName, AssumeRolePolicyDocument: trustAll, ...roleOf }],
    ["give it a policy", "iam PutRolePolicy", { ...inline, PolicyDocument: allowAll }],
    ["make a function with it", `lambda POST ${functions}`, { FunctionName: `${its}-x`, Role: role, ...code }],
    ["change a function's code", `lambda PUT ${itsFunction}/code`, { ZipFile: "" }],
    ["change its settings", `lambda PUT ${itsFunction}/configuration`, { Timeout: 9 }],
    ["release a version of it", `lambda PUT ${itsFunction}/aliases/live`, { FunctionVersion: "1" }],
    ["call a version of it", `lambda POST ${itsFunction}/invocations?Qualifier=1`],
    ["let its API call it", `lambda POST ${itsFunction}/policy?Qualifier=live`, calls],
    ["delete a function", `lambda DELETE ${itsFunction}`],
    ["take a role's policy away", "iam DeleteRolePolicy", inline],
    ["delete a role", "iam DeleteRole", { RoleName }],
    ["unsubscribe", "sns Unsubscribe", { SubscriptionArn }],
    ["change a subscription", "sns SetSubscriptionAttributes", { SubscriptionArn, AttributeName: "FilterPolicy" }],
    ["read a subscription", "sns GetSubscriptionAttributes", { SubscriptionArn }],
    ["subscribe by e-mail", "sns Subscribe", { TopicArn, Protocol: "email", Endpoint: "x@example.com" }],
    ["change a topic", "sns SetTopicAttributes", { TopicArn, AttributeName: "Policy", AttributeValue: allowAll }],
    ["delete a topic", "sns DeleteTopic", { TopicArn }],
    ["make an alarm that does nothing", "monitoring PutMetricAlarm", { AlarmName: `${its}-x` }],
    ["delete an alarm", "monitoring DeleteAlarms", { "AlarmNames.member.1": `${its}-x` }],
    ["write its dashboard", "monitoring PutDashboard", { DashboardName: its, DashboardBody: "{}" }],
    ["delete its dashboard", "monitoring DeleteDashboards", { "DashboardNames.member.1": its }],
    ["change who may use the bucket", `s3 PUT ${bucket}?policy`, '{"Statement":[]}'],
    ["have its images expire", `s3 PUT ${bucket}?lifecycle`, "<LifecycleConfiguration/>"],
    ["change whom it tells", `s3 PUT ${bucket}?notification`, "<NotificationConfiguration/>"],
    ["see whether it is closed", `s3 GET ${bucket}?publicAccessBlock`],
    ["change a queue", "sqs SetQueueAttributes", { QueueUrl, Attributes: {} }],
    ["delete a queue", "sqs DeleteQueue", { QueueUrl }],
    ["change the table", "dynamodb UpdateTable", { TableName: its }],
    ["end its backups", "dynamodb UpdateContinuousBackups", { TableName: its }],
    ["tag the table", "dynamodb TagResource", { ResourceArn, Tags: [] }],
    ["read the state", `s3 GET ${state}`],
    ["lock the state", `s3 PUT ${state}.tflock`, "x"],
    ["unlock the state", `s3 DELETE ${state}.tflock`],
    ["change the user pool", "cognito-idp UpdateUserPool", { UserPoolId: userPoolId }],
    ["make an app client", "cognito-idp CreateUserPoolClient", { UserPoolId: userPoolId, ClientName: "x" }],
    ["take the user pool over", "cognito-idp TagResource", { ResourceArn: pool, Tags: { stage } }],
    ["keep a function's log for a day", "logs PutRetentionPolicy", { ...log, retentionInDays: 1 }],
    ["count in it", "logs PutMetricFilter", { ...log, ...metric }],
    ["delete it", "logs DeleteLogGroup", log],
    ["keep the access log for a day", "logs PutRetentionPolicy", { ...accessLog, retentionInDays: 1 }],
  ];
}

/** What a deploy role may not do to its own stage either, and what it may in the same words. */
export function limitsOnOwnStage(names: Names, other: Names, { apiId }: Ids, ofOther: Ids) {
  const { project, stage, accountId, region } = names;
  const [its, others] = [`${project}-${stage}`, `${project}-${other.stage}`];
  const bucketOf = (name: string) => `/${name}-images-${accountId}`;
  const topicOf = (name: string) => `arn:aws:sns:${region}:${accountId}:${name}-alarms`;
  const subscribe = (Protocol: string): Attempt => [
    `subscribe by ${Protocol}`,
    "sns Subscribe",
    { TopicArn: `${topicOf(its)}-x`, Protocol, Endpoint: "x" },
  ];
  const alarm = (what: string, actions: object): Attempt => [
    `make an alarm that ${what}`,
    "monitoring PutMetricAlarm",
    { AlarmName: `${its}-x`, ...actions },
  ];
  const letCall = (Principal: string): Attempt => [
    `let ${Principal} call a function`,
    `lambda POST ${functions}/${its}-x/policy?Qualifier=live`,
    { StatementId: "x", Action: "lambda:InvokeFunction", Principal },
  ];
  const rename = (name: string): Attempt => [`call its API ${name}`, `apigateway PATCH /v2/apis/${apiId}`, { name }];
  const roleOfOther = `arn:aws:iam::${accountId}:role/${project}/${other.stage}/${others}-create-event`;
  const code = { Runtime: "nodejs22.x", Handler: "index.handler", Code: { ZipFile: "" } };
  const stateBucket = `/${project}-state-${accountId}`;
  const time = { TimeToLiveSpecification: { Enabled: true, AttributeName: "updatedAt" } };
  const refused: Attempt[] = [
    rename(others),
    ["make an API of its name", "apigateway POST /v2/apis", { name: its, protocolType: "HTTP" }],
    ["make an API of another stage's name", "apigateway POST /v2/apis", { name: others, protocolType: "HTTP" }],
    ["import its API", `apigateway PUT /v2/apis/${apiId}`],
    ["import another stage's API", `apigateway PUT /v2/apis/${ofOther.apiId}`],
    ["delete another stage's API", `apigateway DELETE /v2/apis/${ofOther.apiId}`],
    [
      "have a function's role trust another account",
      "iam UpdateAssumeRolePolicy",
      { RoleName: `${its}-create-event`, PolicyDocument: trustAll },
    ],
    ["pass another stage's role", `lambda POST ${functions}`, { FunctionName: `${its}-x`, Role: roleOfOther, ...code }],
    ...["*", "111122223333", "sns.amazonaws.com"].map(letCall),
    ...["https", "lambda", "sqs", "sms"].map(subscribe),
    alarm("tells another stage", { "AlarmActions.member.1": topicOf(others) }),
    alarm("ends a machine", { "AlarmActions.member.1": `arn:aws:automate:${region}:ec2:terminate` }),
    alarm("calls a function", { "OKActions.member.1": `arn:aws:lambda:${region}:${accountId}:function:${its}-x` }),
    alarm("tells another stage too", {
      "InsufficientDataActions.member.1": topicOf(its),
      "InsufficientDataActions.member.2": topicOf(others),
    }),
    ["open the bucket", `s3 PUT ${bucketOf(its)}?publicAccessBlock`],
    ["take its block away", `s3 DELETE ${bucketOf(its)}?publicAccessBlock`],
    ["give it to others by an ACL", `s3 PUT ${bucketOf(its)}?acl`],
    ["open another stage's bucket", `s3 PUT ${bucketOf(others)}?publicAccessBlock`],
    ["delete another stage's bucket", `s3 DELETE ${bucketOf(others)}`],
    ["open all buckets of the account", "s3 PUT /v20180820/configuration/publicAccessBlock"],
    ["have its events expire", "dynamodb UpdateTimeToLive", { TableName: its, ...time }],
    ["delete another stage's table", "dynamodb DeleteTable", { TableName: others }],
    ["write another stage's state", `s3 PUT ${stateBucket}/${other.stage}/terraform.tfstate`, "x"],
    ["delete its own state", `s3 DELETE ${stateBucket}/${stage}/terraform.tfstate`],
  ];
  const allowed: Attempt[] = [
    rename(its),
    letCall("apigateway.amazonaws.com"),
    subscribe("email"),
    alarm("tells its own topic", {
      "AlarmActions.member.1": topicOf(its),
      "OKActions.member.1": topicOf(its),
      "InsufficientDataActions.member.1": topicOf(its),
    }),
    ["delete the alarm", "monitoring DeleteAlarms", { "AlarmNames.member.1": `${its}-x` }],
  ];
  return { refused, allowed };
}

/** What an outsider may not do with a stage's role, and what runs in one of its functions may. */
export function doneByFunctions({ project, stage, accountId }: Names): Attempt[] {
  const TableName = `${project}-${stage}`;
  const id = { id: { S: "of-an-outsider" } };
  const bucket = `/${TableName}-images-${accountId}`;
  const byType = {
    IndexName: "by-type",
    KeyConditionExpression: "#n = :n",
    ExpressionAttributeNames: { "#n": "type" },
    ExpressionAttributeValues: { ":n": { S: "x" } },
  };
  return [
    ["write an event", "dynamodb PutItem", { TableName, Item: id }],
    ["read an event", "dynamodb GetItem", { TableName, Key: id }],
    ["delete an event", "dynamodb DeleteItem", { TableName, Key: id }],
    ["list events", "dynamodb Query", { TableName, ...byType }],
    ["read an image", `s3 GET ${bucket}/images/x`],
    ["upload an image", `s3 POST ${bucket}/incoming/x?uploads`],
    ["list images", `s3 GET ${bucket}?list-type=2`],
    [
      "write into a log",
      "logs PutLogEvents",
      { logGroupName: `/aws/lambda/${TableName}-x`, logStreamName: "x", logEvents: [] },
    ],
    ["have an image labelled", "rekognition DetectLabels", { Image: { Bytes: "" } }],
  ];
}
