import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { presign } from "../_shared/bucket.ts";
import { isId } from "../_shared/event.ts";
import { endpoint } from "../_shared/http.ts";
import { imageKey } from "../_shared/image.ts";
import { noSuchEvent, Problem } from "../_shared/problem.ts";
import { fromItem } from "../_shared/stored-event.ts";
import { send, tableName } from "../_shared/table.ts";

const lifetime_s = 5 * 60;

/** Leads to an event's image: 302 to a URL of S3 that ends after five minutes. 404 where there is no event or no image. */
export const handler = endpoint(async (request) => {
  const id = request.pathParameters?.["id"];
  if (!isId(id)) throw noSuchEvent();

  const command = new GetItemCommand({ TableName: tableName, Key: { id: { S: id } }, ConsistentRead: true });
  const { Item: item } = await send(command, "Ask again.");
  if (!item) throw noSuchEvent();
  const { incarnation, image } = fromItem(item);
  if (!image) throw new Problem(404, "The event has no image.");

  const { url } = await presign("GET", imageKey(id, incarnation, image.upload), {}, lifetime_s);
  return { status: 302, headers: { location: url, "cache-control": "no-store" } };
});
