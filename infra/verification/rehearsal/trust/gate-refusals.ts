import { callerOf, formRequest, jsonRequest, type AwsCaller, type AwsRequest, type Credentials } from "../aws.ts";
import type { Gate } from "../gate/gate.ts";

/**
 * Tries what the gate itself must refuse, whatever is deployed, and gives one sentence for each thing
 * that it answers otherwise. It needs a running moto, so it is a step of the rehearsal, not a test.
 */
export async function tryGate(gate: Gate, region: string): Promise<{ tried: number; wrong: string[] }> {
  const as = (credentials: Credentials) => callerOf(gate.url, region, credentials);
  const operator = as(gate.operator);
  const list = jsonRequest("dynamodb", "DynamoDB_20120810.ListTables", {});
  const bucket: AwsRequest = { service: "s3", method: "GET", path: "/" };
  const functions: AwsRequest = { service: "lambda", method: "GET", path: "/2015-03-31/functions" };
  const roles = formRequest("iam", "2010-05-08", { Action: "ListRoles" });
  const assume = (RoleArn: string) =>
    formRequest("sts", "2011-06-15", { Action: "AssumeRole", RoleArn, RoleSessionName: "gate" });
  const wrongSecret = { ...gate.operator, secretAccessKey: "wrong" };
  const attempts: [what: string, call: AwsCaller, request: AwsRequest, status: number, says: RegExp][] = [
    ["DynamoDB with the right secret", operator, list, 200, /TableNames/],
    ["S3 with the right secret", operator, bucket, 200, /ListAllMyBucketsResult/],
    ["DynamoDB with a wrong secret", as(wrongSecret), list, 403, /"AccessDeniedException".*signature does not match/],
    ["S3 with a wrong secret", as(wrongSecret), bucket, 403, /<Code>AccessDenied<.*signature does not match/],
    ["Lambda with a wrong secret", as(wrongSecret), functions, 403, /signature does not match/],
    ["IAM with a wrong secret", as(wrongSecret), roles, 403, /<Code>AccessDenied<.*signature does not match/],
    ["a key that does not exist", as({ ...wrongSecret, accessKeyId: "AKIANOBODY" }), list, 403, /does not exist/],
    [
      "a session token that nobody gave out",
      as({ ...gate.operator, sessionToken: "x" }),
      list,
      403,
      /session token is not the one/,
    ],
    [
      "a service that is not known",
      operator,
      formRequest("rds", "2014-10-31", { Action: "DescribeDBInstances" }),
      400,
      /NotKnownToGate/,
    ],
    [
      "an operation that is not known",
      operator,
      jsonRequest("dynamodb", "DynamoDB_20120810.ExecuteStatement", {}),
      400,
      /NotKnownToGate/,
    ],
    [
      "what moto cannot do",
      operator,
      jsonRequest("budgets", "AWSBudgetServiceGateway.UpdateBudget", {}),
      400,
      /NotImplementedInEmulator.*budgets:ModifyBudget/,
    ],
    ["a role that does not exist", operator, assume(`arn:aws:iam::${gate.accountId}:role/nobody`), 403, /no such role/],
    [
      "a token that is none",
      operator,
      formRequest("sts", "2011-06-15", { Action: "AssumeRoleWithWebIdentity", WebIdentityToken: "x" }),
      400,
      /InvalidIdentityToken/,
    ],
  ];
  const wrong: string[] = [];
  for (const [what, call, request, status, says] of attempts) {
    const answer = await call(request);
    if (answer.status !== status || !says.test(answer.body))
      wrong.push(`${what}: answered ${answer.status} ${answer.body.slice(0, 300)}`);
  }
  return { tried: attempts.length, wrong };
}
