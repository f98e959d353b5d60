import { formRequest, jsonRequest, lambdaRequest, type AwsCaller, type AwsRequest } from "../aws.ts";
import type { Names } from "../names.ts";

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
  const state = { service: "s3", path: `/${states}/${stage}/terraform.tfstate` };
  const image = imageOfMatrix(names);
  const bucket = `/${image.path.split("/")[1] ?? ""}`;
  const put = { ...image, method: "PUT", body: "x" };
  const detectLabels = (Image: object) => jsonRequest("rekognition", "DetectLabels", { Image });
  const sqs = (operation: string, name: string) => {
    const QueueUrl = `https://sqs/${accountId}/${project}-${stage}-${name}`;
    return jsonRequest("sqs", operation, { QueueUrl, MessageBody: "of the matrix" });
  };
  const role = { Action: "CreateRole", RoleName: "x", AssumeRolePolicyDocument: "{}" };
  const deployRole = `arn:aws:iam::${accountId}:role/${project}-deploy-${stage}`;
  return {
    ...tableRequests(`${project}-${stage}`),
    ...logRequests("its own", `/aws/lambda/${functionName}`),
    ...logRequests("another's", `/aws/lambda/${other}`),
    "logs:CreateLogGroup": jsonRequest("logs", "CreateLogGroup", { logGroupName: `/aws/lambda/${functionName}-x` }),
    "iam:CreateRole": formRequest("iam", role),
    "sts:AssumeRole": formRequest("sts", { Action: "AssumeRole", RoleArn: deployRole, RoleSessionName: "x" }),
    "lambda:DeleteFunction": lambdaRequest("DELETE", other),
    "s3:GetObject": { ...image, method: "GET" },
    "s3:PutObject": { ...put, path: `${image.path}-put` },
    "s3:DeleteObject": { ...image, method: "DELETE", path: `${image.path}-put` },
    "s3:ListBucket": { ...image, method: "GET", path: `${bucket}?list-type=2` },
    "s3:PutObjectAcl": { ...image, method: "PUT", path: `${image.path}?acl`, headers: { "x-amz-acl": "public-read" } },
    "s3:PutBucketPolicy": { ...put, path: `${bucket}?policy`, body: "{}" },
    "s3:GetObject (of the state)": { ...state, method: "GET" },
    "s3:PutObject (of the state)": { ...state, method: "PUT", body: "{}" },
    "s3:DeleteObject (of the state)": { ...state, method: "DELETE" },
    "s3:ListBucket (of the states)": { ...state, method: "GET", path: `/${states}?list-type=2` },
    "rekognition:DetectLabels": detectLabels({ Bytes: "" }),
    "rekognition:DetectLabels (of the state)": detectLabels({
      S3Object: { Bucket: states, Name: `${stage}/terraform.tfstate` },
    }),
    "sqs:SendMessage": sqs("SendMessage", "label-image-failures"),
    "sqs:SendMessage (to another)": sqs("SendMessage", "other"),
    "sqs:ReceiveMessage": sqs("ReceiveMessage", "label-image-failures"),
  };
}

function tableRequests(TableName: string): Record<string, AwsRequest> {
  const key = { id: { S: "of-the-matrix" } };
  const ofItem = { TableName, Key: key };
  const [names, values] = [{ "#n": "type" }, { ":n": key.id }];
  const expression = { TableName, ExpressionAttributeNames: names, ExpressionAttributeValues: values };
  const inputs: Record<string, object> = {
    GetItem: ofItem,
    PutItem: { TableName, Item: key },
    UpdateItem: { ...expression, Key: key, UpdateExpression: "SET #n = :n" },
    DeleteItem: ofItem,
    Query: { ...expression, IndexName: "by-type", KeyConditionExpression: "#n = :n" },
    "Query (of the table itself)": {
      TableName,
      KeyConditionExpression: "id = :n",
      ExpressionAttributeValues: values,
    },
    Scan: { TableName },
    BatchGetItem: { RequestItems: { [TableName]: { Keys: [key] } } },
    BatchWriteItem: { RequestItems: { [TableName]: [{ PutRequest: { Item: key } }] } },
    DescribeTable: { TableName },
    DeleteTable: { TableName },
  };
  return Object.fromEntries(
    Object.entries(inputs).map(([action, input]) => [
      `dynamodb:${action}`,
      jsonRequest("dynamodb", action.replace(/ .*/, ""), input),
    ]),
  );
}

function logRequests(whose: string, logGroupName: string): Record<string, AwsRequest> {
  const stream = { logGroupName, logStreamName: "of-the-matrix" };
  const logEvents = [{ timestamp: Date.now(), message: "x" }];
  return {
    [`logs:CreateLogStream (${whose})`]: jsonRequest("logs", "CreateLogStream", stream),
    [`logs:PutLogEvents (${whose})`]: jsonRequest("logs", "PutLogEvents", { ...stream, logEvents }),
  };
}
