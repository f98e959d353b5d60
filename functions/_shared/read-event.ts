import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { isId, type Event } from "./event.ts";
import { fromItem } from "./stored-event.ts";
import { send, tableName } from "./table.ts";

/** An event as it is now: a strongly consistent read. Undefined where there is none, or no event can have this id. */
export async function readEvent(id: string | undefined, advice = "Ask again."): Promise<Event | undefined> {
  if (!isId(id)) return undefined;
  const command = new GetItemCommand({ TableName: tableName, Key: { id: { S: id } }, ConsistentRead: true });
  const { Item: item } = await send(command, advice);
  return item && fromItem(item);
}
