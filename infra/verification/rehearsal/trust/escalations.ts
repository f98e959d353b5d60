import { credentialsIn, succeed } from "../aws.ts";
import { startJob } from "../operators.ts";
import { namesOf, type Names, type Rehearsal } from "../setting.ts";
import { attemptsIn, expectRefused } from "./attempts.ts";

const createRole = `
iam CreateRole RoleName=<its>-x Path=<path> PermissionsBoundary=<boundary> AssumeRolePolicyDocument=<trustAll>
iam PutRolePolicy RoleName=<its>-x PolicyName=x PolicyDocument=<allowAll>`.trim();
const deleteRole = `
iam DeleteRolePolicy RoleName=<its>-x PolicyName=x
iam DeleteRole RoleName=<its>-x`.trim();

// The beginnings and parts that several lines share.
const permit = "lambda POST <functions>-x/policy?Qualifier=live StatementId=x Action=lambda:InvokeFunction Principal=";
const subscribe = "sns Subscribe TopicArn=<topic>-x Protocol=";
const subscription = "SubscriptionArn=<topic>:00000000-0000-0000-0000-000000000000";
const putAlarm = "monitoring PutMetricAlarm AlarmName=<its>-x";

/**
 * What a deploy role may do to its own stage and to no other. Harmful calls name missing resources, and a later line
 * deletes what an earlier one creates.
 */
const doneToOwnStage = `
apigateway PATCH <api>/integrations/x integrationUri=<functionArns>-x
apigateway PATCH <api>/routes/x authorizationType=NONE
apigateway PATCH <api>/authorizers/x jwtConfiguration={"issuer":"https://x"}
apigateway POST <api>/routes routeKey="not valid"
apigateway DELETE <api>/routes/x
apigateway POST <api>/integrations
apigateway DELETE <api>/integrations/x
apigateway POST <api>/authorizers
apigateway DELETE <api>/authorizers/x
apigateway POST <api>/stages stageName=x
apigateway POST <api>/stages stageName=x tags={"a":"b"}
apigateway PATCH <api>/stages/x defaultRouteSettings={}
apigateway DELETE <api>/stages/x
apigateway DELETE <api>/stages/x/accesslogsettings
apigateway DELETE <api>/cors
apigateway PATCH <api> description=x
apigateway POST <api>/deployments
apigateway POST /v2/tags/<apiTags> tags={"x":"y"}
apigateway DELETE /v2/tags/<apiTags>?tagKeys=x
apigateway GET <api>/routes
apigateway GET <api>/authorizers/x
${createRole}
lambda POST /2015-03-31/functions FunctionName=<its>-x Role=<roles>-x Runtime=nodejs22.x Handler=x.x Code={}
lambda PUT <functions>-x/code ZipFile=""
lambda PUT <functions>-x/configuration Timeout=9
lambda PUT <functions>-x/aliases/live FunctionVersion="1"
lambda POST <functions>-x/invocations?Qualifier=1
${permit}apigateway.amazonaws.com
lambda DELETE <functions>-x
${deleteRole}
sns Unsubscribe ${subscription}
sns SetSubscriptionAttributes ${subscription}
sns GetSubscriptionAttributes ${subscription}
${subscribe}email Endpoint=x@example.com
sns SetTopicAttributes TopicArn=<topic>-x AttributeName=Policy AttributeValue=<allowAll>
sns DeleteTopic TopicArn=<topic>-x
${putAlarm}
monitoring DeleteAlarms AlarmNames.member.1=<its>-x
monitoring PutDashboard DashboardName=<its> DashboardBody="{}"
monitoring DeleteDashboards DashboardNames.member.1=<its>
s3 PUT <bucket>?policy {"Statement": []}
s3 PUT <bucket>?lifecycle <LifecycleConfiguration/>
s3 PUT <bucket>?notification <NotificationConfiguration/>
s3 GET <bucket>?publicAccessBlock
sqs SetQueueAttributes QueueUrl=<queues>-x Attributes={}
sqs DeleteQueue QueueUrl=<queues>-x
dynamodb UpdateTable TableName=<its>
dynamodb UpdateContinuousBackups TableName=<its>
dynamodb TagResource ResourceArn=<table> Tags=[]
s3 GET <state>
s3 PUT <state>.tflock x
s3 DELETE <state>.tflock
cognito-idp UpdateUserPool UserPoolId=<pool> UserPoolTags={"project":"<project>","stage":"<stage>"}
cognito-idp CreateUserPoolClient UserPoolId=<pool> ClientName=x
cognito-idp TagResource ResourceArn=<poolArn> Tags={"stage":"<deploying>"}
logs PutRetentionPolicy logGroupName=/aws/lambda/<its>-x retentionInDays=1
logs PutMetricFilter logGroupName=/aws/lambda/<its>-x filterName=x filterPattern="" metricTransformations=[]
logs DeleteLogGroup logGroupName=/aws/lambda/<its>-x
logs PutRetentionPolicy logGroupName=/aws/vendedlogs/<its>/x retentionInDays=1`;

