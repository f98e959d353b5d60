import type { Ask } from "./actions/ask.ts";
import { s3Place } from "./actions/s3.ts";
import type { DeployedIam } from "./deployed-roles.ts";
import { ownRequest, type Forward } from "./forward.ts";
import { decide, decideByResource, type Asked, type Decision, type Policy } from "./iam.ts";
import { jsonOf, textOf, type ServiceRequest } from "./service-request.ts";

export interface Caller {
  name: string;
  arn: string;
  /** The operator has none, and may do everything that no resource policy forbids. */
  role?: string;
  /** For keys that Lambda gave to a function. */
  functionArn?: string;
}

export interface Decided extends Decision {
  principal: string;
  action: string;
  resource: string;
}

/** A call that an AWS service makes in its own name, on behalf of `sourceArn`. */
export interface ServiceCall {
  service: "apigateway.amazonaws.com" | "s3.amazonaws.com";
  functionName: string;
  alias: string;
  sourceArn: string;
}

export type Permissions = ReturnType<typeof makePermissions>;

interface Parts {
  accountId: string;
  region: string;
  deployed: DeployedIam;
  bucketPolicyOf: (bucket: string) => string | undefined;
  forward: Forward;
}

const everything: Policy = { Statement: { Sid: "Operator", Effect: "Allow", Action: "*", Resource: "*" } };

export function makePermissions({ accountId, region, deployed, bucketPolicyOf, forward }: Parts) {
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
  const byResource = (principal: string, policy: Policy, asked: Asked): Decided =>
    record(principal, asked, decideByResource(policy, asked));
  return {
    decisions,
    byResource,
    /** The first denial among a request's asks, if any. */
    async firstDenial(request: ServiceRequest, caller: Caller, asks: Ask[]): Promise<Decided | undefined> {
      const { name, arn, role } = caller;
      for (const { action, resource, context } of asks) {
        const asked: Asked = {
          action,
          resource,
          context: { ...contextOf(request, caller, accountId), ...context },
          principal: { kind: "AWS", value: arn },
        };
        const policies = role === undefined ? { identity: [everything] } : await deployed.policiesOf(role);
        const decided = record(name, asked, decide({ ...policies, resource: policyOfBucket(request) }, asked));
        if (!decided.isAllowed) return decided;
      }
      return undefined;
    },
    /** Whether the function's deployed policy lets the service make this call. */
    mayInvoke: async ({ service, functionName, alias, sourceArn }: ServiceCall): Promise<Decision> => {
      const path = `/2015-03-31/functions/${functionName}/policy?Qualifier=${alias}`;
      const answer = await forward(ownRequest(`lambda GET ${path}`, region));
      const policy = answer.status === 200 ? textOf(jsonOf(answer)["Policy"]) : '{"Statement":[]}';
      return byResource(service, JSON.parse(policy) as Policy, {
        action: "lambda:InvokeFunction",
        resource: `arn:aws:lambda:${region}:${accountId}:function:${functionName}:${alias}`,
        context: { "aws:sourcearn": [sourceArn], "aws:sourceaccount": [accountId] },
        principal: { kind: "Service", value: service },
      });
    },
  };
}

/** The context that AWS adds to every request. Loopback is plain HTTP; AWS's clients use HTTPS. */
function contextOf(
  { region }: ServiceRequest,
  { arn, functionArn }: Caller,
  accountId: string,
): Record<string, string[]> {
  return {
    "aws:securetransport": ["true"],
    "aws:principalarn": [arn],
    "aws:principalaccount": [accountId],
    "aws:resourceaccount": [accountId],
    "aws:requestedregion": [region],
    "aws:sourceip": ["127.0.0.1"],
    "aws:viaawsservice": ["false"],
    "aws:currenttime": [new Date().toISOString()],
    ...(functionArn !== undefined && { "lambda:sourcefunctionarn": [functionArn] }),
  };
}
