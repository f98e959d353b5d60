import { formRequest, jsonRequest, lambdaRequest, type AwsRequest } from "../aws.ts";
import type { Names } from "../names.ts";

export type Attempt = [what: string, request: AwsRequest];

const allowAll = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
});
const trustAll = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: "*" } }],
});
const administrator = "arn:aws:iam::aws:policy/AdministratorAccess";

/** What nobody who holds the deploy role may do with it; each would be a way to more than deploying this stage. */
export function refusedToDeploy(names: Names): Attempt[] {
  const { project, stage, accountId, region } = names;
  const own = `${project}-deploy-${stage}`;
  const boundary = `arn:aws:iam::${accountId}:policy/${project}-boundary`;
  const path = `/${project}/${stage}/`;
  const functionRole = `${project}-${stage}-create-event`;
  const provider = `arn:aws:iam::${accountId}:oidc-provider/token.actions.githubusercontent.com`;
  const role = { Action: "CreateRole", RoleName: "x", AssumeRolePolicyDocument: trustAll };
  const attach = { Action: "AttachRolePolicy", PolicyArn: administrator };
  const iam: [what: string, form: Record<string, string>][] = [
    ["make a role without the boundary", { ...role, Path: path }],
    ["make a role with another boundary", { ...role, Path: path, PermissionsBoundary: administrator }],
    ["make a role outside its path", { ...role, Path: "/", PermissionsBoundary: boundary }],
    ["drop a role's boundary", { Action: "DeleteRolePermissionsBoundary", RoleName: functionRole }],
    [
      "change a role's boundary",
      { Action: "PutRolePermissionsBoundary", RoleName: functionRole, PermissionsBoundary: administrator },
    ],
    ["attach AdministratorAccess to a function's role", { ...attach, RoleName: functionRole }],
    ["attach AdministratorAccess to its own role", { ...attach, RoleName: own }],
    [
      "put a policy on its own role",
      { Action: "PutRolePolicy", RoleName: own, PolicyName: "x", PolicyDocument: allowAll },
    ],
    ["change its own trust", { Action: "UpdateAssumeRolePolicy", RoleName: own, PolicyDocument: trustAll }],
    [
      "change the boundary",
      { Action: "CreatePolicyVersion", PolicyArn: boundary, PolicyDocument: allowAll, SetAsDefault: "true" },
    ],
    ["make a managed policy", { Action: "CreatePolicy", PolicyName: "x", PolicyDocument: allowAll }],
    ["make a user", { Action: "CreateUser", UserName: "x" }],
    ["make an access key", { Action: "CreateAccessKey", UserName: "x" }],
    [
      "change the OIDC provider",
      { Action: "AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn: provider, ClientID: "x" },
    ],
  ];
  const roleOf = (name: string) => `arn:aws:iam::${accountId}:role${name}`;
  return [
    ...iam.map(([what, form]): Attempt => [what, formRequest("iam", form)]),
    [
      "assume the other stage's role",
      formRequest("sts", {
        Action: "AssumeRole",
        RoleArn: roleOf(`/${project}-deploy-other`),
        RoleSessionName: "x",
      }),
    ],
    ...dataAttempts(names),
    ...stateAttempts(names, [`other/terraform.tfstate`, "oidc/terraform.tfstate"]),
    ["change the bucket of the states", bucketPolicy(`${project}-state-${accountId}`)],
    ["change the bucket of another stage's images", bucketPolicy(`${project}-other-images-${accountId}`)],
    [
      "let another service than API Gateway and S3 call a function",
      lambdaRequest("POST", `${project}-${stage}-label-image/policy?Qualifier=live`, {
        StatementId: "x",
        Action: "lambda:InvokeFunction",
        Principal: "sns.amazonaws.com",
      }),
    ],
    [
      "change a queue of another project",
      queueRequest("SetQueueAttributes", accountId, "other", { Attributes: { Policy: allowAll } }),
    ],
    ["delete an alarm of another project", deleteAlarm("other")],
    ["invoke what no version is, and nobody has tested", invoke(functionRole)],
    ["invoke a function of another stage", invoke(`${project}-other-create-event`, "1")],
    ["invoke a function of another project", invoke("other-create-event", "live")],
    ["pass another role to a function", createFunction(`${project}-${stage}-x`, roleOf(`/${own}`))],
    ["make a function of another project", createFunction("other-x", roleOf(`${path}${functionRole}`))],
    [
      "make a table of another project",
      jsonRequest("dynamodb", "CreateTable", {
        TableName: "other",
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    ],
    [
      "give a function a URL of its own, past the gateway",
      {
        ...lambdaRequest("POST", "", { AuthType: "NONE" }),
        path: `/2021-10-31/functions/${functionRole}/url`,
      },
    ],
    [
      `delete a log group of another project in ${region}`,
      jsonRequest("logs", "DeleteLogGroup", { logGroupName: "/aws/lambda/other" }),
    ],
  ];
}

/** What the plan role may not do: change anything, or read data. */
export function refusedToPlan(names: Names): Attempt[] {
  const { project, stage, accountId } = names;
  const functionRole = `${project}-${stage}-create-event`;
  const failures = `${project}-${stage}-label-image-failures`;
  const state = `/${project}-state-${accountId}/${stage}/terraform.tfstate`;
  const ofFunction = { RoleName: functionRole, PolicyName: "x", PolicyDocument: "{}" };
  return [
    ["delete a role", formRequest("iam", { Action: "DeleteRole", RoleName: functionRole })],
    ["put a policy on a role", formRequest("iam", { Action: "PutRolePolicy", ...ofFunction })],
    [
      "change its own trust",
      formRequest("iam", { Action: "UpdateAssumeRolePolicy", RoleName: `${project}-plan`, PolicyDocument: "{}" }),
    ],
    ...dataAttempts(names),
    ["change the bucket of the images", bucketPolicy(`${project}-${stage}-images-${accountId}`)],
    ["delete the queue", queueRequest("DeleteQueue", accountId, failures, {})],
    ["delete the alarm", deleteAlarm(failures)],
    ["delete the table", jsonRequest("dynamodb", "DeleteTable", { TableName: `${project}-${stage}` })],
    ["invoke a function", invoke(functionRole, "live")],
    ["delete a function", lambdaRequest("DELETE", functionRole)],
    [
      "make an API",
      {
        ...lambdaRequest("POST", "", { name: "x", protocolType: "HTTP" }),
        service: "apigateway",
        path: "/v2/apis",
      },
    ],
    ["write the state", { service: "s3", method: "PUT", path: state, body: "{}" }],
    ...stateAttempts(names, ["oidc/terraform.tfstate"]),
  ];
}

/** To read or change what callers have stored. */
function dataAttempts({ project, stage, accountId }: Names): Attempt[] {
  const ofItem = { TableName: `${project}-${stage}`, Key: { id: { S: "1" } } };
  const image = `/${project}-${stage}-images-${accountId}/images/1/1`;
  const failures = `${project}-${stage}-label-image-failures`;
  const items = {
    GetItem: ofItem,
    DeleteItem: ofItem,
    PutItem: { TableName: ofItem.TableName, Item: ofItem.Key },
    Scan: { TableName: ofItem.TableName },
  };
  return [
    ...Object.entries(items).map(([operation, input]): Attempt => [
      `${operation} on the table`,
      jsonRequest("dynamodb", operation, input),
    ]),
    ...["GET", "PUT", "DELETE"].map((method): Attempt => [
      `${method} an image`,
      { service: "s3", method, path: image },
    ]),
    ["have an image labelled", jsonRequest("rekognition", "DetectLabels", { Image: { Bytes: "" } })],
    ["read what failed", queueRequest("ReceiveMessage", accountId, failures, {})],
    ["make up what failed", queueRequest("SendMessage", accountId, failures, { MessageBody: "x" })],
  ];
}

function stateAttempts({ project, accountId }: Names, keys: string[]): Attempt[] {
  const bucket = `/${project}-state-${accountId}`;
  const get = (path: string): AwsRequest => ({ service: "s3", method: "GET", path });
  return [
    ...keys.map((key): Attempt => [`read the state ${key}`, get(`${bucket}/${key}`)]),
    ["read another project's state", get(`/other-state-${accountId}/prod/terraform.tfstate`)],
    ["delete the state bucket", { service: "s3", method: "DELETE", path: bucket }],
  ];
}

function bucketPolicy(bucket: string): AwsRequest {
  return { service: "s3", method: "PUT", path: `/${bucket}?policy`, body: "{}" };
}

function queueRequest(operation: string, accountId: string, name: string, input: object): AwsRequest {
  return jsonRequest("sqs", operation, { QueueUrl: `https://sqs/${accountId}/${name}`, ...input });
}

function deleteAlarm(name: string): AwsRequest {
  return formRequest("monitoring", { Action: "DeleteAlarms", "AlarmNames.member.1": name });
}

function invoke(name: string, qualifier?: string): AwsRequest {
  return lambdaRequest("POST", `${name}/invocations${qualifier === undefined ? "" : `?Qualifier=${qualifier}`}`, {});
}

function createFunction(name: string, role: string): AwsRequest {
  const code = { Runtime: "nodejs22.x", Handler: "index.handler", Code: { ZipFile: "" } };
  return lambdaRequest("POST", "", { FunctionName: name, Role: role, ...code });
}
