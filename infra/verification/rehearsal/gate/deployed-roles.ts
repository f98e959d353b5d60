import { ownRequest, type Forward } from "./forward.ts";
import type { Policy } from "./iam.ts";
import { elementOf, elementsOf } from "./xml.ts";

interface DeployedRole {
  arn: string;
  trust: Policy;
  boundary?: string;
}

export type DeployedIam = ReturnType<typeof deployedIam>;

/** The currently deployed roles, policies and identity providers, from the emulated IAM. */
export function deployedIam(forward: Forward) {
  const ask = async (operation: string, input: object): Promise<string | undefined> => {
    const { status, body } = await forward(ownRequest(`iam ${operation}`, "us-east-1", input));
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`moto answered ${status} to ${operation}: ${body.toString()}`);
    return body.toString();
  };

  const readRole = async (RoleName: string): Promise<DeployedRole | undefined> => {
    const xml = await ask("GetRole", { RoleName });
    if (xml === undefined) return undefined;
    const boundary = elementOf(xml, "PermissionsBoundaryArn");
    const trust = documentIn(xml, "AssumeRolePolicyDocument");
    return { arn: elementOf(xml, "Arn") ?? "", trust, ...(boundary !== undefined && { boundary }) };
  };

  const readManaged = async (PolicyArn: string): Promise<Policy> => {
    const policy = await ask("GetPolicy", { PolicyArn });
    if (policy === undefined) throw new Error(`the managed policy ${PolicyArn} does not exist`);
    const VersionId = elementOf(policy, "DefaultVersionId") ?? "";
    return documentIn(await ask("GetPolicyVersion", { PolicyArn, VersionId }), "Document");
  };

  const readPolicies = async (RoleName: string): Promise<{ identity: Policy[]; boundary?: Policy }> => {
    const role = await roles(RoleName);
    if (!role) return { identity: [] };
    const list = async (operation: string, element: string) =>
      elementsOf((await ask(operation, { RoleName })) ?? "", element);
    const names = await list("ListRolePolicies", "member");
    const identity = await Promise.all([
      ...names.map(async (PolicyName) =>
        documentIn(await ask("GetRolePolicy", { RoleName, PolicyName }), "PolicyDocument"),
      ),
      ...(await list("ListAttachedRolePolicies", "PolicyArn")).map(readManaged),
    ]);
    return role.boundary === undefined ? { identity } : { identity, boundary: await readManaged(role.boundary) };
  };

  const caches: Map<string, unknown>[] = [];
  const remembered = <Value>(read: (name: string) => Promise<Value>) => {
    const known = new Map<string, Promise<Value>>();
    caches.push(known);
    return (name: string): Promise<Value> => {
      const value = known.get(name) ?? read(name);
      known.set(name, value);
      return value;
    };
  };
  const roles = remembered(readRole);
  return {
    role: roles,
    /** A role's permissions. Throws if one of its policies cannot be read, such as one managed by AWS. */
    policiesOf: remembered(readPolicies),
    async audiencesOf(OpenIDConnectProviderArn: string): Promise<string[] | undefined> {
      const xml = await ask("GetOpenIDConnectProvider", { OpenIDConnectProviderArn });
      return xml === undefined ? undefined : elementsOf(elementOf(xml, "ClientIDList") ?? "", "member");
    },
    /** Call it after each write to IAM: nothing read before may be used after it. */
    forget(): void {
      for (const cache of caches) cache.clear();
    },
  };
}

/** IAM percent-encodes a document in XML. */
function documentIn(xml: string | undefined, name: string): Policy {
  return JSON.parse(decodeURIComponent(elementOf(xml ?? "", name) ?? "")) as Policy;
}
