import type { Lookups } from "../account.ts";
import type { Ask } from "../iam.ts";
import { accountId, formOf, type ServiceRequest } from "../service-request.ts";

/** Operations whose condition key iam:PermissionsBoundary is the role's current boundary. */
const boundaryOfRole = /^(Put|Delete|Attach|Detach)RolePolicy$|^DeleteRolePermissionsBoundary$/;
/** Operations for which it is the role's new boundary. */
const boundaryOfRequest = /^CreateRole$|^PutRolePermissionsBoundary$/;

/** IAM's operations are its actions; the fields name the resource. */
export async function asksOfIam(request: ServiceRequest, { role }: Lookups): Promise<Ask[] | undefined> {
  const { Action: operation, ...form } = formOf(request);
  if (operation === undefined) return undefined;
  const { RoleName, UserName, PolicyName, PolicyArn, Path = "/", PermissionsBoundary, Url } = form;
  const known = RoleName === undefined || operation === "CreateRole" ? undefined : await role(RoleName);
  const requested = boundaryOfRequest.test(operation) ? PermissionsBoundary : undefined;
  const boundary = boundaryOfRole.test(operation) ? known?.boundary : requested;
  const context = { "iam:permissionsboundary": boundary === undefined ? [] : [boundary] };
  const [kind, name] =
    Object.entries({ role: RoleName, user: UserName, policy: PolicyName }).find(([, each]) => each !== undefined) ?? [];
  const place =
    Url === undefined ? kind && `${kind}${Path}${String(name)}` : Url.replace(/^https:\/\//, "oidc-provider/");
  const given = RoleName === undefined ? (PolicyArn ?? form["OpenIDConnectProviderArn"]) : known?.arn;
  const resource = given ?? (place === undefined ? "*" : `arn:aws:iam::${accountId}:${place}`);
  const asks: Ask[] = [{ action: `iam:${operation}`, resource, context }];
  if (operation.startsWith("Create") && "Tags.member.1.Key" in form)
    asks.push({ action: `iam:${operation.replace("Create", "Tag")}`, resource });
  return asks;
}
