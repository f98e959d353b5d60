import { randomBytes, type KeyObject } from "node:crypto";
import type { Secret } from "../../../local/bucket/signature.ts";
import type { HttpAnswer } from "../../../local/gateway/gateway-answer.ts";
import { credentialsIn, type Credentials } from "../aws.ts";
import { issuer } from "../trust/tokens.ts";
import type { Account } from "./account.ts";
import { ownRequest, type Forward } from "./forward.ts";
import type { Principal } from "./iam.ts";
import type { Caller, Permissions } from "./permissions.ts";
import { accessDenied, accountId, formOf, refusal, type ServiceRequest } from "./service-request.ts";
import { contextOf, providerName, readToken } from "./web-identity.ts";
import { elementOf } from "./xml.ts";

interface Parts {
  /** The functions' region. */
  region: string;
  account: Account;
  permissions: Permissions;
  publicKey: KeyObject;
  forward: Forward;
}

/**
 * All currently valid keys. A role's keys are only for those whom its trust policy names: moto gives any role, even a
 * missing one, to anyone.
 */
export function makeSessions({ region, account, permissions, publicKey, forward }: Parts) {
  const known = new Map<string, { secret: Secret; caller: Caller }>();
  const add = ({ accessKeyId, secretAccessKey: secret, sessionToken }: Credentials, caller: Caller) =>
    known.set(accessKeyId, { secret: { secret, ...(sessionToken !== undefined && { sessionToken }) }, caller });
  const operator = { accessKeyId: "AKIAOPERATOR00000000", secretAccessKey: randomBytes(30).toString("base64") };
  add(operator, { name: "operator", arn: `arn:aws:iam::${accountId}:user/operator` });

  const assume = async (
    request: ServiceRequest,
    asking: string,
    principal: Principal,
    context: Record<string, string[]>,
    of: Partial<Caller> = {},
  ): Promise<HttpAnswer> => {
    const { RoleArn: arn = "", RoleSessionName = "" } = formOf(request);
    const role = nameIn(arn);
    const found = await account.role(role);
    if (found?.arn !== arn) return accessDenied(request, `${asking} may not assume ${arn}: there is no such role.`);
    const action = `sts:${request.operation}`;
    const keys = { ...context, "sts:rolesessionname": [RoleSessionName] };
    const asked = { action, resource: arn, context: keys, principal };
    const { isAllowed, reason } = permissions.byResource(asking, found.trust, asked);
    if (!isAllowed)
      return accessDenied(request, `${asking} may not ${action} on ${arn}: by its trust policy ${reason}.`);
    const answer = await forward(request);
    if (answer.status === 200) add(credentialsIn(answer.body.toString()), { name: role, arn, role, ...of });
    return answer;
  };
  return {
    operator,
    secretOf: (accessKeyId: string) => known.get(accessKeyId)?.secret,
    callerOf: (accessKeyId: string) => known.get(accessKeyId)?.caller,
    /** For a caller whose own permission is already checked. */
    assumeRole(request: ServiceRequest, { arn, name }: Caller): Promise<HttpAnswer> {
      const context = { "aws:principalarn": [arn], "aws:principalaccount": [accountId] };
      return assume(request, name, { kind: "AWS", value: arn }, context);
    },
    async assumeRoleWithWebIdentity(request: ServiceRequest): Promise<HttpAnswer> {
      const invalid = (sentence: string) => refusal(request, 400, "InvalidIdentityToken", sentence);
      const claims = await readToken(formOf(request)["WebIdentityToken"] ?? "", publicKey, new Date());
      if (typeof claims === "string") return invalid(claims);
      const value = `arn:aws:iam::${accountId}:oidc-provider/${providerName}`;
      const audiences = await account.audiencesOf(value);
      if (!audiences) return invalid(`There is no OpenID Connect provider for ${issuer} in this account.`);
      if (![claims.aud].flat().some((aud) => audiences.includes(String(aud))))
        return invalid(`The token's audience is not one of the provider's: ${audiences.join(", ")}.`);
      return assume(request, `The token of ${String(claims.sub)}`, { kind: "Federated", value }, contextOf(claims));
    },
    /** Assumes a role as Lambda does for the function of the same name. Throws if the role does not trust Lambda. */
    credentialsFor: async (RoleArn: string): Promise<Credentials> => {
      const lambda: Principal = { kind: "Service", value: "lambda.amazonaws.com" };
      const functionArn = `arn:aws:lambda:${region}:${accountId}:function:${nameIn(RoleArn)}`;
      const request = ownRequest("sts AssumeRole", "us-east-1", { RoleArn, RoleSessionName: "lambda" });
      const answer = await assume(request, "Lambda", lambda, { "aws:sourceaccount": [accountId] }, { functionArn });
      const xml = answer.body.toString();
      if (answer.status === 403) throw new Error(elementOf(xml, "Message"));
      if (answer.status !== 200) throw new Error(`moto answered ${answer.status} to AssumeRole of ${RoleArn}: ${xml}`);
      return credentialsIn(xml);
    },
  };
}

function nameIn(roleArn: string): string {
  return roleArn.split("/").at(-1) ?? "";
}
