import type { AwsCaller, Credentials } from "../aws.ts";
import type { Gate } from "../gate/gate.ts";
import { accountId } from "../gate/service-request.ts";
import { expectNone } from "../steps.ts";

/** What the gate itself must refuse, whatever is deployed. It needs a running moto, so it is no test. */
export async function tryGate(gate: Gate): Promise<string> {
  const as = (changes: Partial<Credentials>) => gate.callAs({ ...gate.operator, ...changes });
  const wrong = as({ secretAccessKey: "wrong" });
  const stranger = as({ accessKeyId: "AKIAUNKNOWN" });
  const role = `RoleArn=arn:aws:iam::${accountId}:role/missing RoleSessionName=gate`;
  const attempts: [by: AwsCaller, call: string, status: number, says: RegExp][] = [
    [as({}), "dynamodb ListTables", 200, /TableNames/],
    [as({}), "s3 GET /", 200, /ListAllMyBucketsResult/],
    [wrong, "dynamodb ListTables", 403, /"AccessDeniedException".*does not match/],
    [wrong, "s3 GET /", 403, /<Code>AccessDenied<.*signature does not match/],
    [wrong, "lambda GET /2015-03-31/functions", 403, /signature does not match/],
    [wrong, "iam ListRoles", 403, /<Code>AccessDenied<.*signature does not match/],
    [stranger, "dynamodb ListTables", 403, /does not exist/],
    [as({ sessionToken: "x" }), "s3 GET /", 403, /session token does not belong/],
    [as({}), "rds Describe", 400, /NotKnownToGate/],
    [as({}), "dynamodb ExecuteStatement", 400, /NotKnownToGate/],
    [as({}), "budgets UpdateBudget", 400, /NotImplementedInEmulator.*budgets:ModifyBudget/],
    [as({}), `sts AssumeRole ${role}`, 403, /no such role/],
    [as({}), "sts AssumeRoleWithWebIdentity WebIdentityToken=x", 400, /InvalidIdentityT/],
  ];
  const unexpected: string[] = [];
  for (const [by, call, status, says] of attempts) {
    const answer = await by(call);
    if (answer.status !== status || !says.test(answer.body))
      unexpected.push(`${call}: answered ${answer.status} ${answer.body.slice(0, 300)}, not ${status} ${String(says)}`);
  }
  expectNone(unexpected, "The gate answers wrongly");
  return `${attempts.length} tried`;
}
