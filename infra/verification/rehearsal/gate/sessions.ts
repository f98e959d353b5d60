import { randomBytes, type KeyObject } from "node:crypto";
import type { Secret } from "../../../local/bucket/signature.ts";
import type { HttpAnswer } from "../../../local/gateway/gateway-answer.ts";
import { credentialsIn, type Credentials } from "../aws.ts";
import { issuer } from "../trust/tokens.ts";
import type { DeployedIam } from "./deployed-roles.ts";
import { ownRequest, type Forward } from "./forward.ts";
import type { Principal } from "./iam.ts";
import type { Caller, Permissions } from "./permissions.ts";
import { accessDenied, formOf, refusal, type ServiceRequest } from "./service-request.ts";
import { contextOf, providerName, readToken } from "./web-identity.ts";

export type Sessions = ReturnType<typeof makeSessions>;

interface Parts {
  accountId: string;
  /** The functions' region. */
  region: string;
  deployed: DeployedIam;
  permissions: Permissions;
  publicKey: KeyObject;
  forward: Forward;
}

/**
 * All currently valid keys. A role's keys are only for those whom its trust policy names: moto gives any role, even a
 * missing one, to anyone.
 */
export function makeSessions({ accountId, region, deployed, permissions, publicKey, forward }: Parts) {
  const known = new Map<string, { secret: Secret; caller: Caller }>();
  const add = ({ accessKeyId, secretAccessKey: secret, sessionToken }: Credentials, caller: Caller) =>
    known.set(accessKeyId, { secret: { secret, ...(sessionToken !== undefined && { sessionToken }) }, caller });
  const operator = { accessKeyId: "AKIAOPERATOR00000000", secretAccessKey: randomBytes(30).toString("base64") };
  add(operator, { name: "operator", arn: `arn:aws:iam::${accountId}:user/operator` });

  const whyNot = async (
    roleArn: string,
    name: string,
    principal: Principal,
    context: Record<string, string[]>,
    action = "sts:AssumeRole",
  ): Promise<string | undefined> => {
    const role = await deployed.role(nameIn(roleArn));
    if (role?.arn !== roleArn) return `${name} may not assume ${roleArn}: there is no such role.`;
    const asked = { action, resource: roleArn, context, principal };
    const { isAllowed, reason } = permissions.byResource(name, role.trust, asked);
    return isAllowed ? undefined : `${name} may not ${action} on ${roleArn}: by its trust policy ${reason}.`;
  };
  const take = async (request: ServiceRequest, arn: string, of: Partial<Caller> = {}): Promise<HttpAnswer> => {
    const answer = await forward(request);
    const role = nameIn(arn);
    if (answer.status === 200) add(credentialsIn(answer.body.toString()), { name: role, arn, role, ...of });
    return answer;
  };
  return {
    operator,
    secretOf: (accessKeyId: string) => known.get(accessKeyId)?.secret,
    callerOf: (accessKeyId: string) => known.get(accessKeyId)?.caller,
    /** For a caller whose own permission is already checked. */
    async assumeRole(request: ServiceRequest, { arn, name }: Caller): Promise<HttpAnswer> {
      const { RoleArn = "", RoleSessionName = "" } = formOf(request);
      const principal = { "aws:principalarn": [arn], "aws:principalaccount": [accountId] };
      const context = { ...principal, "sts:rolesessionname": [RoleSessionName] };
      const refused = await whyNot(RoleArn, name, { kind: "AWS", value: arn }, context);
      return refused === undefined ? take(request, RoleArn) : accessDenied(request, refused);
    },
    async assumeRoleWithWebIdentity(request: ServiceRequest): Promise<HttpAnswer> {
      const { RoleArn = "", RoleSessionName = "", WebIdentityToken = "" } = formOf(request);
      const invalid = (sentence: string) => refusal(request, 400, "InvalidIdentityToken", sentence);
      const claims = await readToken(WebIdentityToken, publicKey, new Date());
      if (typeof claims === "string") return invalid(claims);
      const value = `arn:aws:iam::${accountId}:oidc-provider/${providerName}`;
      const audiences = await deployed.audiencesOf(value);
      if (!audiences) return invalid(`There is no OpenID Connect provider for ${issuer} in this account.`);
      if (![claims.aud].flat().some((aud) => audiences.includes(String(aud))))
        return invalid(`The token's audience is not one of the provider's: ${audiences.join(", ")}.`);
      const context = { ...contextOf(claims), "sts:rolesessionname": [RoleSessionName] };
      const [name, action] = [`The token of ${String(claims.sub)}`, "sts:AssumeRoleWithWebIdentity"];
      const refused = await whyNot(RoleArn, name, { kind: "Federated", value }, context, action);
      return refused === undefined ? take(request, RoleArn) : accessDenied(request, refused);
    },
    /** Assumes a role as Lambda does for the function of the same name. Throws if the role does not trust Lambda. */
    credentialsFor: async (RoleArn: string): Promise<Credentials> => {
      const lambda: Principal = { kind: "Service", value: "lambda.amazonaws.com" };
      const refused = await whyNot(RoleArn, "Lambda", lambda, { "aws:sourceaccount": [accountId] });
      if (refused !== undefined) throw new Error(refused);
      const functionArn = `arn:aws:lambda:${region}:${accountId}:function:${nameIn(RoleArn)}`;
      const request = ownRequest("sts AssumeRole", "us-east-1", { RoleArn, RoleSessionName: "lambda" });
      const { status, body } = await take(request, RoleArn, { functionArn });
      if (status !== 200) throw new Error(`moto answered ${status} to AssumeRole of ${RoleArn}: ${body.toString()}`);
      return credentialsIn(body.toString());
    },
  };
}

function nameIn(roleArn: string): string {
  return roleArn.split("/").at(-1) ?? "";
}
