import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callerOf, type AwsCaller, type Credentials } from "./aws.ts";
import type { Gate } from "./gate/gate.ts";
import type { Rehearsal } from "./setting.ts";
import { operatorAt, pathStyle, type Operator } from "./terraform.ts";
import { elementOf } from "./gate/xml.ts";

/** The repository of the rehearsal, as GitHub would name it in its tokens. */
export const repository = { name: "acme/events-api", id: "123456", ownerId: "654321" };

const [owner = "", name = ""] = repository.name.split("/");
const subject = `repo:${owner}@${repository.ownerId}/${name}@${repository.id}`;
const always = { aud: "sts.amazonaws.com", repository: repository.name, repository_id: repository.id, repository_owner_id: repository.ownerId };

/** What GitHub's token says of the job that deploys a stage. */
export function deployClaims(stage: string): Record<string, string> {
  return {
    ...always,
    sub: `${subject}:environment:${stage}`,
    ref: "refs/heads/main",
    environment: stage,
    job_workflow_ref: `${repository.name}/.github/workflows/deploy-stage.yml@refs/heads/main`,
  };
}

/** What it says of the job that plans a pull request. */
export const planClaims: Record<string, string> = {
  ...always,
  sub: `${subject}:pull_request`,
  ref: "refs/pull/1/merge",
  job_workflow_ref: `${repository.name}/.github/workflows/plan.yml@refs/pull/1/merge`,
};

/** Takes a role with a token and nothing else; gives its keys, or what AWS said instead. */
export async function takeRole({ url }: Gate, roleArn: string, token: string): Promise<Credentials | string> {
  const form = { Action: "AssumeRoleWithWebIdentity", Version: "2011-06-15", RoleArn: roleArn, RoleSessionName: "rehearsal", WebIdentityToken: token };
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
  const body = await answer.text();
  if (!answer.ok) return elementOf(body, "Message") ?? body;
  const field = (element: string) => elementOf(body, element) ?? "";
  return { accessKeyId: field("AccessKeyId"), secretAccessKey: field("SecretAccessKey"), sessionToken: field("SessionToken") };
}

/** A job of GitHub's: it runs Terraform with nothing but its token; `call` makes requests under its role. */
export interface Job extends Operator {
  call: AwsCaller;
}

export async function startJob({ gate, issuer, names, scratchPath }: Rehearsal, roleName: string, claims: Record<string, string>): Promise<Job> {
  const { region } = names;
  const roleArn = `arn:aws:iam::${gate.accountId}:role/${roleName}`;
  const token = issuer.issue(claims);
  const credentials = await takeRole(gate, roleArn, token);
  if (typeof credentials === "string") throw new Error(`${roleName} could not be taken: ${credentials}`);
  const file = join(mkdtempSync(join(scratchPath, "token-")), "token");
  writeFileSync(file, token);
  const environment = { ...pathStyle, AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_SESSION_NAME: "rehearsal" };
  return { ...operatorAt(gate.url, region, environment), call: callerOf(gate.url, region, credentials) };
}
