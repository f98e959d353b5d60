import type { AwsCaller } from "../aws.ts";
import type { Names } from "../setting.ts";
import { attemptsIn } from "./attempts.ts";

/** By action, which is the call's unless a line has its own. */
const table = `
dynamodb GetItem TableName=<its> Key=<key>
dynamodb PutItem TableName=<its> Item=<key>
dynamodb UpdateItem TableName=<its> Key=<key> UpdateExpression="SET #n = :n" <values> <type>
dynamodb DeleteItem TableName=<its> Key=<key>
dynamodb Query TableName=<its> IndexName=by-type KeyConditionExpression="#n = :n" <values> <type>
dynamodb:Query (of the table itself): dynamodb Query TableName=<its> KeyConditionExpression="id = :n" <values>
dynamodb Scan TableName=<its>
dynamodb BatchGetItem RequestItems={"<its>":{"Keys":[<key>]}}
dynamodb BatchWriteItem RequestItems={"<its>":[{"PutRequest":{"Item":<key>}}]}
dynamodb DescribeTable TableName=<its>
dynamodb DeleteTable TableName=<its>
logs:CreateLogStream (its own): logs CreateLogStream logGroupName=/aws/lambda/<function> logStreamName=x
logs:PutLogEvents (its own): logs PutLogEvents logGroupName=/aws/lambda/<function> logStreamName=x logEvents=[]
logs:CreateLogStream (another's): logs CreateLogStream logGroupName=/aws/lambda/<its>-other logStreamName=x
logs:PutLogEvents (another's): logs PutLogEvents logGroupName=/aws/lambda/<its>-other logStreamName=x logEvents=[]
logs CreateLogGroup logGroupName=/aws/lambda/<function>-x
iam CreateRole RoleName=x AssumeRolePolicyDocument="{}"
sts AssumeRole RoleArn=<iam>:role/<deployRole> RoleSessionName=x
lambda:DeleteFunction: lambda DELETE <functions>-other
s3:ListBucket: s3 GET <bucket>?list-type=2
s3:PutObjectAcl: s3 PUT <bucket>/images/of-the-matrix/1?acl
s3:PutBucketPolicy: s3 PUT <bucket>?policy
s3:GetObject (of the state): s3 GET <state>
s3:PutObject (of the state): s3 PUT <state>
s3:DeleteObject (of the state): s3 DELETE <state>
s3:ListBucket (of the states): s3 GET <states>?list-type=2
rekognition DetectLabels Image={"Bytes":""}
rekognition:DetectLabels (of the state): rekognition DetectLabels Image={"S3Object":{"Bucket":"<project>-state-<accountId>","Name":"<stage>/terraform.tfstate"}}
sqs SendMessage QueueUrl=<failures> MessageBody=x
sqs:SendMessage (to another): sqs SendMessage QueueUrl=<queues>-other MessageBody=x
sqs ReceiveMessage QueueUrl=<failures>`;

/** Starting a multipart upload needs the same permission as a PUT and sends no notification. */
const ofObjects = ["deletions/", "images/", "incoming/", "x-"].map(
  (prefix) => `
s3:GetObject ${prefix}: s3 GET <bucket>/${prefix}of-the-matrix/1
s3:PutObject ${prefix}: s3 POST <bucket>/${prefix}of-the-matrix/1?uploads
s3:DeleteObject ${prefix}: s3 DELETE <bucket>/${prefix}of-the-matrix/1-put
s3:ListBucket ${prefix}: s3 GET <bucket>?list-type=2&prefix=${prefix}`,
);

const values = {
  key: '{"id":{"S":"of-the-matrix"}}',
  values: 'ExpressionAttributeValues={":n":{"S":"x"}}',
  type: 'ExpressionAttributeNames={"#n":"type"}',
};

const ownLog = ["logs:PutLogEvents (its own)", "logs:CreateLogStream (its own)"];

/** Tries every action as a function's role; returns a sentence for each wrongly allowed or wrongly refused one. */
export async function tryMatrix(functionName: string, granted: string[], names: Names, caller: AwsCaller) {
  const attempts = attemptsIn([table, ...ofObjects].join(""), { ...names, ...values, function: functionName });
  const wrong: string[] = [];
  for (const { title: action, call } of attempts) {
    // A role that may list the whole bucket may list every prefix.
    const isListed = /^s3:ListBucket [^(]/.test(action) && granted.includes("s3:ListBucket");
    const isGranted = granted.includes(action) || ownLog.includes(action) || isListed;
    const { status, body } = await caller(call);
    // A role that may read a missing object but may not list gets the gate's own refusal.
    const isAllowed = status !== 403 || body.includes("Only a caller with s3:ListBucket");
    if (isAllowed !== isGranted) wrong.push(`${functionName} ${isAllowed ? "may" : "may not"} ${action}`);
  }
  return { tried: attempts.length, wrong };
}
