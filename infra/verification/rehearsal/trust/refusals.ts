import { formRequest, jsonRequest, type AwsRequest } from "../aws.ts";
import type { Names } from "../setting.ts";

export interface Attempt {
  what: string;
  request: AwsRequest;
}

/** What nobody who holds the deploy role may do with it; each would be a way to more than deploying this stage. */
export function refusedToDeploy({ project, stage, accountId, region }: Names): Attempt[] {
  const own = `${project}-deploy-${stage}`;
  const boundary = `arn:aws:iam::${accountId}:policy/${project}-boundary`;
  const path = `/${project}/${stage}/`;
  const functionRole = `${project}-${stage}-create-event`;
  const allowAll = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
  });
  const trustAll = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: "*" } }],
  });
  const administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
  return [
    ...iamAttempts([
      [
        "make a role without the boundary",
        { Action: "CreateRole", RoleName: "x", Path: path, AssumeRolePolicyDocument: trustAll },
      ],
      [
        "make a role with another boundary",
        {
          Action: "CreateRole",
          RoleName: "x",
          Path: path,
          AssumeRolePolicyDocument: trustAll,
          PermissionsBoundary: administrator,
        },
      ],
      [
        "make a role outside its path",
        {
          Action: "CreateRole",
          RoleName: "x",
          Path: "/",
          AssumeRolePolicyDocument: trustAll,
          PermissionsBoundary: boundary,
        },
      ],
      ["drop a role's boundary", { Action: "DeleteRolePermissionsBoundary", RoleName: functionRole }],
      [
        "change a role's boundary",
        { Action: "PutRolePermissionsBoundary", RoleName: functionRole, PermissionsBoundary: administrator },
      ],
      [
        "attach AdministratorAccess to a function's role",
        { Action: "AttachRolePolicy", RoleName: functionRole, PolicyArn: administrator },
      ],
      [
        "attach AdministratorAccess to its own role",
        { Action: "AttachRolePolicy", RoleName: own, PolicyArn: administrator },
      ],
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
        {
          Action: "AddClientIDToOpenIDConnectProvider",
          OpenIDConnectProviderArn: `arn:aws:iam::${accountId}:oidc-provider/token.actions.githubusercontent.com`,
          ClientID: "x",
        },
      ],
    ]),
    {
      what: "assume the other stage's role",
      request: formRequest("sts", "2011-06-15", {
        Action: "AssumeRole",
        RoleArn: `arn:aws:iam::${accountId}:role/${project}-deploy-other`,
        RoleSessionName: "x",
      }),
    },
    ...tableAttempts(`${project}-${stage}`),
    ...imageAttempts({ project, stage, accountId }),
    ...stateAttempts(project, accountId, [`other/terraform.tfstate`, "oidc/terraform.tfstate"]),
    ...["state", "other-images"].map((name) => ({
      what: `change the bucket ${name}`,
      request: bucketPolicy(`${project}-${name}-${accountId}`),
    })),
    {
      what: "let another service than API Gateway and S3 call a function",
      request: lambdaRequest("POST", `${project}-${stage}-label-image/policy?Qualifier=live`, {
        StatementId: "x",
        Action: "lambda:InvokeFunction",
        Principal: "sns.amazonaws.com",
      }),
    },
    {
      what: "change a queue of another project",
      request: queueRequest("SetQueueAttributes", accountId, "other", { Attributes: { Policy: allowAll } }),
    },
    {
      what: "delete an alarm of another project",
      request: alarmRequest("DeleteAlarms", { "AlarmNames.member.1": "other" }),
    },
    { what: "invoke what no version is, and nobody has tested", request: invoke(functionRole) },
    { what: "invoke a function of another stage", request: invoke(`${project}-other-create-event`, "1") },
    { what: "invoke a function of another project", request: invoke("other-create-event", "live") },
    {
      what: "pass another role to a function",
      request: createFunction(`${project}-${stage}-x`, `arn:aws:iam::${accountId}:role/${own}`),
    },
    {
      what: "make a function of another project",
      request: createFunction("other-x", `arn:aws:iam::${accountId}:role${path}${functionRole}`),
    },
    {
      what: "make a table of another project",
      request: jsonRequest("dynamodb", "DynamoDB_20120810.CreateTable", {
        TableName: "other",
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    },
    {
      what: "give a function a URL of its own, past the gateway",
      request: {
        service: "lambda",
        method: "POST",
        path: `/2021-10-31/functions/${functionRole}/url`,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ AuthType: "NONE" }),
      },
    },
    {
      what: `delete a log group of another project in ${region}`,
      request: jsonRequest("logs", "Logs_20140328.DeleteLogGroup", { logGroupName: "/aws/lambda/other" }),
    },
  ];
}

