import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callerOf, takeRole, type AwsCaller } from "../aws.ts";
import type { Gate } from "../gate/gate.ts";
import { trusted } from "../names.ts";
import type { Rehearsal } from "../setting.ts";
import { tokensOf } from "../trust/trust-cases.ts";
import { operatorAt, pathStyle, type Operator } from "../terraform.ts";

/** The tokens that GitHub would give the jobs of the rehearsal's repository. */
export const tokens = tokensOf(trusted);

/** Whoever owns the account. */
export function personAt({ url, operator }: Gate, region: string): Operator {
  return operatorAt(url, region, {
    AWS_ACCESS_KEY_ID: operator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: operator.secretAccessKey,
  });
}

/** A job of GitHub's: it runs Terraform with nothing but its token; `call` makes requests under its role. */
export interface Job extends Operator {
  call: AwsCaller;
}

export async function startJob(
  { gate, issuer, names, scratchPath }: Rehearsal,
  roleName: string,
  claims: Record<string, string>,
): Promise<Job> {
  const { region } = names;
  const roleArn = `arn:aws:iam::${gate.accountId}:role/${roleName}`;
  const credentials = await takeRole(gate.url, roleArn, issuer.issue(claims));
  if (typeof credentials === "string") throw new Error(`${roleName} could not be taken: ${credentials}`);
  const file = join(mkdtempSync(join(scratchPath, "token-")), "token");
  const environment = {
    ...pathStyle,
    AWS_ROLE_ARN: roleArn,
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ROLE_SESSION_NAME: "rehearsal",
  };
  const { shell } = operatorAt(gate.url, region, environment);
  return {
    // A token holds for ten minutes, and a job may run for longer.
    shell: (...lines) => {
      writeFileSync(file, issuer.issue(claims));
      return shell(...lines);
    },
    call: callerOf(gate.url, region, credentials),
  };
}
