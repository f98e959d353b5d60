import { callerOf, type AwsCaller, type Credentials } from "../aws.ts";
import type { Gate } from "../gate/gate.ts";
import { expectNone } from "../steps.ts";

/** What the gate itself must refuse, whatever is deployed. It needs a running moto, so it is no test. */
export async function tryGate(gate: Gate, region: string): Promise<string> {
  const as = (changes: Partial<Credentials>) => callerOf(gate.url, region, { ...gate.operator, ...changes });
  const wrong = as({ secretAccessKey: "wrong" });
  const stranger = as({ accessKeyId: "AKIAUNKNOWN" });
  const role = `RoleArn=arn:aws:iam::${gate.accountId}:role/missing RoleSessionName=gate`;
  const attempts: [what: string, by: AwsCaller, call: string, status: number, says: RegExp][] = [
    ["JSON with the right secret", as({}), "dynamodb ListTables", 200, /TableNames/],
    ["S3 with the right secret", as({}), "s3 GET /", 200, /ListAllMyBucketsResult/],
    ["JSON with a wrong one", wrong, "dynamodb ListTables", 403, /"AccessDeniedException".*does not match/],
    ["S3 with a wrong one", wrong, "s3 GET /", 403, /<Code>AccessDenied<.*signature does not match/],
    ["paths with a wrong one", wrong, "lambda GET /2015-03-31/functions", 403, /signature does not match/],
    ["forms with a wrong one", wrong, "iam ListRoles", 403, /<Code>AccessDenied<.*signature does not match/],
    ["a key that does not exist", stranger, "dynamodb ListTables", 403, /does not exist/],
    ["an unknown session", as({ sessionToken: "x" }), "s3 GET /", 403, /session token does not belong/],
    ["an unknown service", as({}), "rds Describe", 400, /NotKnownToGate/],
    ["an unknown operation", as({}), "dynamodb ExecuteStatement", 400, /NotKnownToGate/],
    ["what moto cannot do", as({}), "budgets UpdateBudget", 400, /NotImplementedInEmulator.*budgets:ModifyBudget/],
    ["a role that does not exist", as({}), `sts AssumeRole ${role}`, 403, /no such role/],
    ["an invalid token", as({}), "sts AssumeRoleWithWebIdentity WebIdentityToken=x", 400, /InvalidIdentityT/],
  ];
  const unexpected: string[] = [];
  for (const [what, by, call, status, says] of attempts) {
    const answer = await by(call);
    if (answer.status !== status || !says.test(answer.body))
      unexpected.push(`${what}: answered ${answer.status} ${answer.body.slice(0, 300)}`);
  }
  expectNone(unexpected, "The gate answers wrongly");
  return `${attempts.length} tried`;
}
