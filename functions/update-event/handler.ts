import { ConditionalCheckFailedException, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { Caller } from "../_shared/caller.ts";
import { expectPrecondition, preconditionFailed, type Condition } from "../_shared/etags.ts";
import { expectChanges, isId, needsContent, type Changes } from "../_shared/event.ts";
import { endpoint, readJson } from "../_shared/http.ts";
import { isAnothers, notTheOrganizer, ownedBy } from "../_shared/owner.ts";
import { noSuchEvent, tooLarge } from "../_shared/problem.ts";
import { fromItem, represent, toAttributes, type Item } from "../_shared/stored-event.ts";
import { aliasesIn, isTooLarge, send, tableName } from "../_shared/table.ts";
import { addWriter, isNoWriterYet, isWrittenBy } from "../_shared/writers.ts";

/**
 * Merges the fields given into an event: 200 with the whole event. 404 where there is none, 403 where
 * it is somebody else's, 412 where it has none of the ETags in If-Match. PUT does the same as PATCH.
 */
export const handler = endpoint(async (request, caller) => {
  const id = request.pathParameters?.["id"];
  const changes = expectChanges(readJson(request, ["application/json", "application/merge-patch+json"]), id, caller);
  const precondition = ownedBy(caller, expectPrecondition(request));
  if (!isId(id)) throw noSuchEvent();

  const item = await update(id, changes, precondition, request.requestContext.requestId, caller);

  return { status: 200, ...represent(fromItem(item)) };
});

/** One write that decides and changes: nobody can come in between. Returns the item as it is then. */
async function update(id: string, changes: Changes, precondition: Condition, requestId: string, caller: Caller): Promise<Item> {
  const advice = "Whether the event was changed is unknown: get it, and if it was not, repeat the request with its ETag in If-Match.";
  try {
    const { Attributes: item = {} } = await send(toCommand(id, changes, precondition, requestId), advice);
    return item;
  } catch (error) {
    if (isTooLarge(error)) throw tooLarge();
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    if (!error.Item) throw noSuchEvent();
    if (isWrittenBy(requestId, error.Item)) return error.Item;
    if (isAnothers(error.Item, caller)) throw notTheOrganizer();
    if (changes.needed && !error.Item[changes.needed]) throw needsContent();
    throw preconditionFailed();
  }
}

function toCommand(id: string, { set, removed, needed }: Changes, precondition: Condition, requestId: string): UpdateItemCommand {
  const attributes = Object.entries(toAttributes({ ...set, updatedAt: new Date().toISOString() }));
  const assignments = [...attributes.map(([name]) => `#${name} = :${name}`), "#version = #version + :one", addWriter];
  const removals = removed.map((name) => `#${name}`);
  const update = `SET ${assignments.join(", ")}${removals.length > 0 ? ` REMOVE ${removals.join(", ")}` : ""}`;
  const condition = [precondition.expression, isNoWriterYet, ...(needed ? [`attribute_exists(#${needed})`] : [])].join(" AND ");
  return new UpdateItemCommand({
    TableName: tableName,
    Key: { id: { S: id } },
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeNames: aliasesIn(update, condition),
    ExpressionAttributeValues: {
      ...Object.fromEntries(attributes.map(([name, value]) => [`:${name}`, value])),
      ":one": { N: "1" },
      ":requestId": { S: requestId },
      ...precondition.values,
    },
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
}
