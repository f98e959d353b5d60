import { forwardTo, ownRequest, type Forward } from "./forward.ts";
import type { Policy } from "./iam.ts";
import { elementOf, elementsOf } from "./xml.ts";

export interface DeployedRole {
  arn: string;
  trust: Policy;
  /** The boundary's ARN. */
  boundary?: string;
}

export interface DeployedPolicies {
  identity: Policy[];
  boundary?: Policy;
}

/** The roles, policies and identity providers that are deployed now, as the emulated IAM has them. */
export interface DeployedIam {
  role: (name: string) => Promise<DeployedRole | undefined>;
  /** What a role may do. Throws where one of its policies cannot be read, as one that AWS manages. */
  policiesOf: (role: string) => Promise<DeployedPolicies>;
  /** The audiences of an OIDC provider; undefined where there is none. */
  audiencesOf: (providerArn: string) => Promise<string[] | undefined>;
  /** To be called after each write to IAM: nothing that was read before may be used after it. */
  forget: () => void;
}

export function deployedIam(motoUrl: string): DeployedIam {
  const forward = forwardTo(motoUrl);
  const roles = new Map<string, Promise<DeployedRole | undefined>>();
  const policies = new Map<string, Promise<DeployedPolicies>>();
  const role = (name: string) => remembered(roles, name, () => readRole(forward, name));
  return {
    role,
    policiesOf: (name) => remembered(policies, name, async () => readPolicies(forward, name, await role(name))),
    async audiencesOf(providerArn) {
      const xml = await ask(forward, { Action: "GetOpenIDConnectProvider", OpenIDConnectProviderArn: providerArn });
      return xml === undefined ? undefined : elementsOf(elementOf(xml, "ClientIDList") ?? "", "member");
    },
    forget() {
      roles.clear();
      policies.clear();
    },
  };
}

function remembered<Value>(
  known: Map<string, Promise<Value>>,
  name: string,
  read: () => Promise<Value>,
): Promise<Value> {
  const value = known.get(name) ?? read();
  known.set(name, value);
  return value;
}

async function readRole(forward: Forward, name: string): Promise<DeployedRole | undefined> {
  const xml = await ask(forward, { Action: "GetRole", RoleName: name });
  if (xml === undefined) return undefined;
  const boundary = elementOf(xml, "PermissionsBoundaryArn");
  return {
    arn: elementOf(xml, "Arn") ?? "",
    trust: documentIn(xml, "AssumeRolePolicyDocument"),
    ...(boundary !== undefined && { boundary }),
  };
}

async function readPolicies(forward: Forward, name: string, role: DeployedRole | undefined): Promise<DeployedPolicies> {
  if (!role) return { identity: [] };
  const names = elementsOf((await ask(forward, { Action: "ListRolePolicies", RoleName: name })) ?? "", "member");
  const arns = elementsOf(
    (await ask(forward, { Action: "ListAttachedRolePolicies", RoleName: name })) ?? "",
    "PolicyArn",
  );
  const inline = await Promise.all(
    names.map(async (PolicyName) => {
      const xml = await ask(forward, { Action: "GetRolePolicy", RoleName: name, PolicyName });
      return documentIn(xml ?? "", "PolicyDocument");
    }),
  );
  const attached = await Promise.all(arns.map((arn) => readManagedPolicy(forward, arn)));
  const boundary = role.boundary === undefined ? undefined : await readManagedPolicy(forward, role.boundary);
  return { identity: [...inline, ...attached], ...(boundary && { boundary }) };
}

async function readManagedPolicy(forward: Forward, arn: string): Promise<Policy> {
  const policy = await ask(forward, { Action: "GetPolicy", PolicyArn: arn });
  if (policy === undefined) throw new Error(`the managed policy ${arn} does not exist`);
  const version = elementOf(policy, "DefaultVersionId") ?? "";
  return documentIn(
    (await ask(forward, { Action: "GetPolicyVersion", PolicyArn: arn, VersionId: version })) ?? "",
    "Document",
  );
}

/** Undefined for what does not exist. */
async function ask(forward: Forward, form: Record<string, string>): Promise<string | undefined> {
  const { status, body } = await forward(
    ownRequest("iam", "us-east-1", "POST", "/", { Version: "2010-05-08", ...form }),
  );
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`moto answered ${status} to ${form["Action"] ?? ""}: ${body.toString()}`);
  return body.toString();
}

/** IAM writes a document into XML percent-encoded. */
function documentIn(xml: string, name: string): Policy {
  return JSON.parse(decodeURIComponent(elementOf(xml, name) ?? "")) as Policy;
}
