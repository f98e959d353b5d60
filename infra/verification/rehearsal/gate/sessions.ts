import { randomBytes, type KeyObject } from "node:crypto";
import type { Secret } from "../../../local/bucket/signature.ts";
import type { HttpAnswer } from "../../../local/gateway/gateway-answer.ts";
import { credentialsIn, type AwsCaller, type Credentials } from "../aws.ts";
import { issuer } from "../trust/tokens.ts";
import type { Account } from "./account.ts";
import type { Principal } from "./iam.ts";
import { contextOf, nameIn, type Caller, type Permissions } from "./permissions.ts";
import { accessDenied, accountId, formOf, refusal, region, xmlAnswer, type ServiceRequest } from "./service-request.ts";
import { claimKeys, providerName, readToken } from "./web-identity.ts";

interface Parts {
  account: Account;
  permissions: Permissions;
  publicKey: KeyObject;
  moto: AwsCaller;
}

/**
 * All currently valid keys. A role's keys are only for those whom its trust policy names: moto gives any role, even a
 * missing one, to anyone.
 */
export function makeSessions({ account, permissions, publicKey, moto }: Parts) {
  const known = new Map<string, Secret & { caller: Caller }>();
  const add = ({ accessKeyId, secretAccessKey: secret, sessionToken }: Credentials, caller: Caller) =>
    known.set(accessKeyId, { secret, sessionToken, caller });
  const operator = { accessKeyId: "AKIAOPERATOR00000000", secretAccessKey: randomBytes(30).toString("base64") };
  add(operator, { arn: `arn:aws:iam::${accountId}:user/operator` });

  /** moto's answer, or with the status 403, which moto never gives, a sentence with the reason for the refusal. */
  const assume = async (
    form: ReturnType<typeof formOf>,
    asking: string,
    principal: Principal,
    context: Record<string, string[]>,
    functionArn?: string,
  ) => {
    const { Action = "", RoleArn: arn = "" } = form;
    const found = await account.role(nameIn(arn));
    const refused = (sentence: string) => ({ status: 403, body: sentence });
    if (found?.arn !== arn) return refused(`${asking} may not assume ${arn}: there is no such role.`);
    const action = `sts:${Action}`;
    const asked = { action, resource: arn, context, principal };
    const denial = permissions.byResource(asking, found.trust, asked);
    if (denial !== undefined) return refused(denial);
    const answer = await moto(`sts ${Action}`, form);
    if (answer.status === 200) add(credentialsIn(answer.body), { arn, functionArn });
    return answer;
  };
  const answerOf = (request: ServiceRequest, { status, body }: { status: number; body: string }): HttpAnswer =>
    status === 403 ? accessDenied(request, body) : xmlAnswer(status, body);
  return {
    operator,
    find: (accessKeyId: string) => known.get(accessKeyId),
    /** For a caller whose own permission is already checked. */
    async assumeRole(request: ServiceRequest, caller: Caller): Promise<HttpAnswer> {
      const principal: Principal = { kind: "AWS", value: caller.arn };
      return answerOf(request, await assume(formOf(request), nameIn(caller.arn), principal, contextOf(caller)));
    },
    async assumeRoleWithWebIdentity(request: ServiceRequest): Promise<HttpAnswer> {
      const invalid = (sentence: string) => refusal(request, 400, "InvalidIdentityToken", sentence);
      const form = formOf(request);
      const value = `arn:aws:iam::${accountId}:oidc-provider/${providerName}`;
      const audiences = await account.audiencesOf(value);
      if (!audiences) return invalid(`There is no OpenID Connect provider for ${issuer} in this account.`);
      const claims = await readToken(form["WebIdentityToken"] ?? "", publicKey, audiences);
      if (typeof claims === "string") return invalid(claims);
      const asking = `The token of ${String(claims.sub)}`;
      return answerOf(request, await assume(form, asking, { kind: "Federated", value }, claimKeys(claims)));
    },
    /** Assumes a role as Lambda does for the function of the same name. Throws if the role does not trust Lambda. */
    credentialsFor: async (RoleArn: string): Promise<Credentials> => {
      const lambda: Principal = { kind: "Service", value: "lambda.amazonaws.com" };
      const functionArn = `arn:aws:lambda:${region}:${accountId}:function:${nameIn(RoleArn)}`;
      const form = { Action: "AssumeRole", RoleArn, RoleSessionName: "lambda" };
      const context = { "aws:sourceaccount": [accountId] };
      const { status, body } = await assume(form, "Lambda", lambda, context, functionArn);
      if (status !== 200) throw new Error(`AssumeRole of ${RoleArn} was answered with ${status}: ${body}`);
      return credentialsIn(body);
    },
  };
}
