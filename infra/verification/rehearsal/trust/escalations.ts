import type { Names } from "../setting.ts";
import { allowAll, trustAll, type Attempt } from "./attempts.ts";

/** A stage, with the ids that AWS generated. */
export interface Stage extends Names {
  apiId: string;
  userPoolId: string;
}

/**
 * What a deploy role may do to its own stage and to no other: a call and its input, as requestOf takes them. Harmful
 * calls name missing resources, and a later line deletes what an earlier one creates.
 */
const doneToOwnStage = `
apigateway PATCH <api>/integrations/x {"integrationUri": "<functionArn>"}
apigateway PATCH <api>/routes/x {"authorizationType": "NONE"}
apigateway PATCH <api>/authorizers/x {"jwtConfiguration": {"issuer": "https://x"}}
apigateway POST <api>/routes {"routeKey": "not valid"}
apigateway DELETE <api>/routes/x
apigateway POST <api>/integrations
apigateway DELETE <api>/integrations/x
apigateway POST <api>/authorizers
apigateway DELETE <api>/authorizers/x
apigateway POST <api>/stages {"stageName": "x"}
apigateway POST <api>/stages {"stageName": "x", "tags": {"a": "b"}}
apigateway PATCH <api>/stages/x {"defaultRouteSettings": {}}
apigateway DELETE <api>/stages/x
apigateway DELETE <api>/stages/x/accesslogsettings
apigateway DELETE <api>/cors
apigateway PATCH <api> {"description": "x"}
apigateway POST <api>/deployments
apigateway POST /v2/tags/<apiTags> {"tags": {"x": "y"}}
apigateway DELETE /v2/tags/<apiTags>?tagKeys=x
apigateway GET <api>/routes
apigateway GET <api>/authorizers/x
iam CreateRole {"RoleName": "<its>-x", "Path": "<path>", "PermissionsBoundary": "<boundary>", "AssumeRolePolicyDocument": <trustAll>}
iam PutRolePolicy {"RoleName": "<its>-x", "PolicyName": "x", "PolicyDocument": <allowAll>}
lambda POST /2015-03-31/functions {"FunctionName": "<its>-x", "Role": "<role>", "Runtime": "nodejs22.x", "Handler": "x.x", "Code": {}}
lambda PUT <function>/code {"ZipFile": ""}
lambda PUT <function>/configuration {"Timeout": 9}
lambda PUT <function>/aliases/live {"FunctionVersion": "1"}
lambda POST <function>/invocations?Qualifier=1
lambda POST <function>/policy?Qualifier=live {"StatementId": "x", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
lambda DELETE <function>
iam DeleteRolePolicy {"RoleName": "<its>-x", "PolicyName": "x"}
iam DeleteRole {"RoleName": "<its>-x"}
sns Unsubscribe {"SubscriptionArn": "<subscription>"}
sns SetSubscriptionAttributes {"SubscriptionArn": "<subscription>"}
sns GetSubscriptionAttributes {"SubscriptionArn": "<subscription>"}
sns Subscribe {"TopicArn": "<topic>-x", "Protocol": "email", "Endpoint": "x@example.com"}
sns SetTopicAttributes {"TopicArn": "<topic>-x", "AttributeName": "Policy", "AttributeValue": <allowAll>}
sns DeleteTopic {"TopicArn": "<topic>-x"}
monitoring PutMetricAlarm {"AlarmName": "<its>-x"}
monitoring DeleteAlarms {"AlarmNames.member.1": "<its>-x"}
monitoring PutDashboard {"DashboardName": "<its>", "DashboardBody": "{}"}
monitoring DeleteDashboards {"DashboardNames.member.1": "<its>"}
s3 PUT <bucket>?policy {"Statement": []}
s3 PUT <bucket>?lifecycle <LifecycleConfiguration/>
s3 PUT <bucket>?notification <NotificationConfiguration/>
s3 GET <bucket>?publicAccessBlock
sqs SetQueueAttributes {"QueueUrl": "https://sqs/<account>/<its>-x", "Attributes": {}}
sqs DeleteQueue {"QueueUrl": "https://sqs/<account>/<its>-x"}
dynamodb UpdateTable {"TableName": "<its>"}
dynamodb UpdateContinuousBackups {"TableName": "<its>"}
dynamodb TagResource {"ResourceArn": "<table>", "Tags": []}
s3 GET <state>
s3 PUT <state>.tflock x
s3 DELETE <state>.tflock
cognito-idp UpdateUserPool {"UserPoolId": "<pool>", "UserPoolTags": {"project": "<project>", "stage": "<stage>"}}
cognito-idp CreateUserPoolClient {"UserPoolId": "<pool>", "ClientName": "x"}
cognito-idp TagResource {"ResourceArn": "<poolArn>", "Tags": {"stage": "<deploying>"}}
logs PutRetentionPolicy {"logGroupName": "/aws/lambda/<its>-x", "retentionInDays": 1}
logs PutMetricFilter {"logGroupName": "/aws/lambda/<its>-x", "filterName": "x", "filterPattern": "", "metricTransformations": []}
logs DeleteLogGroup {"logGroupName": "/aws/lambda/<its>-x"}
logs PutRetentionPolicy {"logGroupName": "/aws/vendedlogs/<its>/x", "retentionInDays": 1}`;

