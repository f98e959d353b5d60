import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { isNotModified } from "../_shared/etags.ts";
import { isId } from "../_shared/event.ts";
import { endpoint } from "../_shared/http.ts";
import { noSuchEvent } from "../_shared/problem.ts";
import { fromItem, represent } from "../_shared/stored-event.ts";
import { send, tableName } from "../_shared/table.ts";

/**
 * Answers with one event as it is now: a strongly consistent read. 304 without it where If-None-Match
 * has its ETag, 404 where there is none.
 */
export const handler = endpoint(async (request) => {
  const id = request.pathParameters?.["id"];
  if (!isId(id)) throw noSuchEvent();

  const command = new GetItemCommand({ TableName: tableName, Key: { id: { S: id } }, ConsistentRead: true });
  const { Item: item } = await send(command, "Ask again.");
  if (!item) throw noSuchEvent();

  const { headers, body } = represent(fromItem(item));
  return isNotModified(request, headers["etag"]) ? { status: 304, headers } : { status: 200, headers, body };
});
