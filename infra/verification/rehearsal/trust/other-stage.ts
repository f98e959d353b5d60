import { callerOf, credentialsIn, succeed, type AwsCaller } from "../aws.ts";
import { startJob, tokens } from "../operators.ts";
import type { Rehearsal } from "../setting.ts";
import { allowAll, doneByFunctions, doneToOwnStage, limitsOnOwnStage, trustAll } from "./escalations.ts";
import { expectRefused, type Attempt } from "./refusals.ts";

/** By the API's name. */
export async function apiIdsOf(operate: AwsCaller): Promise<Map<string, string>> {
  const { items } = JSON.parse(await succeed(operate, "apigateway GET /v2/apis")) as {
    items: { name: string; apiId: string }[];
  };
  return new Map(items.map(({ name, apiId }) => [name, apiId]));
}

/** What a stage's deploy role does to its own, and must not do to another; and what it must do to neither. */
export async function tryToReachOther(
  rehearsal: Rehearsal,
  otherStage: string,
  apiIds: Map<string, string>,
): Promise<string> {
  const { names, operate } = rehearsal;
  const { project, stage } = names;
  const other = { ...names, stage: otherStage };
  const { call } = await startJob(rehearsal, `${project}-deploy-${stage}`, tokens.deploy(stage));
  const pool = { PoolName: `${project}-${otherStage}`, UserPoolTags: { project, stage: otherStage } };
  const made = JSON.parse(await succeed(operate, "cognito-idp CreateUserPool", pool)) as { UserPool: { Id: string } };
  const { UserPools: pools } = JSON.parse(await succeed(operate, "cognito-idp ListUserPools", { MaxResults: 60 })) as {
    UserPools: { Id: string; Name: string }[];
  };
  const userPoolId = pools.find(({ Name }) => Name === `${project}-${stage}`)?.Id ?? "";
  const ids = { apiId: apiIds.get(`${project}-${stage}`) ?? "", userPoolId };
  const idsOfOther = { apiId: apiIds.get(`${project}-${otherStage}`) ?? "", userPoolId: made.UserPool.Id };
  const { refused, allowed } = limitsOnOwnStage(names, other, ids, idsOfOther);
  const tried = await expectRefused(call, [...doneToOwnStage(other, idsOfOther), ...refused]);
  const twins = await expectRefused(call, [...doneToOwnStage(names, ids), ...allowed], false);
  await succeed(operate, "cognito-idp DeleteUserPool", { UserPoolId: made.UserPool.Id });
  return `${tried}, and of the same on its own stage ${twins}`;
}

/** A deploy role can make a role that trusts anybody: it must be of use only to what runs in the stage's functions. */
export async function tryAsOutsider(rehearsal: Rehearsal, otherStage: string): Promise<string> {
  const { gate, names, operate } = rehearsal;
  const { project, stage, accountId, region } = names;
  const { call } = await startJob(rehearsal, `${project}-deploy-${stage}`, tokens.deploy(stage));
  const [RoleName, Path] = [`${project}-${stage}-x`, `/${project}/${stage}/`];
  const [RoleArn, policy] = [`arn:aws:iam::${accountId}:role${Path}${RoleName}`, { RoleName, PolicyName: "x" }];
  const PermissionsBoundary = `arn:aws:iam::${accountId}:policy/${project}-boundary`;
  const role = { RoleName, Path, PermissionsBoundary, AssumeRolePolicyDocument: trustAll };
  await succeed(call, "iam CreateRole", role);
  await succeed(call, "iam PutRolePolicy", { ...policy, PolicyDocument: allowAll });
  const taken = await succeed(operate, "sts AssumeRole", { RoleArn, RoleSessionName: "outsider" });
  const outsider = callerOf(gate.url, region, credentialsIn(taken));
  const inFunction = callerOf(gate.url, region, await gate.credentialsFor(RoleArn));
  const [own, others] = [doneByFunctions(names), doneByFunctions({ ...names, stage: otherStage })];
  const failure = (of: string): Attempt => [
    `make up what failed in ${of}`,
    "sqs SendMessage",
    { QueueUrl: `https://sqs/${accountId}/${project}-${of}-label-image-failures`, MessageBody: "x" },
  ];
  await expectRefused(outsider, [failure(stage)], false); // as Lambda does in its own name
  const tried = await expectRefused(outsider, [...own, ...others, failure(otherStage)]);
  const twins = await expectRefused(inFunction, own, false);
  // That it may have labelled what it has read is the same for all stages.
  await expectRefused(inFunction, others.slice(0, -1));
  await succeed(call, "iam DeleteRolePolicy", policy);
  await succeed(call, "iam DeleteRole", { RoleName });
  return `${tried}, and of the same in a function ${twins}`;
}
