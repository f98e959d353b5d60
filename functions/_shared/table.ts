import { ConditionalCheckFailedException, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { ServiceException } from "@smithy/core/client";
import { connect, environment, exchangeWithin, retrying, type Command } from "./aws-client.ts";
import { isId, type Event } from "./event.ts";
import { unavailable } from "./problem.ts";
import { fromItem, type Item } from "./stored-event.ts";
import { withinTimeLimit } from "./time-limit.ts";

export const tableName = environment("TABLE_NAME");

/** The number of keys over which an index spreads the events of one value. */
export const shards = Number(environment("INDEX_SHARDS"));
if (!(Number.isInteger(shards) && shards >= 1 && shards <= 64))
  throw new Error("The environment variable INDEX_SHARDS must be an integer from 1 to 64.");

const attempt = connect({
  name: "dynamodb",
  target: "DynamoDB_20120810",
  version: "1.0",
  exceptions: { ConditionalCheckFailedException },
  // A slower attempt is retried. The total is bounded by the invocation's time limit (time-limit.ts).
  exchange: exchangeWithin({ connection_ms: 1_000, answer_ms: 1_800, body_ms: 600 }),
});
const repeat = retrying(3);

/** Reads an event with strong consistency. Undefined if there is none or the id is invalid. */
export async function readEvent(id: string | undefined, advice = "Retry the request."): Promise<Event | undefined> {
  if (!isId(id)) return undefined;
  const { Item: item } = await send(getItem({ id: { S: id } }), advice);
  return item && fromItem(item);
}

export function getItem(key: Item): GetItemCommand {
  return new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true });
}

/**
 * Sends one command to DynamoDB.
 *
 * Throws a `Problem` 503 when DynamoDB is unreachable, slow, throttling or responds with garbage, or when
 * the time limit is reached; `advice` tells the caller what to do. Rethrows DynamoDB's exception when it
 * refuses the command itself.
 */
export async function send<Output extends object>(
  command: Command<Output>,
  advice: string,
  repeatedly = repeat,
): Promise<Output> {
  const failures: unknown[] = [];
  try {
    return await repeatedly(() =>
      attempt(command).catch((error: unknown) => {
        failures.push(error);
        throw error;
      }),
    );
  } catch (error) {
    if (isRefusal(error)) {
      if (!failures.every(hasDoneNothing)) lateRefusals.add(error);
      throw error;
    }
    throw unavailable("The database", advice, error);
  }
}

/** A key that no event can have: `isId` refuses it. */
export const noKey: Item = { id: { S: "." } };

/** For a write that never succeeds. */
export const impossibleWrite = {
  TableName: tableName,
  ConditionExpression: "attribute_exists(#id) AND attribute_not_exists(#id)",
  ExpressionAttributeNames: { "#id": "id" },
};

/**
 * Sends one harmless command of the handler's kind while Lambda loads the function, to open the connection
 * and compile the code that signs, sends and parses: Lambda gives a function full CPU only until its first
 * request. Then lets `use` do with a typical event what the handler does with one. index.mjs waits for all this,
 * at most a second. Whether it succeeds does not matter. It happens only during
 * Lambda's initialization.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export async function prime<Output extends object>(
  command: Command<Output>,
  use: (event: Event) => unknown = () => undefined,
): Promise<void> {
  if (process.env["AWS_LAMBDA_INITIALIZATION_TYPE"] === undefined || process.env["PRIMING"] === "off") return;
  const second = { getRemainingTimeInMillis: () => 2_000 }; // withinTimeLimit reserves one of them
  await withinTimeLimit(second, async () => {
    await send(command, "", retrying(1)).catch(() => undefined); // a write is refused
    use(fromItem(typicalItem));
  }).catch(() => undefined);
  // Otherwise the first request may have to collect what loading left. Lambda runs Node.js with --expose-gc.
  globalThis.gc?.({ type: "minor" });
}

const typicalItem: Item = {
  ...noKey,
  incarnation: { S: "" },
  event: { M: { title: { S: "Example" }, capacity: { N: "1" }, version: { N: "1" } } },
  payload: { S: "{}" },
  writers: { L: [{ S: "" }] },
};

const lateRefusals = new WeakSet<Error>();

/**
 * Whether DynamoDB refused a command after the response to an earlier attempt was lost. That attempt may
 * have succeeded and so made this condition fail.
 */
export function followsLostAnswer(refusal: Error): boolean {
  return lateRefusals.has(refusal);
}

/** Maps each alias in the expressions, such as `#status`, to its name: DynamoDB reserves hundreds of words. */
export function aliasesIn(...expressions: string[]): Record<string, string> {
  const found = expressions.join(" ").matchAll(/#(\w+)/g);
  return Object.fromEntries([...found].map(([alias, name = ""]) => [alias, name]));
}

/** DynamoDB limits an item to 400 KB and has no exception of its own for that. */
export function isTooLarge(error: unknown): boolean {
  return isRefusal(error) && /^Item size .*exceeded/.test(error.message);
}

/** Whether DynamoDB understood the command and refused it: a failed condition, a missing permission, a bug. */
function isRefusal(error: unknown): error is ServiceException {
  // Unknown is a client error without DynamoDB's format: it comes from something in between.
  return (
    error instanceof ServiceException && error.$fault === "client" && error.name !== "Unknown" && !isThrottled(error)
  );
}

const throttles = ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"];

function isThrottled(error: unknown): boolean {
  return error instanceof ServiceException && throttles.includes(error.name);
}

/** Otherwise the response to an attempt was lost, and it may have succeeded. */
function hasDoneNothing(error: unknown): boolean {
  return isRefusal(error) || isThrottled(error);
}
