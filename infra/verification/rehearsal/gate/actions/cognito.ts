import type { Account, Ask } from "./actions.ts";
import { jsonOf, operationOf, textOf, type Fields, type ServiceRequest } from "../service-request.ts";

const onUserPool = [
  "DescribeUserPool",
  "UpdateUserPool",
  "DeleteUserPool",
  "GetUserPoolMfaConfig",
  "SetUserPoolMfaConfig",
  "ListUserPoolClients",
  "CreateUserPoolClient",
  "DescribeUserPoolClient",
  "UpdateUserPoolClient",
  "DeleteUserPoolClient",
  "ListUsers",
  "AdminCreateUser",
  "AdminGetUser",
  "AdminSetUserPassword",
  "AdminInitiateAuth",
  "AdminDeleteUser",
];
const onTags = ["ListTagsForResource", "TagResource", "UntagResource"];

/**
 * A user pool's id is made up by AWS, so its tags must tell it. A new one has no ARN yet, and AWS asks
 * for the right to tag it on `*` too: so say the refusals that AWS sends.
 */
export async function asksOfCognito(
  request: ServiceRequest,
  { accountId, userPoolTags }: Account,
): Promise<Ask[] | undefined> {
  const operation = operationOf(request) ?? "";
  const { UserPoolId, UserPoolTags, ResourceArn, Tags } = jsonOf(request);
  const action = `cognito-idp:${operation}`;
  const requested = tagKeys("requesttag", (UserPoolTags ?? Tags ?? {}) as Fields);
  if (operation === "ListUserPools") return [{ action, resource: "*" }];
  if (operation === "CreateUserPool") {
    const tagging =
      Object.keys(requested).length > 0
        ? [{ action: "cognito-idp:TagResource", resource: "*", context: requested }]
        : [];
    return [{ action, resource: "*", context: requested }, ...tagging];
  }
  if (!onUserPool.includes(operation) && !onTags.includes(operation)) return undefined;
  const resource = onTags.includes(operation)
    ? textOf(ResourceArn)
    : `arn:aws:cognito-idp:${request.region}:${accountId}:userpool/${textOf(UserPoolId)}`;
  const has = await userPoolTags(resource.split("/").at(-1) ?? "", request.region);
  return [{ action, resource, context: { ...tagKeys("resourcetag", has), ...requested } }];
}

function tagKeys(kind: "requesttag" | "resourcetag", tags: Fields): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [`aws:${kind}/${key.toLowerCase()}`, [textOf(value)]]),
  );
}
