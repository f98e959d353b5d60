import type { AwsCaller } from "../aws.ts";
import type { Account } from "./account.ts";
import { denialBy, denialByResource, type Ask, type Asked, type Policy } from "./iam.ts";
import { accountId, jsonOf, region, textOf } from "./service-request.ts";

export interface Caller {
  /** Of a role, or of the operator, who may do everything that no resource policy forbids. */
  arn: string;
  /** For keys that Lambda gave to a function. */
  functionArn?: string | undefined;
}

/** A call that an AWS service makes in its own name, on behalf of `sourceArn`. */
export interface ServiceCall {
  service: string;
  functionName: string;
  alias: string;
  sourceArn: string;
}

export type Permissions = ReturnType<typeof makePermissions>;

const everything: Policy = { Statement: { Sid: "Operator", Effect: "Allow", Action: "*", Resource: "*" } };

export function makePermissions(
  account: Account,
  bucketPolicyOf: (bucket: string) => string | undefined,
  moto: AwsCaller,
) {
  const decisions: string[] = [];
  const record = (who: string, { action, resource }: Ask, denial: string | undefined) => {
    decisions.push(`${who} ${action} ${resource}`);
    return denial && `${who} may not ${action} on ${resource}: ${denial}.`;
  };
  /** Unless the policy lets the principal act, a sentence. */
  const byResource = (who: string, policy: Policy, asked: Asked) => record(who, asked, denialByResource(policy, asked));
  return {
    /** What each decision was about. */
    decisions,
    byResource,
    /** The first denial among a request's asks, if any, as a sentence. */
    async firstDenial(caller: Caller, asks: Ask[], bucket = ""): Promise<string | undefined> {
      const { arn } = caller;
      const name = nameIn(arn);
      const ofBucket = bucketPolicyOf(bucket);
      const resource = ofBucket === undefined ? undefined : (JSON.parse(ofBucket) as Policy);
      for (const ask of asks) {
        const context = { ...contextOf(caller), ...ask.context };
        const asked: Asked = { ...ask, context, principal: { kind: "AWS", value: arn } };
        const policies = arn.includes(":user/") ? { identity: [everything] } : await account.policiesOf(name);
        const denial = record(name, asked, denialBy({ ...policies, resource }, asked));
        if (denial !== undefined) return denial;
      }
      return undefined;
    },
    /** Unless the function's deployed policy lets the service make this call, a sentence. */
    invokeDenial: async ({ service, functionName, alias, sourceArn }: ServiceCall): Promise<string | undefined> => {
      const path = `/2015-03-31/functions/${functionName}/policy?Qualifier=${alias}`;
      const answer = await moto(`lambda GET ${path}`);
      const policy = answer.status === 200 ? textOf(jsonOf(answer)["Policy"]) : '{"Statement":[]}';
      return byResource(`${service} for ${sourceArn}`, JSON.parse(policy) as Policy, {
        action: "lambda:InvokeFunction",
        resource: `arn:aws:lambda:${region}:${accountId}:function:${functionName}:${alias}`,
        context: { "aws:sourcearn": [sourceArn], "aws:sourceaccount": [accountId] },
        principal: { kind: "Service", value: service },
      });
    },
  };
}

export function nameIn(arn: string): string {
  return arn.split("/").at(-1) ?? "";
}

/**
 * What the policies here compare of the context that AWS adds to every request. Loopback is plain HTTP; AWS's clients
 * use HTTPS.
 */
export function contextOf({ arn, functionArn }: Caller): Record<string, string[]> {
  return {
    "aws:securetransport": ["true"],
    "aws:principalarn": [arn],
    "lambda:sourcefunctionarn": functionArn === undefined ? [] : [functionArn],
    // Only what a service does on another's behalf has a source.
    "aws:sourcearn": [],
    "aws:sourceaccount": [],
  };
}
