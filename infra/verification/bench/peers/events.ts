import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { isId, type Event, type NewEvent } from "../../../../functions/_shared/event.ts";
import { parseNewEvent, uuidv7 } from "../../../../functions/_shared/event-body.ts";
import { noSuchEvent, Problem } from "../../../../functions/_shared/problem.ts";
import { represent } from "../../../../functions/_shared/representation.ts";
import { fromItem, toItem } from "../../../../functions/_shared/stored-event.ts";

/**
 * The peers' work besides their framework: the same as our functions', with the same rules and the same
 * item, so that nothing else differs. The client is the usual one.
 */
const client = new DynamoDBClient({});

export interface Answer {
  status: 200 | 201 | 400 | 404 | 409;
  headers: Record<string, string>;
  body: object;
}

/** 400 for an invalid body, otherwise as `storeEvent`. */
export async function createEvent(body: unknown): Promise<Answer> {
  return refusing(() => storeEvent(parseNewEvent(body, undefined)));
}

/** 201, or 409 if the id is taken. */
export async function storeEvent(content: NewEvent): Promise<Answer> {
  const now = new Date().toISOString();
  const event: Event = { ...content, createdAt: now, updatedAt: now, version: 1, incarnation: uuidv7() };
  const command = new PutItemCommand({
    TableName: process.env["TABLE_NAME"],
    Item: toItem(event, content, "request", 1),
    ConditionExpression: "attribute_not_exists(#id)",
    ExpressionAttributeNames: { "#id": "id" },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  return refusing(async () => {
    try {
      await client.send(command);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) throw new Problem(409, "An event with this id exists.");
      throw error;
    }
    const { headers, body } = represent(event);
    return { status: 201, headers: { ...headers, location: `events/${event.id}` }, body };
  });
}

/** 200, or 404 if no event has this id. */
export async function getEvent(id: string | undefined): Promise<Answer> {
  return refusing(async () => {
    if (!isId(id)) throw noSuchEvent();
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: process.env["TABLE_NAME"], Key: { id: { S: id } }, ConsistentRead: true }),
    );
    if (!item) throw noSuchEvent();
    return { status: 200, ...represent(fromItem(item)) };
  });
}

export function refusal(problem: Problem): Answer {
  const { status } = problem;
  if (status !== 400 && status !== 404 && status !== 409) throw problem;
  return { status, headers: {}, body: problem.body("request") };
}

async function refusing(act: () => Promise<Answer>): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Problem) return refusal(error);
    throw error;
  }
}
