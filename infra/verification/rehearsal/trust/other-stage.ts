import { callerOf, credentialsIn, succeed, type AwsCaller } from "../aws.ts";
import { startJob, tokens } from "../operators.ts";
import type { Names, Rehearsal } from "../setting.ts";
import { allowAll, expectRefused, trustAll } from "./attempts.ts";
import { attemptsOfFunctions, attemptsToDeploy, type Stage } from "./escalations.ts";

/** With its API, and a user pool, created if needed. */
export async function stageOf(names: Names, operate: AwsCaller): Promise<Stage> {
  const { items } = JSON.parse(await succeed(operate, "apigateway GET /v2/apis")) as {
    items: { name: string; apiId: string }[];
  };
  const { apiId = "" } = items.find(({ name }) => name === `${names.project}-${names.stage}`) ?? {};
  return { ...names, apiId, userPoolId: "" };
}

/** What a stage's deploy role does to its own stage must be refused for another, and some of it for both. */
export async function tryToReach(other: Stage, own: Stage, rehearsal: Rehearsal): Promise<string> {
  const { operate } = rehearsal;
  const { project, stage } = own;
  const { call } = await startJob(rehearsal, `${project}-deploy-${stage}`, tokens.deploy(stage));
  const pool = { PoolName: `${project}-${other.stage}`, UserPoolTags: { project, stage: other.stage } };
  await succeed(operate, "cognito-idp CreateUserPool", pool);
  const { UserPools: pools } = JSON.parse(await succeed(operate, "cognito-idp ListUserPools", { MaxResults: 60 })) as {
    UserPools: { Id: string; Name: string }[];
  };
  const withPool = (of: Stage) => {
    const { Id: userPoolId = "" } = pools.find(({ Name }) => Name === `${project}-${of.stage}`) ?? {};
    return { ...of, userPoolId };
  };
  const { refused, allowed } = attemptsToDeploy(withPool(own), withPool(other));
  const tried = await expectRefused(call, refused);
  const twins = await expectRefused(call, allowed, false);
  await succeed(operate, "cognito-idp DeleteUserPool", { UserPoolId: withPool(other).userPoolId });
  return `${tried}, and of the same on its own stage ${twins}`;
}

/** A deploy role can create a role that trusts anyone: the new role must be useless outside the stage's functions. */
export async function tryAsOutsider(other: Stage, own: Stage, rehearsal: Rehearsal): Promise<string> {
  const { gate, operate } = rehearsal;
  const { project, stage, accountId, region } = own;
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
  const attempts = attemptsOfFunctions(own, other);
  const tried = await expectRefused(outsider, attempts.outsider.refused);
  await expectRefused(outsider, attempts.outsider.allowed, false);
  await expectRefused(inFunction, attempts.inFunction.refused);
  const twins = await expectRefused(inFunction, attempts.inFunction.allowed, false);
  await succeed(call, "iam DeleteRolePolicy", policy);
  await succeed(call, "iam DeleteRole", { RoleName });
  return `${tried}, and of the same in a function ${twins}`;
}
