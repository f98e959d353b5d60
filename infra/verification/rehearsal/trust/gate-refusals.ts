import {
  callerOf,
  formRequest,
  jsonRequest,
  lambdaRequest,
  type AwsCaller,
  type AwsRequest,
  type Credentials,
} from "../aws.ts";
import type { Gate } from "../gate/gate.ts";

/**
 * Tries what the gate itself must refuse, whatever is deployed, and gives one sentence for each thing
 * that it answers otherwise. It needs a running moto, so it is a step of the rehearsal, not a test.
 */
export async function tryGate(gate: Gate, region: string): Promise<{ tried: number; wrong: string[] }> {
  const as = (credentials: Credentials) => callerOf(gate.url, region, credentials);
  const operator = as(gate.operator);
  const list = jsonRequest("dynamodb", "ListTables", {});
  const bucket: AwsRequest = { service: "s3", method: "GET", path: "/" };
  const update = jsonRequest("budgets", "UpdateBudget", {});
  const roles = formRequest("iam", { Action: "ListRoles" });
  const assume = (RoleArn: string) => formRequest("sts", { Action: "AssumeRole", RoleArn, RoleSessionName: "gate" });
  const wrongSecret = { ...gate.operator, secretAccessKey: "wrong" };
  const [wrong, stranger] = [as(wrongSecret), as({ ...gate.operator, sessionToken: "x" })];
  const token = { Action: "AssumeRoleWithWebIdentity", WebIdentityToken: "x" };
  const attempts: [what: string, call: AwsCaller, request: AwsRequest, status: number, says: RegExp][] = [
    ["DynamoDB with the right secret", operator, list, 200, /TableNames/],
    ["S3 with the right secret", operator, bucket, 200, /ListAllMyBucketsResult/],
    ["DynamoDB with a wrong secret", wrong, list, 403, /"AccessDeniedException".*signature does not match/],
    ["S3 with a wrong secret", wrong, bucket, 403, /<Code>AccessDenied<.*signature does not match/],
    ["Lambda with a wrong secret", wrong, lambdaRequest("GET", ""), 403, /signature does not match/],
    ["IAM with a wrong secret", wrong, roles, 403, /<Code>AccessDenied<.*signature does not match/],
    ["a key that does not exist", as({ ...wrongSecret, accessKeyId: "AKIANOBODY" }), list, 403, /does not exist/],
    ["a session token that nobody gave out", stranger, list, 403, /session token is not the one/],
    ["a service that is not known", operator, formRequest("rds", { Action: "Describe" }), 400, /NotKnownToGate/],
    [
      "an operation that is not known",
      operator,
      jsonRequest("dynamodb", "ExecuteStatement", {}),
      400,
      /NotKnownToGate/,
    ],
    ["what moto cannot do", operator, update, 400, /NotImplementedInEmulator.*budgets:ModifyBudget/],
    ["a role that does not exist", operator, assume(`arn:aws:iam::${gate.accountId}:role/nobody`), 403, /no such role/],
    ["a token that is none", operator, formRequest("sts", token), 400, /InvalidIdentityToken/],
  ];
  const unexpected: string[] = [];
  for (const [what, call, request, status, says] of attempts) {
    const answer = await call(request);
    if (answer.status !== status || !says.test(answer.body))
      unexpected.push(`${what}: answered ${answer.status} ${answer.body.slice(0, 300)}`);
  }
  return { tried: attempts.length, wrong: unexpected };
}
