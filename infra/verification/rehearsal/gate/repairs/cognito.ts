import type { Repair } from "./repair.ts";
import { jsonOf, operationOf, refusal, textOf, withJson, type Fields } from "../service-request.ts";

interface UserPool {
  isProtected: boolean;
  /** What an update leaves as it is. */
  kept: Fields;
}

/**
 * moto forgets what an update of a user pool does not name: of that AWS keeps the tags, and what no
 * update can name. moto also deletes a pool that is protected from it.
 *
 * https://github.com/hashicorp/terraform-provider-aws/issues/32857
 */
export function cognitoRepair(): Repair {
  const pools = new Map<string, UserPool>();
  return async (request, pass) => {
    const operation = operationOf(request);
    const { UserPoolId, DeletionProtection, UserPoolTags, UsernameAttributes, UsernameConfiguration } = jsonOf(request);
    const pool = pools.get(textOf(UserPoolId));
    if (operation === "DeleteUserPool" && pool?.isProtected) {
      return refusal(
        request,
        400,
        "InvalidParameterException",
        "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.",
      );
    }
    const answer = await pass();
    if (answer.status !== 200) return answer;
    const isProtected = DeletionProtection === "ACTIVE";
    if (operation === "CreateUserPool") {
      const { Id } = jsonOf(answer)["UserPool"] as Fields;
      pools.set(textOf(Id), { isProtected, kept: { UserPoolTags, UsernameAttributes, UsernameConfiguration } });
    }
    if (!pool) return answer;
    if (operation === "UpdateUserPool") pool.isProtected = isProtected;
    return operation === "DescribeUserPool"
      ? withJson(answer, { UserPool: { ...pool.kept, ...(jsonOf(answer)["UserPool"] as Fields) } })
      : answer;
  };
}