/** What it may not do, even to its own stage. */
const doneToNone = `
apigateway PATCH <api> {"name": "<others>"}
apigateway POST /v2/apis {"name": "<its>", "protocolType": "HTTP"}
apigateway POST /v2/apis {"name": "<others>", "protocolType": "HTTP"}
apigateway PUT <api>
apigateway PUT <otherApi>
apigateway DELETE <otherApi>
iam UpdateAssumeRolePolicy {"RoleName": "<its>-create-event", "PolicyDocument": <trustAll>}
lambda POST /2015-03-31/functions {"FunctionName": "<its>-x", "Role": "<otherRole>", "Runtime": "nodejs22.x", "Handler": "x.x", "Code": {}}
lambda POST <function>/policy?Qualifier=live {"StatementId": "x", "Action": "lambda:InvokeFunction", "Principal": "*"}
lambda POST <function>/policy?Qualifier=live {"StatementId": "x", "Action": "lambda:InvokeFunction", "Principal": "111122223333"}
lambda POST <function>/policy?Qualifier=live {"StatementId": "x", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
sns Subscribe {"TopicArn": "<topic>-x", "Protocol": "https", "Endpoint": "https://x.example"}
sns Subscribe {"TopicArn": "<topic>-x", "Protocol": "lambda", "Endpoint": "<functionArn>"}
sns Subscribe {"TopicArn": "<topic>-x", "Protocol": "sqs", "Endpoint": "arn:x"}
sns Subscribe {"TopicArn": "<topic>-x", "Protocol": "sms", "Endpoint": "1"}
monitoring PutMetricAlarm {"AlarmName": "<its>-x", "AlarmActions.member.1": "<otherTopic>"}
monitoring PutMetricAlarm {"AlarmName": "<its>-x", "AlarmActions.member.1": "arn:aws:automate:<region>:ec2:terminate"}
monitoring PutMetricAlarm {"AlarmName": "<its>-x", "OKActions.member.1": "<functionArn>"}
monitoring PutMetricAlarm {"AlarmName": "<its>-x", "InsufficientDataActions.member.1": "<topic>", "InsufficientDataActions.member.2": "<otherTopic>"}
s3 PUT <bucket>?publicAccessBlock
s3 DELETE <bucket>?publicAccessBlock
s3 PUT <bucket>?acl
s3 PUT <otherBucket>?publicAccessBlock
s3 DELETE <otherBucket>
s3 PUT /v20180820/configuration/publicAccessBlock
dynamodb UpdateTimeToLive {"TableName": "<its>", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "updatedAt"}}
dynamodb DeleteTable {"TableName": "<others>"}
s3 PUT <otherState> x
s3 DELETE <state>`;

/** Of the same kind, and allowed. */
const doneInTheSameWords = `
apigateway PATCH <api> {"name": "<its>"}
monitoring PutMetricAlarm {"AlarmName": "<its>-x", "AlarmActions.member.1": "<topic>", "OKActions.member.1": "<topic>", "InsufficientDataActions.member.1": "<topic>"}
monitoring DeleteAlarms {"AlarmNames.member.1": "<its>-x"}`;

