import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callerOf, type AwsCaller, type Credentials } from "../aws.ts";
import type { Gate } from "../gate/gate.ts";
import { elementOf } from "../gate/xml.ts";
import type { Rehearsal } from "../setting.ts";
import { tokensOf, type Trusted } from "../trust/trust-cases.ts";
import { operatorAt, pathStyle, type Operator } from "../terraform.ts";

/** The repository of the rehearsal, and the tokens that GitHub would give its jobs. */
export const trusted: Trusted = {
  project: "events-api",
  repository: "acme/events-api",
  repositoryId: "123456",
  ownerId: "654321",
  stages: ["staging", "prod"],
};
export const tokens = tokensOf(trusted);

/** Takes a role with a token and nothing else; gives its keys, or what AWS said instead. */
export async function takeRole(
  { url }: Gate,
  roleArn: string,
  token: string,
  { sessionName = "rehearsal", duration_s = "3600" } = {},
): Promise<Credentials | string> {
  const session = {
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    DurationSeconds: duration_s,
    WebIdentityToken: token,
  };
  const form = { Action: "AssumeRoleWithWebIdentity", Version: "2011-06-15", ...session };
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
  const body = await answer.text();
  if (!answer.ok) return elementOf(body, "Message") ?? body;
  const field = (element: string) => elementOf(body, element) ?? "";
  return {
    accessKeyId: field("AccessKeyId"),
    secretAccessKey: field("SecretAccessKey"),
    sessionToken: field("SessionToken"),
  };
}

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
  const token = issuer.issue(claims);
  const credentials = await takeRole(gate, roleArn, token);
  if (typeof credentials === "string") throw new Error(`${roleName} could not be taken: ${credentials}`);
  const file = join(mkdtempSync(join(scratchPath, "token-")), "token");
  writeFileSync(file, token);
  const environment = {
    ...pathStyle,
    AWS_ROLE_ARN: roleArn,
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ROLE_SESSION_NAME: "rehearsal",
  };
  return { ...operatorAt(gate.url, region, environment), call: callerOf(gate.url, region, credentials) };
}
