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
import { aliasesIn, followsLostAnswer, impossibleWrite, noKey, prime, send, tableName } from "../_shared/table.ts";

const advice = {
  undecided: "Nothing was deleted: retry the request.",
  deciding:
    "The event may or may not have been deleted: retry with its ETag in If-Match; a 404 then means that it was.",
  decided: "The event was deleted, but not all of its files: retry the request.",
  absent: "There is no event with this id, but files of a deleted one may remain: retry the request.",
};

/**
 * Deletes an event with its image and its uploads: 204. 404 if there is none, 403 if the caller is not its
 * organizer, 412 if no ETag in If-Match matches.
 *
 * One conditional write decides; objects are removed from the bucket only after it. A note written to the
 * bucket before it survives a crash in between: the next delete of the same id finds the note, finishes
 * the deletion and returns 204; otherwise label-image finishes it when the note expires. An event that
 * never had an upload URL has no objects, and needs only the write.
 *
 * aws-client.ts retries a write whose response was lost. If the event is gone by then, this request probably
 * deleted it: 204. An event recreated between the two attempts is deleted, too, unless it has another
 * organizer, 403, or If-Match protects it, 412.
 */
export const handler = endpoint(async (request, caller) => {
  const id = request.pathParameters?.["id"];
  const precondition = ownedBy(caller, parsePrecondition(request));
  if (!isId(id)) throw noSuchEvent();

  // Without the functions for images there is no bucket, so an event from before with uploads has no objects any more.
  const first = await deleteIf(id, hasBucket ? and(precondition, "attribute_not_exists(#uploads)") : precondition);
  if (first.isDeleted) return { status: 204 };
  if (first.item) return deleteWithObjects(id, first.item, precondition, request, caller);

  const isFinished = await finishDeletions(id);
  if (!isFinished && !first.isAnswerLost) throw noSuchEvent();
  return { status: 204 };
});

export const primed = prime(new DeleteItemCommand({ ...impossibleWrite, Key: noKey }));

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
  if (!isDeleted && !isAnswerLost) throw noSuchEvent(); // another request deleted it
  return { status: 204 };
}

/** Why an existing event must not be deleted, if so. */
function refusalOf(item: Item, request: Request, caller: Caller): Problem | undefined {
  const event = fromItem(item);
  if (isOwnedByOther(event, caller)) return notTheOrganizer();
  return meetsPrecondition(request, event) ? undefined : preconditionFailed();
}

/** Finishes deletions that crashed or are still running. True if there were any. */
async function finishDeletions(id: string): Promise<boolean> {
  if (!hasBucket) return false;
  const { keys } = await listKeys(deletionKey(id, ""), advice.absent);
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
  /** Whether an earlier attempt, whose response was lost, may have deleted it. */
  isAnswerLost?: boolean;
  /** The item that was found and not deleted. */
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