/** What functions may do, but not an outsider who assumes a function's role. */
const doneByFunctions = `
dynamodb PutItem {"TableName": "<its>", "Item": {"id": {"S": "x"}}}
dynamodb GetItem {"TableName": "<its>", "Key": {"id": {"S": "x"}}}
dynamodb DeleteItem {"TableName": "<its>", "Key": {"id": {"S": "x"}}}
dynamodb Query {"TableName": "<its>", "IndexName": "by-type"}
s3 GET <bucket>/images/x
s3 POST <bucket>/incoming/x?uploads
s3 GET <bucket>?list-type=2
logs PutLogEvents {"logGroupName": "/aws/lambda/<its>-x", "logStreamName": "x", "logEvents": []}`;
const labelling = 'rekognition DetectLabels {"Image": {"Bytes": ""}}';
const failing = 'sqs SendMessage {"QueueUrl": "https://sqs/<account>/<its>-label-image-failures", "MessageBody": "x"}';

/** As a stage's deploy role; another stage must be out of its reach. */
export function attemptsToDeploy(own: Stage, other: Stage) {
  const [its, others] = [valuesOf(own, other), valuesOf(other, own)];
  return {
    refused: [...read(doneToOwnStage, { ...others, deploying: own.stage }), ...read(doneToNone, its)],
    allowed: [...read(doneToOwnStage, { ...its, deploying: own.stage }), ...read(doneInTheSameWords, its)],
  };
}

/** With the role of a stage's function, as an outsider and as the function. Lambda sends failures without naming a function. */
export function attemptsOfFunctions(own: Stage, other: Stage) {
  const [its, others] = [valuesOf(own, other), valuesOf(other, own)];
  const ofOther = read(`${doneByFunctions}\n${failing}`, others);
  const ofOwn = read(`${doneByFunctions}\n${labelling}`, its);
  return {
    outsider: { refused: [...ofOwn, ...ofOther], allowed: read(failing, its) },
    inFunction: { refused: ofOther, allowed: ofOwn },
  };
}

function valuesOf(own: Stage, other: Stage): Record<string, string> {
  const { project, stage, accountId: account, region } = own;
  const [its, others] = [`${project}-${stage}`, `${project}-${other.stage}`];
  const arn = (service: string, place: string) => `arn:aws:${service}:${region}:${account}:${place}`;
  const path = `/${project}/${stage}/`;
  const iam = `arn:aws:iam::${account}`;
  return {
    ...{ project, stage, account, region, path, its, others },
    api: `/v2/apis/${own.apiId}`,
    otherApi: `/v2/apis/${other.apiId}`,
    apiTags: encodeURIComponent(`arn:aws:apigateway:${region}::/apis/${own.apiId}`),
    bucket: `/${its}-images-${account}`,
    otherBucket: `/${others}-images-${account}`,
    state: `/${project}-state-${account}/${stage}/terraform.tfstate`,
    otherState: `/${project}-state-${account}/${other.stage}/terraform.tfstate`,
    pool: own.userPoolId,
    allowAll: JSON.stringify(allowAll),
    trustAll: JSON.stringify(trustAll),
    boundary: `${iam}:policy/${project}-boundary`,
    role: `${iam}:role${path}${its}-x`,
    otherRole: `${iam}:role/${project}/${other.stage}/${others}-create-event`,
    function: `/2015-03-31/functions/${its}-x`,
    functionArn: arn("lambda", `function:${its}-x`),
    topic: arn("sns", `${its}-alarms`),
    subscription: arn("sns", `${its}-alarms:00000000-0000-0000-0000-000000000000`),
    otherTopic: arn("sns", `${others}-alarms`),
    table: arn("dynamodb", `table/${its}`),
    poolArn: arn("cognito-idp", `userpool/${own.userPoolId}`),
  };
}

function read(table: string, values: Record<string, string>): Attempt[] {
  const lines = table.replaceAll(/<(\w+)>/g, (_all, name: string) => values[name] ?? name).split("\n");
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const [, call = "", input = "{}"] = /^(\S+ \S+(?: \/\S+)?)(?: (.*))?$/.exec(line) ?? [];
      return [line, call, input.startsWith("{") ? (JSON.parse(input) as object) : input];
    });
}
