import {
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  type $Command,
  type DynamoDBClientResolvedConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from "@aws-sdk/client-dynamodb";
import { clientOptions, environment, trimmed } from "./aws-client.ts";
import { isId, type Event } from "./event.ts";
import { Problem } from "./problem.ts";
import { fromItem, type Item } from "./stored-event.ts";
import { untilTimeIsUp, withinTimeLimit } from "./time-limit.ts";

/** An attempt that takes longer is worth another one. The whole is bounded by the time that Lambda leaves (time-limit.ts). */
const limits = { connection_ms: 1_000, answer_ms: 1_800, body_ms: 600, attempts: 3 };

export const tableName = environment("TABLE_NAME");

/** How many keys of an index share the events of a value. */
export const shards = Number(environment("INDEX_SHARDS"));
if (!(Number.isInteger(shards) && shards >= 1 && shards <= 64))
  throw new Error("The environment variable INDEX_SHARDS must be an integer from 1 to 64.");

const client = trimmed(
  new DynamoDBClient({
    ...clientOptions("dynamodb", limits),
    accountIdEndpointMode: "disabled",
    endpointDiscoveryEnabled: false,
  }),
);

type Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = $Command<
  Input,
  Output,
  DynamoDBClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>;

/** An event as it is now: a strongly consistent read. Undefined where there is none, or no event can have this id. */
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
 * Throws a `Problem` 503 when DynamoDB is away, slow, throttling or answers nonsense, or when the time
 * is up; `advice` tells the caller what to do then. Throws DynamoDB's own exception when it refuses the command itself.
 */
export async function send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  command: Command<Input, Output>,
  advice: string,
): Promise<Output> {
  try {
    return await untilTimeIsUp(client.send(command));
  } catch (error) {
    givenUp.add(command.input);
    if (isRefusal(error)) {
      if (lostAnswers.has(command.input)) lateRefusals.add(error);
      throw error;
    }
    const detail = `The database did not respond as expected. ${advice}`;
    throw new Problem(503, detail, { headers: { "retry-after": "2" }, cause: error });
  }
}

/** The key of no event: `isId` refuses it. */
export const noKey: Item = { id: { S: "." } };

/** What makes a write one that never happens. */
export const never = {
  TableName: tableName,
  ConditionExpression: "attribute_exists(#id) AND attribute_not_exists(#id)",
  ExpressionAttributeNames: { "#id": "id" },
};

/**
 * Sends one harmless command of the kind that the handler sends, while Lambda loads the function. The
 * connection is then open, and the code that signs, sends and parses is compiled: Lambda gives a function
 * whole processors only until its first request. index.mjs waits for it, a second at most. Whether it
 * succeeds does not matter. It is sent once, and only where Lambda says that it initializes.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export async function prime<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  command: Command<Input, Output>,
): Promise<void> {
  if (process.env["AWS_LAMBDA_INITIALIZATION_TYPE"] === undefined || process.env["PRIMING"] === "off") return;
  sentOnce.add(command.input);
  const second = { getRemainingTimeInMillis: () => 2_000 }; // of which an answer would keep one
  await withinTimeLimit(second, () => send(command, "")).catch(() => undefined);
}

/** The inputs of commands that are not worth another attempt. */
const sentOnce = new WeakSet<object>();

/** The inputs of commands of which an attempt had no answer. */
const lostAnswers = new WeakSet<object>();

/** The inputs of commands that have failed, as their callers know. */
const givenUp = new WeakSet<object>();

// The SDK tells how many attempts it made, but not why: one that was throttled has done nothing. Nor does
// it know that the time was up: the pause before an attempt may end minutes later, when Lambda wakes this
// environment for another event, and then nobody wants that write any more.
client.middlewareStack.add(
  (next) => async (args) => {
    if (givenUp.has(args.input)) throw new Error("The command was abandoned.");
    if (sentOnce.has(args.input)) givenUp.add(args.input);
    try {
      return await next(args);
    } catch (error) {
      if (!isRefusal(error) && !isThrottled(error)) lostAnswers.add(args.input);
      throw error;
    }
  },
  { step: "finalizeRequest", priority: "low" }, // after the retries, and so around each attempt
);

const lateRefusals = new WeakSet<Error>();

/**
 * Whether DynamoDB refused a command after the answer to an earlier attempt was lost. That attempt
 * may have done its work, and be what the condition of this one failed at.
 */
export function followsLostAnswer(refusal: Error): boolean {
  return lateRefusals.has(refusal);
}

/** The names in expressions, each behind an alias such as `#status`: hundreds of words are reserved. */
export function aliasesIn(...expressions: string[]): Record<string, string> {
  const found = expressions.join(" ").matchAll(/#(\w+)/g);
  return Object.fromEntries([...found].map(([alias, name = ""]) => [alias, name]));
}

/** DynamoDB caps an item at 400 KB, names and values together, and has no exception of its own for it. */
export function isTooLarge(error: unknown): boolean {
  return isRefusal(error) && /^Item size .*exceeded/.test(error.message);
}

/** Whether DynamoDB understood the command and said no: a failed condition, a missing permission, a bug. */
function isRefusal(error: unknown): error is DynamoDBServiceException {
  // A client error by its status, Unknown is one that lacks DynamoDB's form: somebody else's.
  return (
    error instanceof DynamoDBServiceException &&
    error.$fault === "client" &&
    error.name !== "Unknown" &&
    !isThrottled(error)
  );
}

const throttles = ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"];

/** Whether DynamoDB said "later", and did nothing. */
function isThrottled(error: unknown): boolean {
  return error instanceof DynamoDBServiceException && throttles.includes(error.name);
}
