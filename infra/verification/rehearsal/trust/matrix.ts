import type { AwsCaller } from "../aws.ts";
import type { Names } from "../setting.ts";

export interface Granted {
  functionName: string;
  actions: string[];
}

/** One line each: the action, its input, and the call unless it follows from the action. */
type Row = [action: string, input?: object, call?: string];

const ownLog = ["logs:PutLogEvents (its own)", "logs:CreateLogStream (its own)"];

/**
 * Tries every action as every function's role, and returns a sentence for each that is allowed but not granted, or
 * granted but not allowed. `callAs` signs with the keys of the function's role.
 */
export async function tryMatrix(
  functions: Granted[],
  names: Names,
  callAs: (functionName: string) => Promise<AwsCaller>,
): Promise<{ tried: number; wrong: string[] }> {
  const wrong: string[] = [];
  let tried = 0;
  for (const { functionName, actions } of functions) {
    const caller = await callAs(functionName);
    for (const [action, input, call = action.replace(/ .*/, "").replace(":", " ")] of rows(functionName, names)) {
      // A role that may list the whole bucket may list every prefix.
      const isListed = /^s3:ListBucket [^(]/.test(action) && actions.includes("s3:ListBucket");
      const isGranted = actions.includes(action) || ownLog.includes(action) || isListed;
      const { status, body } = await caller(call, input);
      // A role that may read a missing object but may not list gets the gate's own refusal.
      const isAllowed = status !== 403 || body.includes("Only a caller with s3:ListBucket");
      tried += 1;
      if (isAllowed !== isGranted) wrong.push(`${functionName} ${isAllowed ? "may" : "may not"} ${action}`);
    }
  }
  return { tried, wrong };
}

export function imageOfMatrix({ project, stage, accountId }: Names): string {
  return `/${project}-${stage}-images-${accountId}/images/of-the-matrix/1`;
}

function rows(functionName: string, names: Names): Row[] {
  const { project, stage, accountId } = names;
  const TableName = `${project}-${stage}`;
  const [Key, values, type] = [{ id: { S: "of-the-matrix" } }, { ":n": { S: "x" } }, { "#n": "type" }];
  const byType = { TableName, ExpressionAttributeNames: type, ExpressionAttributeValues: values };
  const byId = { TableName, KeyConditionExpression: "id = :n", ExpressionAttributeValues: values };
  const states = `${project}-state-${accountId}`;
  const state = `/${states}/${stage}/terraform.tfstate`;
  const image = imageOfMatrix(names);
  const [, bucket = ""] = image.split("/");
  const queue = (name: string) => ({ QueueUrl: `https://sqs/${accountId}/${TableName}-${name}`, MessageBody: "x" });
  const logs = (whose: string, logGroupName: string): Row[] => {
    const stream = { logGroupName, logStreamName: "of-the-matrix" };
    const logEvents = [{ timestamp: Date.now(), message: "x" }];
    return [
      [`logs:CreateLogStream (${whose})`, stream],
      [`logs:PutLogEvents (${whose})`, { ...stream, logEvents }],
    ];
  };
  return [
    ["dynamodb:GetItem", { TableName, Key }],
    ["dynamodb:PutItem", { TableName, Item: Key }],
    ["dynamodb:UpdateItem", { ...byType, Key, UpdateExpression: "SET #n = :n" }],
    ["dynamodb:DeleteItem", { TableName, Key }],
    ["dynamodb:Query", { ...byType, IndexName: "by-type", KeyConditionExpression: "#n = :n" }],
    ["dynamodb:Query (of the table itself)", byId],
    ["dynamodb:Scan", { TableName }],
    ["dynamodb:BatchGetItem", { RequestItems: { [TableName]: { Keys: [Key] } } }],
    ["dynamodb:BatchWriteItem", { RequestItems: { [TableName]: [{ PutRequest: { Item: Key } }] } }],
    ["dynamodb:DescribeTable", { TableName }],
    ["dynamodb:DeleteTable", { TableName }],
    ...logs("its own", `/aws/lambda/${functionName}`),
    ...logs("another's", `/aws/lambda/${TableName}-other`),
    ["logs:CreateLogGroup", { logGroupName: `/aws/lambda/${functionName}-x` }],
    ["iam:CreateRole", { RoleName: "x", AssumeRolePolicyDocument: "{}" }],
    ["sts:AssumeRole", { RoleArn: `arn:aws:iam::${accountId}:role/${project}-deploy-${stage}`, RoleSessionName: "x" }],
    ["lambda:DeleteFunction", {}, `lambda DELETE /2015-03-31/functions/${TableName}-other`],
    ...["deletions/", "images/", "incoming/", "x-"].flatMap((prefix): Row[] => [
      [`s3:GetObject ${prefix}`, {}, `s3 GET /${bucket}/${prefix}of-the-matrix/1`],
      // Starting a multipart upload needs the same permission and sends no notification.
      [`s3:PutObject ${prefix}`, {}, `s3 POST /${bucket}/${prefix}of-the-matrix/1?uploads`],
      [`s3:DeleteObject ${prefix}`, {}, `s3 DELETE /${bucket}/${prefix}of-the-matrix/1-put`],
      [`s3:ListBucket ${prefix}`, {}, `s3 GET /${bucket}?list-type=2&prefix=${prefix}`],
    ]),
    ["s3:ListBucket", {}, `s3 GET /${bucket}?list-type=2`],
    ["s3:PutObjectAcl", {}, `s3 PUT ${image}?acl`],
    ["s3:PutBucketPolicy", {}, `s3 PUT /${bucket}?policy`],
    ["s3:GetObject (of the state)", {}, `s3 GET ${state}`],
    ["s3:PutObject (of the state)", {}, `s3 PUT ${state}`],
    ["s3:DeleteObject (of the state)", {}, `s3 DELETE ${state}`],
    ["s3:ListBucket (of the states)", {}, `s3 GET /${states}?list-type=2`],
    ["rekognition:DetectLabels", { Image: { Bytes: "" } }],
    [
      "rekognition:DetectLabels (of the state)",
      { Image: { S3Object: { Bucket: states, Name: `${stage}/terraform.tfstate` } } },
    ],
    ["sqs:SendMessage", queue("label-image-failures")],
    ["sqs:SendMessage (to another)", queue("other")],
    ["sqs:ReceiveMessage", queue("label-image-failures")],
  ];
}
