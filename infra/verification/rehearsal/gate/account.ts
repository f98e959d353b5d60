import type { AwsCaller } from "../aws.ts";
import type { Policy } from "./iam.ts";
import { jsonOf, type Fields } from "./service-request.ts";
import { elementOf, elementsOf } from "./xml.ts";

export type Account = ReturnType<typeof makeAccount>;

/** What ARNs and condition keys have, but requests do not. */
export type Lookups = Pick<Account, "role" | "userPoolTags">;

/** What is currently deployed, from moto. */
export function makeAccount(moto: AwsCaller) {
  const read = async (operation: string, input: object) => {
    const { status, body } = await moto(`iam ${operation}`, input);
    if (status === 404) return "";
    if (status !== 200) throw new Error(`moto answered ${status} to ${operation}: ${body}`);
    return body;
  };
  const known = new Map<string, Promise<string>>();
  const ask = (operation: string, input: object) => {
    const question = JSON.stringify([operation, input]);
    const answer = known.get(question) ?? read(operation, input);
    known.set(question, answer);
    return answer;
  };

  const readManaged = async (PolicyArn: string): Promise<Policy> => {
    const policy = await ask("GetPolicy", { PolicyArn });
    const VersionId = elementOf(policy, "DefaultVersionId") ?? "";
    return documentIn(await ask("GetPolicyVersion", { PolicyArn, VersionId }), "Document");
  };
  const role = async (RoleName: string) => {
    const xml = await ask("GetRole", { RoleName });
    if (xml === "") return undefined;
    const boundary = elementOf(xml, "PermissionsBoundaryArn");
    const trust = documentIn(xml, "AssumeRolePolicyDocument");
    return { arn: elementOf(xml, "Arn") ?? "", boundary, trust };
  };
  return {
    role,
    /** A role's permissions. Throws if one of its policies cannot be read, such as one managed by AWS. */
    async policiesOf(RoleName: string) {
      const { boundary } = (await role(RoleName)) ?? {};
      const inline = elementsOf(await ask("ListRolePolicies", { RoleName }), "member");
      const attached = elementsOf(await ask("ListAttachedRolePolicies", { RoleName }), "PolicyArn");
      const readInline = async (PolicyName: string) =>
        documentIn(await ask("GetRolePolicy", { RoleName, PolicyName }), "PolicyDocument");
      const identity = await Promise.all([...inline.map(readInline), ...attached.map(readManaged)]);
      return { identity, boundary: boundary === undefined ? undefined : await readManaged(boundary) };
    },
    async audiencesOf(OpenIDConnectProviderArn: string): Promise<string[] | undefined> {
      const xml = await ask("GetOpenIDConnectProvider", { OpenIDConnectProviderArn });
      return xml === "" ? undefined : elementsOf(elementOf(xml, "ClientIDList") ?? "", "member");
    },
    async userPoolTags(UserPoolId: string): Promise<Fields> {
      const answer = jsonOf(await moto("cognito-idp DescribeUserPool", { UserPoolId }));
      return (answer["UserPool"] as { UserPoolTags?: Fields } | undefined)?.UserPoolTags ?? {};
    },
    /** Call it after each write to IAM: nothing read before may be used after it. */
    forget(): void {
      known.clear();
    },
  };
}

/** IAM percent-encodes a document in XML. */
export function documentIn(xml: string, name: string): Policy {
  return JSON.parse(decodeURIComponent(elementOf(xml, name) ?? "")) as Policy;
}
