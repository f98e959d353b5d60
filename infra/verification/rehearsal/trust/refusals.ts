import type { Names } from "../setting.ts";
import { allowAll, trustAll, type Attempt } from "./attempts.ts";

const administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
const functions = "/2015-03-31/functions";

/** What the deploy role may not do, besides escalations.ts: each would let it do more than deploy this stage. */
export function refusedToDeploy(names: Names): Attempt[] {
  const { project, stage, accountId, region } = names;
  const [own, its] = [`${project}-deploy-${stage}`, `${project}-${stage}`];
  const iam = `arn:aws:iam::${accountId}`;
  const boundary = `${iam}:policy/${project}-boundary`;
  const provider = `${iam}:oidc-provider/token.actions.githubusercontent.com`;
  const Path = `/${project}/${stage}/`;
  const RoleName = `${its}-create-event`;
  const role = { RoleName: "x", AssumeRolePolicyDocument: trustAll };
  const code = { Runtime: "nodejs22.x", Handler: "index.handler", Code: { ZipFile: "" } };
  const key = { KeySchema: [{ AttributeName: "id", KeyType: "HASH" }], BillingMode: "PAY_PER_REQUEST" };
  const foreignTable = {
    TableName: "other",
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    ...key,
  };
  const policy = { PolicyName: "x", PolicyDocument: allowAll };
  const states = `${project}-state-${accountId}`;
  return [
    ["make a role without the boundary", "iam CreateRole", { ...role, Path }],
    ["make a role with another boundary", "iam CreateRole", { ...role, Path, PermissionsBoundary: administrator }],
    ["make a role outside its path", "iam CreateRole", { ...role, Path: "/", PermissionsBoundary: boundary }],
    ["drop a role's boundary", "iam DeleteRolePermissionsBoundary", { RoleName }],
    ["change it", "iam PutRolePermissionsBoundary", { RoleName, PermissionsBoundary: administrator }],
    ["make a function's role an administrator", "iam AttachRolePolicy", { RoleName, PolicyArn: administrator }],
    ["make its own role one", "iam AttachRolePolicy", { RoleName: own, PolicyArn: administrator }],
    ["put a policy on its own role", "iam PutRolePolicy", { RoleName: own, ...policy }],
    ["change its own trust", "iam UpdateAssumeRolePolicy", { RoleName: own, PolicyDocument: trustAll }],
    ["change the boundary", "iam CreatePolicyVersion", { PolicyArn: boundary, ...policy, SetAsDefault: "true" }],
    ["make a managed policy", "iam CreatePolicy", policy],
    ["make a user", "iam CreateUser", { UserName: "x" }],
    ["make an access key", "iam CreateAccessKey", { UserName: "x" }],
    [
      "widen the provider",
      "iam AddClientIDToOpenIDConnectProvider",
      { OpenIDConnectProviderArn: provider, ClientID: "x" },
    ],
    [
      "assume the other's role",
      "sts AssumeRole",
      { RoleArn: `${iam}:role/${project}-deploy-other`, RoleSessionName: "x" },
    ],
    ...toData(names),
    ...toStates(names, ["other/terraform.tfstate", "oidc/terraform.tfstate"]),
    ["change the bucket of the states", `s3 PUT /${states}?policy`, allowAll],
    ["change a queue of another project", "sqs SetQueueAttributes", { QueueUrl: `https://sqs/${accountId}/other` }],
    ["delete an alarm of another project", "monitoring DeleteAlarms", { "AlarmNames.member.1": "other" }],
    ["invoke $LATEST, which is untested", `lambda POST ${functions}/${RoleName}/invocations`],
    ["invoke a function of another project", `lambda POST ${functions}/other-create-event/invocations?Qualifier=live`],
    [
      "pass another role",
      `lambda POST ${functions}`,
      { FunctionName: `${its}-x`, Role: `${iam}:role/${own}`, ...code },
    ],
    [
      "make a function of another project",
      `lambda POST ${functions}`,
      { FunctionName: "other-x", Role: `${iam}:role${Path}${RoleName}`, ...code },
    ],
    ["make a table of another project", "dynamodb CreateTable", foreignTable],
    [
      "give a function a URL that bypasses the gateway",
      `lambda POST /2021-10-31/functions/${RoleName}/url`,
      { AuthType: "NONE" },
    ],
    [
      `delete a log group of another project in ${region}`,
      "logs DeleteLogGroup",
      { logGroupName: "/aws/lambda/other" },
    ],
  ];
}

/** What the plan role may not do: change anything, or read data. */
export function refusedToPlan(names: Names): Attempt[] {
  const { project, stage, accountId } = names;
  const its = `${project}-${stage}`;
  const RoleName = `${its}-create-event`;
  const failures = `${its}-label-image-failures`;
  return [
    ["delete a role", "iam DeleteRole", { RoleName }],
    ["put a policy on a role", "iam PutRolePolicy", { RoleName, PolicyName: "x", PolicyDocument: allowAll }],
    ["change its trust", "iam UpdateAssumeRolePolicy", { RoleName: `${project}-plan`, PolicyDocument: trustAll }],
    ...toData(names),
    ["change the bucket of the images", `s3 PUT /${its}-images-${accountId}?policy`, allowAll],
    ["delete the queue", "sqs DeleteQueue", { QueueUrl: `https://sqs/${accountId}/${failures}` }],
    ["delete the alarm", "monitoring DeleteAlarms", { "AlarmNames.member.1": failures }],
    ["delete the table", "dynamodb DeleteTable", { TableName: its }],
    ["invoke a function", `lambda POST ${functions}/${RoleName}/invocations?Qualifier=live`],
    ["delete a function", `lambda DELETE ${functions}/${RoleName}`],
    ["make an API", "apigateway POST /v2/apis", { name: "x", protocolType: "HTTP" }],
    ["write the state", `s3 PUT /${project}-state-${accountId}/${stage}/terraform.tfstate`, "x"],
    ...toStates(names, ["oidc/terraform.tfstate"]),
  ];
}

function toData({ project, stage, accountId }: Names): Attempt[] {
  const TableName = `${project}-${stage}`;
  const id = { id: { S: "1" } };
  const image = `/${TableName}-images-${accountId}/images/1/1`;
  const QueueUrl = `https://sqs/${accountId}/${TableName}-label-image-failures`;
  return [
    ["read an event", "dynamodb GetItem", { TableName, Key: id }],
    ["delete an event", "dynamodb DeleteItem", { TableName, Key: id }],
    ["write an event", "dynamodb PutItem", { TableName, Item: id }],
    ["read all events", "dynamodb Scan", { TableName }],
    ["read an image", `s3 GET ${image}`],
    ["write an image", `s3 PUT ${image}`],
    ["delete an image", `s3 DELETE ${image}`],
    ["have an image labelled", "rekognition DetectLabels", { Image: { Bytes: "" } }],
    ["read failures", "sqs ReceiveMessage", { QueueUrl }],
    ["forge a failure", "sqs SendMessage", { QueueUrl, MessageBody: "x" }],
  ];
}

function toStates({ project, accountId }: Names, keys: string[]): Attempt[] {
  const bucket = `/${project}-state-${accountId}`;
  return [
    ...keys.map((key): Attempt => [`read the state ${key}`, `s3 GET ${bucket}/${key}`]),
    ["read another project's state", `s3 GET /other-state-${accountId}/prod/terraform.tfstate`],
    ["delete the state bucket", `s3 DELETE ${bucket}`],
  ];
}
