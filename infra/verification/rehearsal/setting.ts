import type { AwsCaller } from "./aws.ts";
import type { Gate } from "./gate/gate.ts";
import { accountId, region } from "./gate/service-request.ts";
import type { GitHub } from "./github/github.ts";
import { trusted, type TokenIssuer } from "./trust/tokens.ts";

export interface Rehearsal {
  gate: Gate;
  issuer: TokenIssuer;
  github: GitHub;
  names: Names;
  scratchPath: string;
  /** Calls AWS as the operator, who has every permission. */
  operate: AwsCaller;
}

export type Names = ReturnType<typeof namesOf>;

export function namesOf(stage: string) {
  const { project } = trusted;
  const [its, path, iam] = [`${project}-${stage}`, `/${project}/${stage}/`, `arn:aws:iam::${accountId}`];
  const states = `/${project}-state-${accountId}`;
  const arn = (service: string, place: string) => `arn:aws:${service}:${region}:${accountId}:${place}`;
  return {
    project,
    stage,
    accountId,
    region,
    its,
    path,
    iam,
    states,
    state: `${states}/${stage}/terraform.tfstate`,
    bucket: `/${its}-images-${accountId}`,
    deployRole: `${project}-deploy-${stage}`,
    boundary: `${iam}:policy/${project}-boundary`,
    roles: `${iam}:role${path}${its}`,
    functions: `/2015-03-31/functions/${its}`,
    functionArns: arn("lambda", `function:${its}`),
    queues: `https://sqs/${accountId}/${its}`,
    failures: `https://sqs/${accountId}/${its}-label-image-failures`,
    topic: arn("sns", `${its}-alarms`),
    table: arn("dynamodb", `table/${its}`),
  };
}
