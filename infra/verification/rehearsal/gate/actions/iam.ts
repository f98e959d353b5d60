import { formOf, type ServiceRequest } from "../service-request.ts";
import type { Account, Ask } from "./ask.ts";

/** Operations whose condition key iam:PermissionsBoundary is the role's current boundary. */
const boundaryOfRole = /^(Put|Delete|Attach|Detach)RolePolicy$|^DeleteRolePermissionsBoundary$/;
/** Operations for which it is the role's new boundary. */
const boundaryOfRequest = /^CreateRole$|^PutRolePermissionsBoundary$/;

/** IAM's operations are its actions; the fields name the resource. */
export async function asksOfIam(request: ServiceRequest, { accountId, role }: Account): Promise<Ask[] | undefined> {
  const { Action: operation, ...form } = formOf(request);
  if (operation === undefined) return undefined;
  const { RoleName, PolicyArn, Path = "/", PermissionsBoundary } = form;
  const known = RoleName === undefined || operation === "CreateRole" ? undefined : await role(RoleName);
  const boundary = boundaryOfRole.test(operation)
    ? known?.boundary
    : boundaryOfRequest.test(operation)
      ? PermissionsBoundary
      : undefined;
  const context = {
    ...(boundary !== undefined && { "iam:permissionsboundary": [boundary] }),
    ...(RoleName !== undefined && PolicyArn !== undefined && { "iam:policyarn": [PolicyArn] }),
  };
  const named = [
    ["role", RoleName],
    ["user", form["UserName"]],
    ["policy", form["PolicyName"]],
  ].find(([, name]) => name !== undefined);
  const arnOf = (place: string) => `arn:aws:iam::${accountId}:${place}`;
  const url = form["Url"]?.replace(/^https:\/\//, "");
  const given = RoleName === undefined ? (PolicyArn ?? form["OpenIDConnectProviderArn"]) : known?.arn;
  const made = named ? arnOf(`${String(named[0])}${Path}${String(named[1])}`) : "*";
  const resource = given ?? (url === undefined ? made : arnOf(`oidc-provider/${url}`));
  const asks: Ask[] = [{ action: `iam:${operation}`, resource, context }];
  if (operation.startsWith("Create") && "Tags.member.1.Key" in form)
    asks.push({ action: `iam:${operation.replace("Create", "Tag")}`, resource });
  return asks;
}
