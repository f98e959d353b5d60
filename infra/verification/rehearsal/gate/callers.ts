import { randomBytes } from "node:crypto";
import type { Secret } from "../../../local/bucket/signature.ts";
import type { Credentials } from "../aws.ts";
import { elementOf } from "./xml.ts";

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
  learn: (answer: string, role: { arn: string }) => Credentials;
}

export function makeCallers(accountId: string): Callers {
  const known = new Map<string, { secret: Secret; caller: Caller }>();
  const operator = { accessKeyId: "AKIAOPERATOR00000000", secretAccessKey: randomBytes(30).toString("base64") };
  known.set(operator.accessKeyId, {
    secret: { secret: operator.secretAccessKey },
    caller: { name: "operator", arn: `arn:aws:iam::${accountId}:user/operator` },
  });
  return {
    operator,
    secretOf: (accessKeyId) => known.get(accessKeyId)?.secret,
    callerOf: (accessKeyId) => known.get(accessKeyId)?.caller,
    learn(answer, { arn }) {
      const field = (name: string) => elementOf(answer, name) ?? "";
      const credentials = {
        accessKeyId: field("AccessKeyId"),
        secretAccessKey: field("SecretAccessKey"),
        sessionToken: field("SessionToken"),
      };
      const role = arn.split("/").at(-1) ?? "";
      const { accessKeyId, secretAccessKey: secret, sessionToken } = credentials;
      known.set(accessKeyId, { secret: { secret, sessionToken }, caller: { name: role, arn, role } });
      return credentials;
    },
  };
}
