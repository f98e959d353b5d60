import { ConditionalCheckFailedException, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { Event } from "../_shared/event.ts";
import { parseNewEvent, uuidv7 } from "../_shared/event-body.ts";
import { endpoint, type Caller, type Request } from "../_shared/http.ts";
import { parseJson } from "../_shared/json-body.ts";
import { rejectPrecondition } from "../_shared/precondition.ts";
import { Problem, tooLarge } from "../_shared/problem.ts";
import { represent } from "../_shared/representation.ts";
import { fromItem, isWrittenBy, toItem, type Item } from "../_shared/stored-event.ts";
import { impossibleWrite, isTooLarge, noKey, prime, send, shards, tableName } from "../_shared/table.ts";

/**
 * Creates an event: 201. Repeated with the same id and content: 200 with the stored event, so that a
 * caller who lost the response can retry. The same id with other content, or by another caller, who would
 * be the organizer: 409.
 */
export const handler = endpoint(async (request, caller) => {
  const { requestId } = request.requestContext;
  const { event, item } = newEvent(parseJson(request), caller, requestId);
  rejectPrecondition(request);

  const existing = await put(item, event.id);

  if (existing === undefined || isWrittenBy(requestId, existing)) {
    const { headers, body } = represent(event);
    return { status: 201, headers: { ...headers, location: `events/${event.id}` }, body };
  }
  if (existing["contentDigest"]?.S !== item["contentDigest"]?.S) {
    throw new Problem(409, "An event with this id was already created with different content: choose another id.");
  }
  return { status: 200, ...represent(fromItem(existing)) };
});

/** With every field, to compile the code that reads, validates and stores them. */
const exampleBody = {
  type: "example",
  title: "Example",
  description: "Example",
  date: "2026-01-01T00:00:00Z",
  location: "Example",
  capacity: 1,
  organizer: "Example",
  status: "draft",
  payload: {},
};
const headers = { "content-type": "application/json" };
const exampleRequest: Partial<Request> = { headers, body: JSON.stringify(exampleBody) };
const example = newEvent(parseJson(exampleRequest as Request), undefined, "");
export const primed = prime(new PutItemCommand({ ...impossibleWrite, Item: { ...example.item, ...noKey } }), represent);

/** Throws a `Problem` 400 for an invalid body, 413 for one that is too large. */
function newEvent(body: unknown, caller: Caller, requestId: string): { event: Event; item: Item } {
  const content = parseNewEvent(body, caller);
  const now = new Date().toISOString();
  const event: Event = { ...content, createdAt: now, updatedAt: now, version: 1, incarnation: uuidv7() };
  return { event, item: toItem(event, content, requestId, shards) };
}

/** Stores a new item, or returns the existing one unchanged: one round trip either way. */
async function put(item: Item, id: string): Promise<Item | undefined> {
  const command = new PutItemCommand({
    TableName: tableName,
    Item: item,
    ConditionExpression: "attribute_not_exists(#id)",
    ExpressionAttributeNames: { "#id": "id" },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  try {
    await send(command, `The event may or may not have been created: retry with the id ${id}.`);
    return undefined;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException && error.Item) return error.Item;
    if (isTooLarge(error)) throw tooLarge();
    throw error;
  }
}
