import { ConditionalCheckFailedException, DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { deletionKey, hasBucket, listKeys, sendToBucket } from "../_shared/bucket.ts";
import { finishDeletion, removeObjects } from "../_shared/deletion.ts";
import { isId } from "../_shared/event.ts";
import { endpoint, type Caller, type Request } from "../_shared/http.ts";
import {
  isOwnedByOther,
  meetsPrecondition,
  notTheOrganizer,
  ownedBy,
  parsePrecondition,
  preconditionFailed,
  type Condition,
} from "../_shared/precondition.ts";
import { noSuchEvent, type Problem } from "../_shared/problem.ts";
import { fromItem, type Item } from "../_shared/stored-event.ts";
import { aliasesIn, followsLostAnswer, never, noKey, prime, send, tableName } from "../_shared/table.ts";

const advice = {
  undecided: "Nothing was deleted: retry the request.",
  deciding:
    "The event may or may not have been deleted: retry with its ETag in If-Match; a 404 then means that it was.",
  decided: "The event was deleted, but not all of its files: retry the request.",
};

/**
 * Deletes an event with its image and its uploads: 204. 404 where there is none, 403 where it is somebody
 * else's, 412 where it has none of the ETags in If-Match.
 *
 * One conditional write decides, and only after it anything is removed from the bucket. A note put there
 * before it keeps what is to be removed, should this crash in between: the next delete of the same id
 * finds the note, does the rest and answers 204; label-image does the rest when the note expires.
 * An event that never had an upload URL has nothing in the bucket, and the write is all.
 *
 * The SDK repeats a write whose answer was lost. If the event is gone then, we have deleted it, or cannot
 * know better: 204. An event made again between the two attempts is deleted as well where it has had no
 * upload URL, unless it is somebody else's, 403, or If-Match protects it, 412.
 */
export const handler = endpoint(async (request, caller) => {
  const id = request.pathParameters?.["id"];
  const precondition = ownedBy(caller, parsePrecondition(request));
  if (!isId(id)) throw noSuchEvent();

  const first = await deleteIf(id, and(precondition, "attribute_not_exists(#uploads)"));
  if (first.isDeleted) return { status: 204 };
  if (first.item) return deleteWithObjects(id, first.item, precondition, request, caller);

  const isFinished = await finishDeletions(id);
  if (!isFinished && !first.isAnswerLost) throw noSuchEvent();
  return { status: 204 };
});

export const primed = prime(new DeleteItemCommand({ ...never, Key: noKey }));

async function deleteWithObjects(
  id: string,
  found: Item,
  precondition: Condition,
  request: Request,
  caller: Caller,
): Promise<{ status: number }> {
  const refusal = refusalOf(found, request, caller);
  if (refusal) throw refusal;
  const incarnation = found["incarnation"]?.S ?? "";

  await sendToBucket("PUT", deletionKey(id, incarnation), { advice: advice.undecided });
  const { isDeleted, isAnswerLost, item } = await deleteIf(
    id,
    and(precondition, "#incarnation = :incarnation", { ":incarnation": { S: incarnation } }),
  );
  if (item?.["incarnation"]?.S === incarnation) throw refusalOf(item, request, caller) ?? preconditionFailed();

  await removeObjects(id, incarnation, advice.decided);
  if (!isDeleted && !isAnswerLost) throw noSuchEvent(); // another request has deleted it
  return { status: 204 };
}

/** Why an event that is there is not to be deleted, if so. */
function refusalOf(item: Item, request: Request, caller: Caller): Problem | undefined {
  const event = fromItem(item);
  if (isOwnedByOther(event, caller)) return notTheOrganizer();
  return meetsPrecondition(request, event) ? undefined : preconditionFailed();
}

/** Does the rest of deletions that crashed, or are still at it, and says whether there were any. */
async function finishDeletions(id: string): Promise<boolean> {
  if (!hasBucket) return false;
  const { keys } = await listKeys(deletionKey(id, ""), advice.decided);
  const incarnations = keys.map((key) => key.slice(deletionKey(id, "").length));
  const outcomes = await Promise.all(
    incarnations.map((incarnation) => finishDeletion(id, incarnation, advice.decided)),
  );
  return outcomes.includes("finished");
}

function and({ expression, values }: Condition, more: string, moreValues: Item = {}): Condition {
  return { expression: `${expression} AND ${more}`, values: { ...values, ...moreValues } };
}

interface Outcome {
  isDeleted: boolean;
  /** Whether an earlier attempt may have deleted it, whose answer did not arrive. */
  isAnswerLost?: boolean;
  /** What is there, where it was not deleted and there is something. */
  item?: Item | undefined;
}

async function deleteIf(id: string, { expression, values }: Condition): Promise<Outcome> {
  const command = new DeleteItemCommand({
    TableName: tableName,
    Key: { id: { S: id } },
    ConditionExpression: expression,
    ExpressionAttributeNames: aliasesIn(expression),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  try {
    await send(command, advice.deciding);
    return { isDeleted: true };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { isDeleted: false, isAnswerLost: followsLostAnswer(error), item: error.Item };
  }
}