/** What the plan role may not do: change anything, or read data. */
export function refusedToPlan({ project, stage, accountId }: Names): Attempt[] {
  const functionRole = `${project}-${stage}-create-event`;
  return [
    ...iamAttempts([
      ["delete a role", { Action: "DeleteRole", RoleName: functionRole }],
      [
        "put a policy on a role",
        { Action: "PutRolePolicy", RoleName: functionRole, PolicyName: "x", PolicyDocument: "{}" },
      ],
      ["change its own trust", { Action: "UpdateAssumeRolePolicy", RoleName: `${project}-plan`, PolicyDocument: "{}" }],
    ]),
    ...tableAttempts(`${project}-${stage}`),
    ...imageAttempts({ project, stage, accountId }),
    { what: "change the bucket of the images", request: bucketPolicy(`${project}-${stage}-images-${accountId}`) },
    {
      what: "delete the queue",
      request: queueRequest("DeleteQueue", accountId, `${project}-${stage}-label-image-failures`, {}),
    },
    {
      what: "delete the alarm",
      request: alarmRequest("DeleteAlarms", { "AlarmNames.member.1": `${project}-${stage}-label-image-failures` }),
    },
    {
      what: "delete the table",
      request: jsonRequest("dynamodb", "DynamoDB_20120810.DeleteTable", { TableName: `${project}-${stage}` }),
    },
    { what: "invoke a function", request: invoke(functionRole, "live") },
    {
      what: "delete a function",
      request: { service: "lambda", method: "DELETE", path: `/2015-03-31/functions/${functionRole}` },
    },
    {
      what: "make an API",
      request: {
        service: "apigateway",
        method: "POST",
        path: "/v2/apis",
        headers: { "content-type": "application/json" },
        body: '{"name":"x","protocolType":"HTTP"}',
      },
    },
    {
      what: "write the state",
      request: {
        service: "s3",
        method: "PUT",
        path: `/${project}-state-${accountId}/${stage}/terraform.tfstate`,
        body: "{}",
      },
    },
    ...stateAttempts(project, accountId, ["oidc/terraform.tfstate"]),
  ];
}

function iamAttempts(attempts: [what: string, form: Record<string, string>][]): Attempt[] {
  return attempts.map(([what, form]) => ({ what, request: formRequest("iam", "2010-05-08", form) }));
}

function tableAttempts(table: string): Attempt[] {
  const key = { TableName: table, Key: { id: { S: "1" } } };
  const inputs = {
    GetItem: key,
    DeleteItem: key,
    PutItem: { TableName: table, Item: key.Key },
    Scan: { TableName: table },
  };
  return Object.entries(inputs).map(([action, input]) => ({
    what: `${action} on the table`,
    request: jsonRequest("dynamodb", `DynamoDB_20120810.${action}`, input),
  }));
}

function imageAttempts({ project, stage, accountId }: Omit<Names, "region">): Attempt[] {
  const path = `/${project}-${stage}-images-${accountId}/images/1/1`;
  const queue = `${project}-${stage}-label-image-failures`;
  return [
    ...["GET", "PUT", "DELETE"].map((method) => ({
      what: `${method} an image`,
      request: { service: "s3", method, path },
    })),
    {
      what: "have an image labelled",
      request: jsonRequest("rekognition", "RekognitionService.DetectLabels", { Image: { Bytes: "" } }),
    },
    { what: "read what failed", request: queueRequest("ReceiveMessage", accountId, queue, {}) },
    { what: "make up what failed", request: queueRequest("SendMessage", accountId, queue, { MessageBody: "x" }) },
  ];
}

function bucketPolicy(bucket: string): AwsRequest {
  return { service: "s3", method: "PUT", path: `/${bucket}?policy`, body: "{}" };
}

function queueRequest(operation: string, accountId: string, name: string, input: object): AwsRequest {
  return jsonRequest("sqs", `AmazonSQS.${operation}`, { QueueUrl: `https://sqs/${accountId}/${name}`, ...input });
}

function alarmRequest(operation: string, form: Record<string, string>): AwsRequest {
  return formRequest("monitoring", "2010-08-01", { Action: operation, ...form });
}

function stateAttempts(project: string, accountId: string, keys: string[]): Attempt[] {
  const bucket = `${project}-state-${accountId}`;
  return [
    ...keys.map((key) => ({
      what: `read the state ${key}`,
      request: { service: "s3", method: "GET", path: `/${bucket}/${key}` },
    })),
    {
      what: "read another project's state",
      request: { service: "s3", method: "GET", path: `/other-state-${accountId}/prod/terraform.tfstate` },
    },
    { what: "delete the state bucket", request: { service: "s3", method: "DELETE", path: `/${bucket}` } },
  ];
}

function lambdaRequest(method: string, path: string, input: object): AwsRequest {
  return {
    service: "lambda",
    method,
    path: `/2015-03-31/functions/${path}`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(input),
  };
}

function invoke(name: string, qualifier?: string): AwsRequest {
  return lambdaRequest("POST", `${name}/invocations${qualifier === undefined ? "" : `?Qualifier=${qualifier}`}`, {});
}

function createFunction(name: string, role: string): AwsRequest {
  return lambdaRequest("POST", "", {
    FunctionName: name,
    Role: role,
    Runtime: "nodejs22.x",
    Handler: "index.handler",
    Code: { ZipFile: "" },
  });
}
