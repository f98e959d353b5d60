import { isObject, isTexts } from "../_shared/json.ts";
import { lostIndexes } from "./indexes.ts";
import { blocks, byHand, isMade, type Change, type Values } from "./plan.ts";

/** What would be lost with an object of this type. */
const guarded = new Map([
  ["aws_dynamodb_table", "the table and every event in it"],
  ["aws_dynamodb_table_replica", "the table's copy in another region"],
  ["aws_dynamodb_global_table", "the table's copies in other regions"],
  ["aws_dynamodb_global_secondary_index", "an index of the table"],
  ["aws_dynamodb_vector_index", "an index of the table"],
  ["aws_s3_bucket", "the bucket and every file in it"],
  ["aws_s3_bucket_notification", "the calls that process uploads and finish deletions"],
  ["aws_lambda_function_event_invoke_config", "the retries of label-image, and the way of its failures to the queue"],
  ["aws_sqs_queue", "the queue and every failure in it"],
  ["aws_cognito_user_pool", "the user pool and every user in it"],
  ["aws_cognito_user_pool_client", "the client and its id, which web pages have"],
  ["aws_apigatewayv2_api", "the API and its URL"], // oidc/ makes it: no deployment can make it again
]);

/** The actions that keep data. Any action that a later Terraform adds is refused until it is reviewed. */
const keeping = new Set(["no-op", "create", "read", "update"]);

/**
 * One line for each thing that a plan would delete or replace and that no deployment can bring back: a table,
 * an index, a bucket, a user pool, the API. `forget` is refused too: it deletes nothing, but the stack would lose track of the data and
 * create an empty table beside it or fail on its name. Lowering the number of index shards is also refused.
 */
export function lossesIn(changes: Change[]): string[] {
  return [...changes.flatMap(lossesOf), ...lostShards(changes)];
}

function lossesOf(change: Change): string[] {
  const { address, type, deposed, actions } = change;
  const lost = guarded.get(type);
  if (lost === undefined) return [];
  const name = deposed === undefined ? address : `${address} (deposed object ${deposed})`;
  if (!actions.every((action) => keeping.has(action))) return [`${name} would be ${fateOf(actions, lost)}. ${byHand}`];
  if (type === "aws_s3_bucket_notification")
    return lostNotifications(change).map(
      (loss) => `${name} would no longer notify of ${loss}: ${lost} would be lost. ${byHand}`,
    );
  if (type !== "aws_dynamodb_table") return [];
  return lostIndexes(change).map((loss) => `${name}: ${loss}. ${byHand}`);
}

function lostNotifications({ before, after }: Change): string[] {
  const notifications = ({ lambda_function: listeners }: Values) =>
    blocks(listeners).flatMap(({ events, filter_prefix: prefix }) =>
      (isTexts(events) ? events : []).map((event) => `${event} of ${JSON.stringify(prefix ?? "")}`),
    );
  const left = notifications(after);
  return notifications(before).filter((each) => !left.includes(each));
}

/** The number that all functions share. A function without it counts as having a single shard. */
function lostShards(changes: Change[]): string[] {
  const losses = changes.flatMap((change) => {
    const [was, is] = [shardsIn(change.before), shardsIn(change.after)];
    if (change.type !== "aws_lambda_function" || !isMade(change) || is >= was) return [];
    return [
      `index_shards would go down from ${was} to ${is}: lists would miss the events in the other shards. Leave it at ${was}.`,
    ];
  });
  return [...new Set(losses)];
}

function shardsIn({ environment }: Values): number {
  const variables = blocks(environment)[0]?.["variables"];
  return isObject(variables) ? Number(variables["INDEX_SHARDS"] ?? 1) : 1;
}

function fateOf(actions: string[], lost: string): string {
  if (actions.includes("forget")) return `forgotten: ${lost} would no longer belong to this stack`;
  if (!actions.includes("delete")) return `changed by ${actions.join(" and ")}: ${lost} might be lost`;
  return `${actions.includes("create") ? "replaced" : "deleted"}: ${lost} would be lost`;
}
