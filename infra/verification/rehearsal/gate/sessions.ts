import type { KeyObject } from "node:crypto";
import { sessionName } from "./actions/iam.ts";
import type { Credentials } from "../aws.ts";
import type { Caller, Callers } from "./callers.ts";
import type { DeployedIam } from "./deployed-roles.ts";
import { ownRequest, type Forward } from "./forward.ts";
import type { Asked, Principal } from "./iam.ts";
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
  /** The role if its trust policy allows it, else the sentence why not. */
  const trusted = async (
    roleArn: string,
    principalName: string,
    asked: Omit<Asked, "resource">,
  ): Promise<{ arn: string } | string> => {
    const role = await deployed.role(roleArn.split("/").at(-1) ?? "");
    if (role?.arn !== roleArn) return `${principalName} may not take ${roleArn}: there is no such role.`;
    const { isAllowed, reason } = permissions.byResource(principalName, role.trust, { ...asked, resource: roleArn });
    return isAllowed ? role : `${principalName} may not ${asked.action} on ${roleArn}: by its trust policy ${reason}.`;
  };
  const take = async (request: ServiceRequest, role: { arn: string }): Promise<ServiceAnswer> => {
    const answer = await forward(request);
    if (answer.status === 200) callers.learn(answer.body.toString(), role);
    return answer;
  };
  return {
    async assumeRole(request, caller) {
      const form = formOf(request);
      const principal: Principal = { kind: "AWS", value: caller.arn };
      const context = { ...sessionName(form), "aws:principalarn": [caller.arn], "aws:principalaccount": [accountId] };
      const role = await trusted(form.get("RoleArn") ?? "", caller.name, {
        action: "sts:AssumeRole",
        context,
        principal,
      });
      return typeof role === "string" ? accessDenied(request, role) : take(request, role);
    },
    async assumeRoleWithWebIdentity(request) {
      const form = formOf(request);
      const claims = readToken(form.get("WebIdentityToken") ?? "", publicKey, new Date());
      if (typeof claims === "string") return refusal(request, 400, "InvalidIdentityToken", claims);
      const value = `arn:aws:iam::${accountId}:oidc-provider/${providerName}`;
      const audiences = await deployed.audiencesOf(value);
      if (!audiences)
        return refusal(
          request,
          400,
          "InvalidIdentityToken",
          `There is no OpenID Connect provider for ${issuer} in this account.`,
        );
      if (![claims["aud"]].flat().some((aud) => audiences.includes(String(aud)))) {
        return refusal(
          request,
          400,
          "InvalidIdentityToken",
          `The token's audience is not one of the provider's: ${audiences.join(", ")}.`,
        );
      }
      const context = { ...contextOf(claims), ...sessionName(form) };
      const asked = {
        action: "sts:AssumeRoleWithWebIdentity",
        context,
        principal: { kind: "Federated" as const, value },
      };
      const role = await trusted(form.get("RoleArn") ?? "", `The token of ${String(claims["sub"])}`, asked);
      return typeof role === "string" ? accessDenied(request, role) : take(request, role);
    },
    async credentialsFor(roleArn) {
      const principal: Principal = { kind: "Service", value: "lambda.amazonaws.com" };
      const role = await trusted(roleArn, "Lambda", {
        action: "sts:AssumeRole",
        context: { "aws:sourceaccount": [accountId] },
        principal,
      });
      if (typeof role === "string") throw new Error(role);
      const form = { Action: "AssumeRole", Version: "2011-06-15", RoleArn: roleArn, RoleSessionName: "lambda" };
      const { status, body } = await forward(ownRequest("sts", "us-east-1", "POST", "/", form));
      if (status !== 200) throw new Error(`moto answered ${status} to AssumeRole of ${roleArn}: ${body.toString()}`);
      return callers.learn(body.toString(), role);
    },
  };
}
