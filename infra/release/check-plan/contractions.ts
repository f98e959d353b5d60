import { isObject, parseObject } from "../_shared/json.ts";
import type { Change } from "./plan.ts";

const advice =
  "Versions that callers still get, or get again after a rollback, may need it: an alias is rolled back, a role is not. " +
  "Expand in one release, contract in a later one, when no version needs it any more.";

/**
 * One line for each thing that a plan takes from earlier versions: permissions of a function, or a route. An index
 * is a loss (losses.ts). A policy known only after apply is skipped: it gains something new.
 */
export function contractionsIn(changes: Change[]): string[] {
  return changes.flatMap((change) => [...lostRights(change), ...lostRoute(change)]).map((what) => `${what}. ${advice}`);
}

function lostRights({ address, type, actions, before, after }: Change): string[] {
  if (type !== "aws_iam_role_policy") return [];
  const isKnown = actions.includes("delete") || after["policy"] !== undefined;
  const kept = rightsIn(after["policy"]);
  const lost = isKnown ? rightsIn(before["policy"]).filter((right) => !kept.includes(right)) : [];
  return lost.length === 0 ? [] : [`${address} would no longer allow ${lost.join(", ")}`];
}

/** Each action with each resource, as in `dynamodb:GetItem on arn:aws:dynamodb:...`. */
function rightsIn(policy: unknown): string[] {
  const statements = [typeof policy === "string" ? parseObject(policy)?.["Statement"] : undefined].flat();
  return statements.filter(isObject).flatMap(({ Effect, Action, Resource }) => {
    const resources = [Resource].flat();
    const actions = Effect === "Allow" ? [Action].flat() : [];
    return actions.flatMap((action) => resources.map((resource) => `${String(action)} on ${String(resource)}`));
  });
}

function lostRoute({ address, type, actions, before, after }: Change): string[] {
  const [was, is] = [before["route_key"], after["route_key"]];
  const isTaken = actions.includes("delete") || actions.includes("update");
  if (type !== "aws_apigatewayv2_route" || !isTaken || was === is) return [];
  return [`${address} would no longer answer ${String(was)}`];
}
