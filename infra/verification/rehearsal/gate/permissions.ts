import type { Ask } from "./actions/ask.ts";
import { s3Place } from "./actions/s3.ts";
import type { Caller } from "./callers.ts";
import type { DeployedIam } from "./deployed-roles.ts";
import { decide, decideByResource, type Asked, type Decision, type Policy } from "./iam.ts";
import type { ServiceRequest } from "./service-request.ts";

/** A decision as it was made, for the rehearsal to print. */
export interface Decided extends Decision {
  /** `operator`, a role's name, or a service or identity provider. */
  principal: string;
  action: string;
  resource: string;
}

export interface Permissions {
  /** Decides every ask of a request, up to the first denial, which it gives. Throws for a policy that cannot be evaluated. */
  firstDenial: (request: ServiceRequest, caller: Caller, asks: Ask[]) => Promise<Decided | undefined>;
  /** Decides by a policy of the resource alone, as a trust policy. */
  byResource: (principal: string, policy: Policy, asked: Asked) => Decided;
  /** Everything that was decided, in order. */
  decisions: Decided[];
}

const everything: Policy = { Statement: { Sid: "Operator", Effect: "Allow", Action: "*", Resource: "*" } };

export function makePermissions(
  accountId: string,
  deployed: DeployedIam,
  bucketPolicyOf: (bucket: string) => string | undefined,
): Permissions {
  const decisions: Decided[] = [];
  const record = (principal: string, { action, resource }: Ask, decision: Decision): Decided => {
    const decided = { principal, action, resource, ...decision };
    decisions.push(decided);
    return decided;
  };
  const policyOfBucket = (request: ServiceRequest) => {
    const { bucket } = s3Place(request);
    const policy = request.service === "s3" && bucket !== undefined ? bucketPolicyOf(bucket) : undefined;
    return policy === undefined ? undefined : (JSON.parse(policy) as Policy);
  };
  return {
    decisions,
    async firstDenial(request, caller, asks) {
      for (const { action, resource, context } of asks) {
        const asked: Asked = {
          action,
          resource,
          context: { ...contextOf(request, caller, accountId), ...context },
          principal: { kind: "AWS", value: caller.arn },
        };
        const policies =
          caller.role === undefined ? { identity: [everything] } : await deployed.policiesOf(caller.role);
        const decided = record(caller.name, asked, decide({ ...policies, resource: policyOfBucket(request) }, asked));
        if (!decided.isAllowed) return decided;
      }
      return undefined;
    },
    byResource: (principal, policy, asked) => record(principal, asked, decideByResource(policy, asked)),
  };
}

/** What AWS puts into every request's context. Loopback is plain HTTP; clients of AWS speak HTTPS. */
function contextOf({ region }: ServiceRequest, { arn }: Caller, accountId: string): Record<string, string[]> {
  return {
    "aws:securetransport": ["true"],
    "aws:principalarn": [arn],
    "aws:principalaccount": [accountId],
    "aws:resourceaccount": [accountId],
    "aws:requestedregion": [region],
    "aws:sourceip": ["127.0.0.1"],
    "aws:viaawsservice": ["false"],
    "aws:currenttime": [new Date().toISOString()],
  };
}
