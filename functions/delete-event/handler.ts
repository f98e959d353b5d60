import { ConditionalCheckFailedException, DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { sendToBucket } from "../_shared/bucket.ts";
import { etagOf, expectPrecondition, meetsPrecondition, preconditionFailed, type Condition } from "../_shared/etags.ts";
import { isId } from "../_shared/event.ts";
import { endpoint } from "../_shared/http.ts";
import { imageKey, uploadOf } from "../_shared/image.ts";
import { isAnothers, notTheOrganizer, ownedBy } from "../_shared/owner.ts";
import { noSuchEvent, Problem } from "../_shared/problem.ts";
import { fromItem, type Item } from "../_shared/stored-event.ts";
import { aliasesIn, followsLostAnswer, send, tableName } from "../_shared/table.ts";

const advice = "Whether the event was deleted is unknown: repeat the request with its ETag in If-Match; 404 then means that it is gone.";

/**
 * Deletes an event: 204. 404 where there is none, 403 where it is somebody else's, 412 where it has
 * none of the ETags in If-Match.
 *
 * Its image goes first. A crash in between leaves an event whose image is gone, and deleting it again
 * ends that; the other way round it would leave an image that nobody can find any more.
 *
 * The SDK repeats a delete whose answer was lost. If nothing is there then, we have deleted it, or
 * cannot know better: 204. An event made again between the two attempts is deleted as well, unless it
 * is somebody else's, 403, or If-Match protects it, 412.
 */
export const handler = endpoint(async (request, caller) => {
  const id = request.pathParameters?.["id"];
  const precondition = ownedBy(caller, expectPrecondition(request));
  if (!isId(id)) throw noSuchEvent();

  let goneUpload = "";
  for (let round = 1; round <= 2; round++) {
    const refused = await deleteWithoutImage(id, precondition, goneUpload);
    if (!refused) return { status: 204 };
    if (isAnothers(refused, caller)) throw notTheOrganizer();
    if (!meetsPrecondition(request, etagOf(fromItem(refused)))) throw preconditionFailed();

    goneUpload = uploadOf(refused["image"]) ?? "";
    await sendToBucket("DELETE", imageKey(id, goneUpload), { advice });
  }
  throw new Problem(503, "The event got another image while it was being deleted: repeat the request.", { headers: { "retry-after": "2" } });
});

/**
 * Deletes the event if it meets the precondition and has no image, or only the one that is gone from
 * the bucket: an image that comes in between would stay there. Returns the item where it refuses.
 */
async function deleteWithoutImage(id: string, precondition: Condition, goneUpload: string): Promise<Item | undefined> {
  const expression = `${precondition.expression} AND (attribute_not_exists(#image) OR #image.#upload = :gone)`;
  const command = new DeleteItemCommand({
    TableName: tableName,
    Key: { id: { S: id } },
    ConditionExpression: expression,
    ExpressionAttributeNames: aliasesIn(expression),
    ExpressionAttributeValues: { ...precondition.values, ":gone": { S: goneUpload } },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  try {
    await send(command, advice);
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    if (error.Item) return error.Item;
    if (!followsLostAnswer(error)) throw noSuchEvent();
  }
  return undefined;
}
