import type { KeyObject } from "node:crypto";
import { sessionName } from "./actions/iam.ts";
import type { Credentials } from "../aws.ts";
import type { Caller, Callers } from "./callers.ts";
import type { DeployedIam } from "./deployed-roles.ts";
import { ownRequest, type Forward } from "./forward.ts";
import type { Principal } from "./iam.ts";
import type { Permissions } from "./permissions.ts";
import { accessDenied, formOf, refusal, type ServiceAnswer, type ServiceRequest } from "./service-request.ts";
import { issuer } from "../trust/tokens.ts";
import { contextOf, providerName, readToken } from "./web-identity.ts";

export interface Sessions {
  /** Answers sts:AssumeRole of a caller whose own permission for it has been checked. */
  assumeRole: (request: ServiceRequest, caller: Caller) => Promise<ServiceAnswer>;
  /** Answers sts:AssumeRoleWithWebIdentity, the one request that is not signed. */
  assumeRoleWithWebIdentity: (request: ServiceRequest) => Promise<ServiceAnswer>;
  /** Takes a role as Lambda does for a function. Throws where the role does not trust Lambda. */
  credentialsFor: (roleArn: string) => Promise<Credentials>;
}

interface Parts {
  accountId: string;
  callers: Callers;
  deployed: DeployedIam;
  permissions: Permissions;
  /** Signs web identity tokens. */
  publicKey: KeyObject;
  forward: Forward;
}

/** Gives roles to who their trust policies name: moto gives any role, also one that does not exist, to anyone. */
export function makeSessions({ accountId, callers, deployed, permissions, publicKey, forward }: Parts): Sessions {
  /** Why the role's trust policy does not allow it, if it does not. */
  const refused = async (
    roleArn: string,
    name: string,
    principal: Principal,
    context: Record<string, string[]>,
    action = "sts:AssumeRole",
  ): Promise<string | undefined> => {
    const role = await deployed.role(roleArn.split("/").at(-1) ?? "");
    if (role?.arn !== roleArn) return `${name} may not take ${roleArn}: there is no such role.`;
    const asked = { action, resource: roleArn, context, principal };
    const { isAllowed, reason } = permissions.byResource(name, role.trust, asked);
    return isAllowed ? undefined : `${name} may not ${action} on ${roleArn}: by its trust policy ${reason}.`;
  };
  const take = async (request: ServiceRequest, roleArn: string, refusedBecause: string | undefined) => {
    if (refusedBecause !== undefined) return accessDenied(request, refusedBecause);
    const answer = await forward(request);
    if (answer.status === 200) callers.learn(answer.body.toString(), roleArn);
    return answer;
  };
  return {
    async assumeRole(request, { arn, name }) {
      const form = formOf(request);
      const roleArn = form.get("RoleArn") ?? "";
      const context = { ...sessionName(form), "aws:principalarn": [arn], "aws:principalaccount": [accountId] };
      return take(request, roleArn, await refused(roleArn, name, { kind: "AWS", value: arn }, context));
    },
    async assumeRoleWithWebIdentity(request) {
      const form = formOf(request);
      const invalid = (sentence: string) => refusal(request, 400, "InvalidIdentityToken", sentence);
      const claims = await readToken(form.get("WebIdentityToken") ?? "", publicKey, new Date());
      if (typeof claims === "string") return invalid(claims);
      const value = `arn:aws:iam::${accountId}:oidc-provider/${providerName}`;
      const audiences = await deployed.audiencesOf(value);
      if (!audiences) return invalid(`There is no OpenID Connect provider for ${issuer} in this account.`);
      if (![claims.aud].flat().some((aud) => audiences.includes(String(aud))))
        return invalid(`The token's audience is not one of the provider's: ${audiences.join(", ")}.`);
      const [roleArn, name] = [form.get("RoleArn") ?? "", `The token of ${String(claims.sub)}`];
      const context = { ...contextOf(claims), ...sessionName(form) };
      const action = "sts:AssumeRoleWithWebIdentity";
      return take(request, roleArn, await refused(roleArn, name, { kind: "Federated", value }, context, action));
    },
    async credentialsFor(roleArn) {
      const lambda: Principal = { kind: "Service", value: "lambda.amazonaws.com" };
      const refusedBecause = await refused(roleArn, "Lambda", lambda, { "aws:sourceaccount": [accountId] });
      if (refusedBecause !== undefined) throw new Error(refusedBecause);
      const form = { Action: "AssumeRole", Version: "2011-06-15", RoleArn: roleArn, RoleSessionName: "lambda" };
      const { status, body } = await forward(ownRequest("sts", "us-east-1", "POST", "/", form));
      if (status !== 200) throw new Error(`moto answered ${status} to AssumeRole of ${roleArn}: ${body.toString()}`);
      return callers.learn(body.toString(), roleArn);
    },
  };
}