/** What it may not do, even to its own stage. */
const doneToNone = `
apigateway PATCH <api> name=<other.its>
apigateway POST /v2/apis name=<its> protocolType=HTTP
apigateway POST /v2/apis name=<other.its> protocolType=HTTP
apigateway PUT <api>
apigateway PUT <other.api>
apigateway DELETE <other.api>
iam UpdateAssumeRolePolicy RoleName=<its>-create-event PolicyDocument=<trustAll>
lambda POST /2015-03-31/functions FunctionName=<its>-x Role=<other.roles>-create-event Runtime=nodejs22.x Handler=x.x Code={}
${permit}*
${permit}"111122223333"
${permit}sns.amazonaws.com
${subscribe}https Endpoint=https://x.example
${subscribe}lambda Endpoint=<functionArns>-x
${subscribe}sqs Endpoint=arn:x
${subscribe}sms Endpoint="1"
${putAlarm} AlarmActions.member.1=<other.topic>
${putAlarm} AlarmActions.member.1=arn:aws:automate:<region>:ec2:terminate
${putAlarm} OKActions.member.1=<functionArns>-x
${putAlarm} InsufficientDataActions.member.1=<topic> InsufficientDataActions.member.2=<other.topic>
s3 PUT <bucket>?publicAccessBlock
s3 DELETE <bucket>?publicAccessBlock
s3 PUT <bucket>?acl
s3 PUT <other.bucket>?publicAccessBlock
s3 DELETE <other.bucket>
s3 PUT /v20180820/configuration/publicAccessBlock
dynamodb UpdateTimeToLive TableName=<its> TimeToLiveSpecification={"Enabled":true,"AttributeName":"updatedAt"}
dynamodb DeleteTable TableName=<other.its>
s3 PUT <other.state> x
s3 DELETE <state>`;

/** Of the same kind, and allowed. */
const doneInTheSameWords = `
apigateway PATCH <api> name=<its>
${putAlarm} AlarmActions.member.1=<topic> OKActions.member.1=<topic> InsufficientDataActions.member.1=<topic>
monitoring DeleteAlarms AlarmNames.member.1=<its>-x`;

/** What functions may do, but not an outsider who assumes a function's role. */
const doneByFunctions = `
dynamodb PutItem TableName=<its> Item={"id":{"S":"x"}}
dynamodb GetItem TableName=<its> Key={"id":{"S":"x"}}
dynamodb DeleteItem TableName=<its> Key={"id":{"S":"x"}}
dynamodb Query TableName=<its> IndexName=by-type
s3 GET <bucket>/images/x
s3 POST <bucket>/incoming/x?uploads
s3 GET <bucket>?list-type=2
logs PutLogEvents logGroupName=/aws/lambda/<its>-x logStreamName=x logEvents=[]`;
const labelling = 'rekognition DetectLabels Image={"Bytes":""}';
const failing = "sqs SendMessage QueueUrl=<failures> MessageBody=x";

const prod = namesOf("prod");

/** What a stage's deploy role does to its own stage must be refused for prod, and some of it for both. */
export async function tryToReach(rehearsal: Rehearsal): Promise<string> {
  const { operate, names } = rehearsal;
  const read = async <Read>(call: string) => JSON.parse(await succeed(operate, call)) as Read;
  const { call } = await startJob(rehearsal, "deploy");
  const tags = `{"project":"${prod.project}","stage":"${prod.stage}"}`;
  await succeed(operate, `cognito-idp CreateUserPool PoolName=${prod.its} UserPoolTags=${tags}`);
  const { items } = await read<{ items: { name: string; apiId: string }[] }>("apigateway GET /v2/apis");
  const { UserPools: pools } = await read<{ UserPools: { Id: string; Name: string }[] }>(
    "cognito-idp ListUserPools MaxResults=60",
  );
  const withIds = (of: Names) => {
    const { apiId = "" } = items.find(({ name }) => name === of.its) ?? {};
    const { Id: pool = "" } = pools.find(({ Name }) => Name === of.its) ?? {};
    const apiTags = encodeURIComponent(`arn:aws:apigateway:${of.region}::/apis/${apiId}`);
    const poolArn = `arn:aws:cognito-idp:${of.region}:${of.accountId}:userpool/${pool}`;
    return { ...of, api: `/v2/apis/${apiId}`, apiTags, pool, poolArn, deploying: names.stage };
  };
  const [own, other] = [withIds(names), withIds(prod)];
  const tried = await expectRefused(call, [
    ...attemptsIn(doneToOwnStage, other),
    ...attemptsIn(doneToNone, own, other),
  ]);
  const twins = await expectRefused(call, attemptsIn(doneToOwnStage + doneInTheSameWords, own), false);
  await succeed(operate, `cognito-idp DeleteUserPool UserPoolId=${other.pool}`);
  return `${tried}, and of the same on its own stage ${twins}`;
}

/**
 * A deploy role can create a role that trusts anyone: the new role must be useless outside the stage's functions.
 * Lambda sends failures without naming a function.
 */
export async function tryAsOutsider(rehearsal: Rehearsal): Promise<string> {
  const { gate, operate, names: own } = rehearsal;
  const { call } = await startJob(rehearsal, "deploy");
  for (const attempt of attemptsIn(createRole, own)) await succeed(call, attempt.call);
  const taken = await succeed(operate, `sts AssumeRole RoleArn=${own.roles}-x RoleSessionName=outsider`);
  const outsider = gate.callAs(credentialsIn(taken));
  const inFunction = gate.callAs(await gate.credentialsFor(`${own.roles}-x`));
  const ofOwn = attemptsIn(`${doneByFunctions}\n${labelling}`, own);
  const ofOther = attemptsIn(`${doneByFunctions}\n${failing}`, prod);
  const tried = await expectRefused(outsider, [...ofOwn, ...ofOther]);
  await expectRefused(outsider, attemptsIn(failing, own), false);
  await expectRefused(inFunction, ofOther);
  const twins = await expectRefused(inFunction, ofOwn, false);
  for (const attempt of attemptsIn(deleteRole, own)) await succeed(call, attempt.call);
  return `${tried}, and of the same in a function ${twins}`;
}
