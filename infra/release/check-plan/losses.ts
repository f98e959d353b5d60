import { lostIndexes } from "./indexes.ts";
import type { Change } from "./plan.ts";

/** What would be gone with an object of this type. */
const guarded = new Map([
  ["aws_dynamodb_table", "the table and every event in it"],
  ["aws_dynamodb_table_replica", "the table's copy in another region"],
  ["aws_dynamodb_global_table", "the table's copies in other regions"],
  ["aws_dynamodb_global_secondary_index", "an index of the table"],
  ["aws_dynamodb_vector_index", "an index of the table"],
  ["aws_s3_bucket", "the bucket and every file in it"],
  ["aws_cognito_user_pool", "the user pool and every user in it"],
]);

/** Named are those that keep what is there: what a later Terraform adds is refused until somebody has looked at it. */
const keeping = new Set(["no-op", "create", "read", "update"]);

const advice = 'If that is meant, deploy it by hand: README.md, "Deploy by hand".';

/**
 * One line for each thing that a plan would delete or replace though people's data is in it: a table,
 * an index, a bucket, a user pool. `forget` is refused too: it deletes nothing, but the stack would
 * lose hold of the data, and make an empty table beside it or fail on its name.
 */
export function lossesIn(changes: Change[]): string[] {
  return changes.flatMap((change) => {
    const { address, type, deposed, actions } = change;
    const lost = guarded.get(type);
    if (lost === undefined) return [];
    const name = deposed === undefined ? address : `${address} (deposed object ${deposed})`;
    if (!actions.every((action) => keeping.has(action))) return [`${name} would be ${fateOf(actions, lost)}. ${advice}`];
    if (type !== "aws_dynamodb_table") return [];
    return lostIndexes(change).map((loss) => `${name}: ${loss}. ${advice}`);
  });
}

function fateOf(actions: string[], lost: string): string {
  if (actions.includes("forget")) return `forgotten: ${lost} would no longer belong to this stack`;
  if (!actions.includes("delete")) return `changed by ${actions.join(" and ")}: ${lost} might be lost`;
  return `${actions.includes("create") ? "replaced" : "deleted"}: ${lost} would be lost`;
}
