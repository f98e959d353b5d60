import { ConditionalCheckFailedException, DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { expectPrecondition, preconditionFailed } from "../_shared/etags.ts";
import { isId } from "../_shared/event.ts";
import { endpoint } from "../_shared/http.ts";
import { isAnothers, notTheOrganizer, ownedBy } from "../_shared/owner.ts";
import { noSuchEvent } from "../_shared/problem.ts";
import { aliasesIn, followsLostAnswer, send, tableName } from "../_shared/table.ts";

/**
 * Deletes an event: 204. 404 where there is none, 403 where it is somebody else's, 412 where it has
 * none of the ETags in If-Match.
 *
 * The SDK repeats a delete whose answer was lost. If nothing is there then, we have deleted it, or
 * cannot know better: 204. An event made again between the two attempts is deleted as well, unless it
 * is somebody else's, 403, or If-Match protects it, 412.
 */
export const handler = endpoint(async (request, caller) => {
  const id = request.pathParameters?.["id"];
  const { expression, values } = ownedBy(caller, expectPrecondition(request));
  if (!isId(id)) throw noSuchEvent();

  const command = new DeleteItemCommand({
    TableName: tableName,
    Key: { id: { S: id } },
    ConditionExpression: expression,
    ExpressionAttributeNames: aliasesIn(expression),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  try {
    await send(command, "Whether the event was deleted is unknown: repeat the request with its ETag in If-Match; 404 then means that it is gone.");
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    if (error.Item) throw isAnothers(error.Item, caller) ? notTheOrganizer() : preconditionFailed();
    if (!followsLostAnswer(error)) throw noSuchEvent();
  }
  return { status: 204 };
});
