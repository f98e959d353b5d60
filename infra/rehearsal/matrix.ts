import { formRequest, jsonRequest, type AwsCaller, type AwsRequest } from "./aws.ts";
import type { Names } from "./setting.ts";

/** A function as the matrix needs to know it: its name in AWS and the actions that function.json grants. */
export interface Granted {
  functionName: string;
  actions: string[];
}

/**
 * Tries every action as every function's role, and gives one sentence for each that is allowed and
 * was not granted, or granted and not allowed. `callAs` signs with the keys of the function's role.
 */
export async function tryMatrix(functions: Granted[], names: Names, callAs: (functionName: string) => Promise<AwsCaller>): Promise<{ tried: number; wrong: string[] }> {
  const wrong: string[] = [];
  let tried = 0;
  for (const { functionName, actions } of functions) {
    const call = await callAs(functionName);
    for (const [action, request] of Object.entries(requests(functionName, names))) {
      const isGranted = actions.includes(action) || action === "logs:PutLogEvents (its own)" || action === "logs:CreateLogStream (its own)";
      const { status } = await call(request);
      const isAllowed = status !== 403;
      tried += 1;
      if (isAllowed !== isGranted) wrong.push(`${functionName} ${isAllowed ? "may" : "may not"} ${action}`);
    }
  }
  return { tried, wrong };
}

function requests(functionName: string, { project, stage, accountId }: Names): Record<string, AwsRequest> {
  const other = `${project}-${stage}-other`;
  return {
    ...tableRequests(`${project}-${stage}`),
    ...logRequests("its own", `/aws/lambda/${functionName}`),
    ...logRequests("another's", `/aws/lambda/${other}`),
    "logs:CreateLogGroup": jsonRequest("logs", "Logs_20140328.CreateLogGroup", { logGroupName: `/aws/lambda/${functionName}-x` }),
    "iam:CreateRole": formRequest("iam", "2010-05-08", { Action: "CreateRole", RoleName: "x", AssumeRolePolicyDocument: "{}" }),
    "sts:AssumeRole": formRequest("sts", "2011-06-15", {
      Action: "AssumeRole",
      RoleArn: `arn:aws:iam::${accountId}:role/${project}-deploy-${stage}`,
      RoleSessionName: "x",
    }),
    "lambda:DeleteFunction": { service: "lambda", method: "DELETE", path: `/2015-03-31/functions/${other}` },
    "s3:GetObject (of the state)": { service: "s3", method: "GET", path: `/${project}-state-${accountId}/${stage}/terraform.tfstate` },
    "s3:PutObject (of the state)": { service: "s3", method: "PUT", path: `/${project}-state-${accountId}/${stage}/terraform.tfstate`, body: "{}" },
  };
}

function tableRequests(table: string): Record<string, AwsRequest> {
  const key = { id: { S: "of-the-matrix" } };
  const ofItem = { TableName: table, Key: key };
  const inputs: Record<string, object> = {
    GetItem: ofItem,
    PutItem: { TableName: table, Item: key },
    UpdateItem: { ...ofItem, UpdateExpression: "SET #n = :n", ExpressionAttributeNames: { "#n": "n" }, ExpressionAttributeValues: { ":n": { S: "" } } },
    DeleteItem: ofItem,
    Query: { TableName: table, IndexName: "by-type", KeyConditionExpression: "#t = :t", ExpressionAttributeNames: { "#t": "type" }, ExpressionAttributeValues: { ":t": key.id } },
    "Query (of the table itself)": { TableName: table, KeyConditionExpression: "id = :id", ExpressionAttributeValues: { ":id": key.id } },
    Scan: { TableName: table },
    BatchGetItem: { RequestItems: { [table]: { Keys: [key] } } },
    BatchWriteItem: { RequestItems: { [table]: [{ PutRequest: { Item: key } }] } },
    DescribeTable: { TableName: table },
    DeleteTable: { TableName: table },
  };
  return Object.fromEntries(
    Object.entries(inputs).map(([action, input]) => [`dynamodb:${action}`, jsonRequest("dynamodb", `DynamoDB_20120810.${action.replace(/ .*/, "")}`, input)]),
  );
}

function logRequests(whose: string, logGroupName: string): Record<string, AwsRequest> {
  const stream = { logGroupName, logStreamName: "of-the-matrix" };
  return {
    [`logs:CreateLogStream (${whose})`]: jsonRequest("logs", "Logs_20140328.CreateLogStream", stream),
    [`logs:PutLogEvents (${whose})`]: jsonRequest("logs", "Logs_20140328.PutLogEvents", { ...stream, logEvents: [{ timestamp: Date.now(), message: "x" }] }),
  };
}
