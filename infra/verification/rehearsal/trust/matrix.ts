import { formRequest, jsonRequest, type AwsCaller, type AwsRequest } from "../aws.ts";
import type { Names } from "../setting.ts";

/** A function as the matrix needs to know it: its name in AWS and the actions that it is granted. */
export interface Granted {
  functionName: string;
  actions: string[];
}

const ownLog = ["logs:PutLogEvents (its own)", "logs:CreateLogStream (its own)"];

/**
 * Tries every action as every function's role, and gives one sentence for each that is allowed and
 * was not granted, or granted and not allowed. `callAs` signs with the keys of the function's role. The
 * bucket must hold `imageOfMatrix`: who may not list it is refused what is missing.
 */
export async function tryMatrix(
  functions: Granted[],
  names: Names,
  callAs: (functionName: string) => Promise<AwsCaller>,
): Promise<{ tried: number; wrong: string[] }> {
  const wrong: string[] = [];
  let tried = 0;
  for (const { functionName, actions } of functions) {
    const call = await callAs(functionName);
    for (const [action, request] of Object.entries(requests(functionName, names))) {
      const isGranted = actions.includes(action) || ownLog.includes(action);
      const { status } = await call(request);
      const isAllowed = status !== 403;
      tried += 1;
      if (isAllowed !== isGranted) wrong.push(`${functionName} ${isAllowed ? "may" : "may not"} ${action}`);
    }
  }
  return { tried, wrong };
}

/** An object for everybody to try to read. */
export function imageOfMatrix({ project, stage, accountId }: Names): Omit<AwsRequest, "method"> {
  return { service: "s3", path: `/${project}-${stage}-images-${accountId}/images/of-the-matrix/1` };
}

function requests(functionName: string, names: Names): Record<string, AwsRequest> {
  const { project, stage, accountId } = names;
  const other = `${project}-${stage}-other`;
  const states = `${project}-state-${accountId}`;
  const state = `/${states}/${stage}/terraform.tfstate`;
  return {
    ...tableRequests(`${project}-${stage}`),
    ...logRequests("its own", `/aws/lambda/${functionName}`),
    ...logRequests("another's", `/aws/lambda/${other}`),
    "logs:CreateLogGroup": jsonRequest("logs", "Logs_20140328.CreateLogGroup", {
      logGroupName: `/aws/lambda/${functionName}-x`,
    }),
    "iam:CreateRole": formRequest("iam", "2010-05-08", {
      Action: "CreateRole",
      RoleName: "x",
      AssumeRolePolicyDocument: "{}",
    }),
    "sts:AssumeRole": formRequest("sts", "2011-06-15", {
      Action: "AssumeRole",
      RoleArn: `arn:aws:iam::${accountId}:role/${project}-deploy-${stage}`,
      RoleSessionName: "x",
    }),
    ...imageRequests(names),
    "lambda:DeleteFunction": { service: "lambda", method: "DELETE", path: `/2015-03-31/functions/${other}` },
    "s3:GetObject (of the state)": { service: "s3", method: "GET", path: state },
    "s3:PutObject (of the state)": { service: "s3", method: "PUT", path: state, body: "{}" },
    "s3:DeleteObject (of the state)": { service: "s3", method: "DELETE", path: state },
    "s3:ListBucket (of the states)": { service: "s3", method: "GET", path: `/${states}?list-type=2` },
    "rekognition:DetectLabels (of the state)": detectLabels({
      S3Object: { Bucket: states, Name: `${stage}/terraform.tfstate` },
    }),
  };
}

function imageRequests(names: Names): Record<string, AwsRequest> {
  const { project, stage, accountId } = names;
  const image = imageOfMatrix(names);
  const bucket = image.path.split("/")[1] ?? "";
  const queue = { QueueUrl: `https://sqs/${accountId}/${project}-${stage}-label-image-failures` };
  const another = { QueueUrl: `https://sqs/${accountId}/${project}-${stage}-other` };
  return {
    "s3:GetObject": { ...image, method: "GET" },
    "s3:PutObject": { ...image, method: "PUT", path: `${image.path}-put`, body: "x" },
    "s3:DeleteObject": { ...image, method: "DELETE", path: `${image.path}-put` },
    "s3:ListBucket": { ...image, method: "GET", path: `/${bucket}?list-type=2` },
    "s3:PutObjectAcl": { ...image, method: "PUT", path: `${image.path}?acl`, headers: { "x-amz-acl": "public-read" } },
    "s3:PutBucketPolicy": { ...image, method: "PUT", path: `/${bucket}?policy`, body: "{}" },
    "rekognition:DetectLabels": detectLabels({ Bytes: "" }),
    "sqs:SendMessage": jsonRequest("sqs", "AmazonSQS.SendMessage", { ...queue, MessageBody: "of the matrix" }),
    "sqs:SendMessage (to another)": jsonRequest("sqs", "AmazonSQS.SendMessage", {
      ...another,
      MessageBody: "of the matrix",
    }),
    "sqs:ReceiveMessage": jsonRequest("sqs", "AmazonSQS.ReceiveMessage", queue),
  };
}

function detectLabels(image: object): AwsRequest {
  return jsonRequest("rekognition", "RekognitionService.DetectLabels", { Image: image });
}

function tableRequests(table: string): Record<string, AwsRequest> {
  const key = { id: { S: "of-the-matrix" } };
  const ofItem = { TableName: table, Key: key };
  const inputs: Record<string, object> = {
    GetItem: ofItem,
    PutItem: { TableName: table, Item: key },
    UpdateItem: {
      ...ofItem,
      UpdateExpression: "SET #n = :n",
      ExpressionAttributeNames: { "#n": "n" },
      ExpressionAttributeValues: { ":n": { S: "" } },
    },
    DeleteItem: ofItem,
    Query: {
      TableName: table,
      IndexName: "by-type",
      KeyConditionExpression: "#t = :t",
      ExpressionAttributeNames: { "#t": "type" },
      ExpressionAttributeValues: { ":t": key.id },
    },
    "Query (of the table itself)": {
      TableName: table,
      KeyConditionExpression: "id = :id",
      ExpressionAttributeValues: { ":id": key.id },
    },
    Scan: { TableName: table },
    BatchGetItem: { RequestItems: { [table]: { Keys: [key] } } },
    BatchWriteItem: { RequestItems: { [table]: [{ PutRequest: { Item: key } }] } },
    DescribeTable: { TableName: table },
    DeleteTable: { TableName: table },
  };
  return Object.fromEntries(
    Object.entries(inputs).map(([action, input]) => [
      `dynamodb:${action}`,
      jsonRequest("dynamodb", `DynamoDB_20120810.${action.replace(/ .*/, "")}`, input),
    ]),
  );
}

function logRequests(whose: string, logGroupName: string): Record<string, AwsRequest> {
  const stream = { logGroupName, logStreamName: "of-the-matrix" };
  return {
    [`logs:CreateLogStream (${whose})`]: jsonRequest("logs", "Logs_20140328.CreateLogStream", stream),
    [`logs:PutLogEvents (${whose})`]: jsonRequest("logs", "Logs_20140328.PutLogEvents", {
      ...stream,
      logEvents: [{ timestamp: Date.now(), message: "x" }],
    }),
  };
}
