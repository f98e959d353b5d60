import type { Account, Ask } from "./ask.ts";
import { formOf, type ServiceRequest } from "../service-request.ts";

/** Those whose condition key iam:PermissionsBoundary is the boundary that the role has. */
const boundaryOfRole = [
  "PutRolePolicy",
  "DeleteRolePolicy",
  "AttachRolePolicy",
  "DetachRolePolicy",
  "DeleteRolePermissionsBoundary",
];
/** Those where it is the boundary that the role is to have. */
const boundaryOfRequest = ["CreateRole", "PutRolePermissionsBoundary"];
const tagging: Record<string, string> = {
  CreateRole: "TagRole",
  CreatePolicy: "TagPolicy",
  CreateOpenIDConnectProvider: "TagOpenIDConnectProvider",
};

/** IAM's operations are its actions; which resource they are about follows from the fields. */
export async function asksOfIam(request: ServiceRequest, account: Account): Promise<Ask[] | undefined> {
  const form = formOf(request);
  const operation = form.get("Action");
  if (operation === null) return undefined;
  const field = (name: string) => form.get(name) ?? "";
  const context: Record<string, string[]> = {};
  const role = form.has("RoleName") && operation !== "CreateRole" ? await account.role(field("RoleName")) : undefined;
  if (boundaryOfRole.includes(operation) && role?.boundary !== undefined)
    context["iam:permissionsboundary"] = [role.boundary];
  if (boundaryOfRequest.includes(operation) && form.has("PermissionsBoundary"))
    context["iam:permissionsboundary"] = [field("PermissionsBoundary")];
  if (form.has("RoleName") && form.has("PolicyArn")) context["iam:policyarn"] = [field("PolicyArn")];
  const resource = role?.arn ?? resourceOf(form, account.accountId);
  const tag = tagging[operation];
  return [
    { action: `iam:${operation}`, resource, context },
    ...(tag !== undefined && form.has("Tags.member.1.Key") ? [{ action: `iam:${tag}`, resource }] : []),
  ];
}

function resourceOf(form: URLSearchParams, accountId: string): string {
  const field = (name: string) => form.get(name) ?? "";
  const arn = (kind: string, name: string) => `arn:aws:iam::${accountId}:${kind}${form.get("Path") ?? "/"}${name}`;
  if (form.has("RoleName")) return arn("role", field("RoleName"));
  if (form.has("PolicyArn")) return field("PolicyArn");
  if (form.has("OpenIDConnectProviderArn")) return field("OpenIDConnectProviderArn");
  if (form.has("UserName")) return arn("user", field("UserName"));
  if (form.has("PolicyName")) return arn("policy", field("PolicyName"));
  if (form.has("Url")) return `arn:aws:iam::${accountId}:oidc-provider/${field("Url").replace(/^https:\/\//, "")}`;
  return "*";
}

/** Taking a role with a web identity is asked of the role's trust policy alone; who one is, everyone may know. */
export function asksOfSts(request: ServiceRequest): Ask[] | undefined {
  const form = formOf(request);
  const operation = form.get("Action");
  if (operation === "GetCallerIdentity") return [];
  return operation === "AssumeRole"
    ? [{ action: "sts:AssumeRole", resource: form.get("RoleArn") ?? "", context: sessionName(form) }]
    : undefined;
}

export function sessionName(form: URLSearchParams): Record<string, string[]> {
  return { "sts:rolesessionname": [form.get("RoleSessionName") ?? ""] };
}
