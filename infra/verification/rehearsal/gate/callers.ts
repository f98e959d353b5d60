import { randomBytes } from "node:crypto";
import type { Secret } from "../../../local/bucket/signature.ts";
import { credentialsIn, type Credentials } from "../aws.ts";

/** Who a request comes from. */
export interface Caller {
  /** For people: `operator`, or the role's name. */
  name: string;
  /** What policies call it. Of a role's session: the role's ARN. */
  arn: string;
  /** The role's name; the operator has none, and may do everything that no resource's policy forbids. */
  role?: string;
}

/** All keys that are valid now. */
export interface Callers {
  /** Keys of a person with all rights, made for this gate. */
  operator: Credentials;
  secretOf: (accessKeyId: string) => Secret | undefined;
  callerOf: (accessKeyId: string) => Caller | undefined;
  /** Learns a role's temporary keys from an answer of STS, and gives them. */
  learn: (answer: string, roleArn: string) => Credentials;
}

export function makeCallers(accountId: string): Callers {
  const known = new Map<string, { secret: Secret; caller: Caller }>();
  const add = ({ accessKeyId, secretAccessKey: secret, sessionToken }: Credentials, caller: Caller) =>
    known.set(accessKeyId, { secret: { secret, ...(sessionToken !== undefined && { sessionToken }) }, caller });
  const operator = { accessKeyId: "AKIAOPERATOR00000000", secretAccessKey: randomBytes(30).toString("base64") };
  add(operator, { name: "operator", arn: `arn:aws:iam::${accountId}:user/operator` });
  return {
    operator,
    secretOf: (accessKeyId) => known.get(accessKeyId)?.secret,
    callerOf: (accessKeyId) => known.get(accessKeyId)?.caller,
    learn(answer, arn) {
      const credentials = credentialsIn(answer);
      const role = arn.split("/").at(-1) ?? "";
      add(credentials, { name: role, arn, role });
      return credentials;
    },
  };
}
