import type { Names } from "../setting.ts";
import { attemptsIn } from "./attempts.ts";

const toData = `
read an event: dynamodb GetItem TableName=<its> Key={"id":{"S":"1"}}
delete an event: dynamodb DeleteItem TableName=<its> Key={"id":{"S":"1"}}
write an event: dynamodb PutItem TableName=<its> Item={"id":{"S":"1"}}
read all events: dynamodb Scan TableName=<its>
read an image: s3 GET <bucket>/images/1/1
write an image: s3 PUT <bucket>/images/1/1
delete an image: s3 DELETE <bucket>/images/1/1
have an image labelled: rekognition DetectLabels Image={"Bytes":""}
read failures: sqs ReceiveMessage QueueUrl=<failures>
forge a failure: sqs SendMessage QueueUrl=<failures> MessageBody=x
read the state of the trust: s3 GET <states>/oidc/terraform.tfstate
read another project's state: s3 GET /other-state-<accountId>/prod/terraform.tfstate
delete the state bucket: s3 DELETE <states>`;

/** Besides escalations.ts: each would let it do more than deploy this stage. */
const toDeploy = `
make a role without the boundary: iam CreateRole RoleName=x Path=<path> AssumeRolePolicyDocument=<trustAll>
make a role with another boundary: iam CreateRole RoleName=x Path=<path> PermissionsBoundary=<administrator> AssumeRolePolicyDocument=<trustAll>
make a role outside its path: iam CreateRole RoleName=x Path=/ PermissionsBoundary=<boundary> AssumeRolePolicyDocument=<trustAll>
drop a role's boundary: iam DeleteRolePermissionsBoundary RoleName=<its>-create-event
change it: iam PutRolePermissionsBoundary RoleName=<its>-create-event PermissionsBoundary=<administrator>
make a function's role an administrator: iam AttachRolePolicy RoleName=<its>-create-event PolicyArn=<administrator>
make its own role one: iam AttachRolePolicy RoleName=<deployRole> PolicyArn=<administrator>
put a policy on its own role: iam PutRolePolicy RoleName=<deployRole> PolicyName=x PolicyDocument=<allowAll>
change its own trust: iam UpdateAssumeRolePolicy RoleName=<deployRole> PolicyDocument=<trustAll>
change the boundary: iam CreatePolicyVersion PolicyArn=<boundary> PolicyDocument=<allowAll> SetAsDefault=true
make a managed policy: iam CreatePolicy PolicyName=x PolicyDocument=<allowAll>
make a user: iam CreateUser UserName=x
make an access key: iam CreateAccessKey UserName=x
widen the provider: iam AddClientIDToOpenIDConnectProvider OpenIDConnectProviderArn=<iam>:oidc-provider/token.actions.githubusercontent.com ClientID=x
assume the other's role: sts AssumeRole RoleArn=<iam>:role/<project>-deploy-other RoleSessionName=x
read another stage's state: s3 GET <states>/other/terraform.tfstate
change the bucket of the states: s3 PUT <states>?policy {"Statement": []}
change a queue of another project: sqs SetQueueAttributes QueueUrl=https://sqs/<accountId>/other
delete an alarm of another project: monitoring DeleteAlarms AlarmNames.member.1=other
invoke $LATEST, which is untested: lambda POST <functions>-create-event/invocations
invoke a function of another project: lambda POST /2015-03-31/functions/other-create-event/invocations?Qualifier=live
pass another role: lambda POST /2015-03-31/functions FunctionName=<its>-x Role=<iam>:role/<deployRole>
make a function of another project: lambda POST /2015-03-31/functions FunctionName=other-x Role=<roles>-create-event
make a table of another project: dynamodb CreateTable TableName=other
give a function a URL that bypasses the gateway: lambda POST /2021-10-31/functions/<its>-create-event/url AuthType=NONE
delete a log group of another project in <region>: logs DeleteLogGroup logGroupName=/aws/lambda/other`;

/** Change anything, or read data. */
const toPlan = `
delete a role: iam DeleteRole RoleName=<its>-create-event
put a policy on a role: iam PutRolePolicy RoleName=<its>-create-event PolicyName=x PolicyDocument=<allowAll>
change its trust: iam UpdateAssumeRolePolicy RoleName=<project>-plan PolicyDocument=<trustAll>
change the bucket of the images: s3 PUT <bucket>?policy {"Statement": []}
delete the queue: sqs DeleteQueue QueueUrl=<failures>
delete the alarm: monitoring DeleteAlarms AlarmNames.member.1=<its>-label-image-failures
delete the table: dynamodb DeleteTable TableName=<its>
invoke a function: lambda POST <functions>-create-event/invocations?Qualifier=live
delete a function: lambda DELETE <functions>-create-event
make an API: apigateway POST /v2/apis name=x protocolType=HTTP
read the integrations of another project's API: apigateway GET /v2/apis/other/integrations
write the state: s3 PUT <state> x`;

const administrator = "arn:aws:iam::aws:policy/AdministratorAccess";

/** What the role that deploys a stage may not do, and what the role that plans it may not. */
export function refusedTo(role: "deploy" | "plan", names: Names) {
  const table = toData + (role === "deploy" ? toDeploy : toPlan);
  return attemptsIn(table, { ...names, administrator });
}
