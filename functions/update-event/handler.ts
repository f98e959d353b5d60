import { ConditionalCheckFailedException, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { isId, type Event, type NewEvent } from "../_shared/event.ts";
import { needsContent, parseChanges, type Changes } from "../_shared/event-body.ts";
import { endpoint, type Caller } from "../_shared/http.ts";
import { parseJson } from "../_shared/json-body.ts";
import {
  isOwnedByOther,
  notTheOrganizer,
  ownedBy,
  parsePrecondition,
  preconditionFailed,
  type Condition,
} from "../_shared/precondition.ts";
import { noSuchEvent, tooLarge } from "../_shared/problem.ts";
import { represent } from "../_shared/representation.ts";
import {
  fromItem,
  isWrittenBy,
  newWriteCondition,
  toAttributes,
  toStored,
  writerOf,
  writersUpdate,
} from "../_shared/stored-event.ts";
import { aliasesIn, impossibleWrite, isTooLarge, noKey, prime, send, shards, tableName } from "../_shared/table.ts";

/**
 * Merges the given fields into an event: 200 with the whole event. 404 if there is none, 403 if the caller
 * is not its organizer, 412 if no ETag in If-Match matches. PUT does the same as PATCH.
 */
export const handler = endpoint(async (request, caller) => {
  const id = request.pathParameters?.["id"];
  const changes = parseChanges(parseJson(request, ["application/json", "application/merge-patch+json"]), id, caller);
  const precondition = ownedBy(caller, parsePrecondition(request));
  if (!isId(id)) throw noSuchEvent();

  const event = await update(id, changes, precondition, request.requestContext.requestId, caller);

  return { status: 200, ...represent(event) };
});

export const primed = prime(new UpdateItemCommand({ ...impossibleWrite, Key: noKey }));

/** Checks and updates in one atomic write. Returns the updated event. */
async function update(
  id: string,
  changes: Changes,
  precondition: Condition,
  requestId: string,
  caller: Caller,
): Promise<Event> {
  const advice =
    "The event may or may not have been updated: get it and, if it was not, retry with its ETag in If-Match.";
  try {
    const { Attributes: item = {} } = await send(toCommand(id, changes, precondition, requestId), advice);
    return fromItem(item);
  } catch (error) {
    if (isTooLarge(error)) throw tooLarge();
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    if (!error.Item) throw noSuchEvent();
    const event = fromItem(error.Item);
    if (isWrittenBy(requestId, error.Item)) return event;
    if (isOwnedByOther(event, caller)) throw notTheOrganizer();
    if (changes.needed && !event[changes.needed]) throw needsContent();
    throw preconditionFailed();
  }
}

function toCommand(
  id: string,
  { set, removed, needed }: Changes,
  precondition: Condition,
  requestId: string,
): UpdateItemCommand {
  const { event, ...others } = toStored(id, { ...set, updatedAt: new Date().toISOString() }, shards);
  const values = toAttributes({ ...prefixKeys("#event.#", event), ...prefixKeys("#", others) });
  const assignments = [
    ...Object.keys(values).map((path, n) => `${path} = :${n}`),
    "#event.#version = #event.#version + :one",
    writersUpdate,
  ];
  const removals = removed.flatMap((name) => [pathOf(name), ...(name === "organizer" ? ["#byOrganizer"] : [])]);
  const update = `SET ${assignments.join(", ")}${removals.length > 0 ? ` REMOVE ${removals.join(", ")}` : ""}`;
  const condition = [
    precondition.expression,
    newWriteCondition,
    ...(needed ? [`attribute_exists(${pathOf(needed)})`] : []),
  ].join(" AND ");
  return new UpdateItemCommand({
    TableName: tableName,
    Key: { id: { S: id } },
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeNames: aliasesIn(update, condition),
    ExpressionAttributeValues: {
      ...prefixKeys(":", Object.values(values)),
      ":one": { N: "1" },
      ":writer": { S: writerOf(requestId) },
      ...precondition.values,
    },
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
}

function pathOf(name: keyof NewEvent): string {
  return name === "payload" ? "#payload" : `#event.#${name}`;
}

function prefixKeys<Value>(prefix: string, values: Record<string, Value> | Value[]): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}
