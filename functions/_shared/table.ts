import {
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  type $Command,
  type DynamoDBClientResolvedConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from "@aws-sdk/client-dynamodb";
import { HttpResponse } from "@smithy/core/protocols";
import { clientOptions, environment, trimmed } from "./aws-client.ts";
import { isId, type Event } from "./event.ts";
import { Problem } from "./problem.ts";
import { fromItem, type Item } from "./stored-event.ts";
import { untilTimeIsUp, withinTimeLimit } from "./time-limit.ts";

/** A slower attempt is retried. The total is bounded by the invocation's time limit (time-limit.ts). */
const limits = { connection_ms: 1_000, answer_ms: 1_800, body_ms: 600, attempts: 3 };

export const tableName = environment("TABLE_NAME");

/** The number of keys over which an index spreads the events of one value. */
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

/** A key that no event can have: `isId` refuses it. */
export const noKey: Item = { id: { S: "." } };

/** Makes a write that never succeeds. */
export const never = {
  TableName: tableName,
  ConditionExpression: "attribute_exists(#id) AND attribute_not_exists(#id)",
  ExpressionAttributeNames: { "#id": "id" },
};

/**
 * Sends one harmless command of the handler's kind while Lambda loads the function, to open the connection
 * and compile the code that signs, sends and parses: Lambda gives a function full CPU only until its first
 * request. Then pretends a typical response, and lets `use` do with its event what the handler does with one.
 * index.mjs waits for all this, at most a second. Whether it succeeds does not matter. It happens only during
 * Lambda's initialization.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export async function prime<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  command: Command<Input, Output>,
  use: (event: Event) => unknown = () => undefined,
): Promise<void> {
  if (process.env["AWS_LAMBDA_INITIALIZATION_TYPE"] === undefined || process.env["PRIMING"] === "off") return;
  priming.set(command.input, { isSent: false });
  const second = { getRemainingTimeInMillis: () => 2_000 }; // withinTimeLimit reserves one of them
  await withinTimeLimit(second, async () => {
    await send(command, "");
    await send(command, ""); // only pretended: the first time compiled the code, the second warms it up
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

/** By the inputs of the commands that prime. */
const priming = new WeakMap<object, { isSent: boolean }>();

// A command that primes finds nothing or is refused, so it would not reach the code that parses a success. This
// knows it by its very input, so that no other command can get a pretended response.
client.middlewareStack.add(
  (next) => async (args) => {
    const state = priming.get(args.input);
    if (!state) return next(args);
    if (!state.isSent) {
      state.isSent = true;
      await next(args);
    }
    const body = JSON.stringify({ Item: typicalItem, Attributes: typicalItem, Items: [typicalItem] });
    const headers = { date: new Date().toUTCString() };
    return { response: new HttpResponse({ statusCode: 200, headers, body: Buffer.from(body) }) };
  },
  { step: "deserialize", priority: "low" }, // inside the deserializer
);

/** Inputs of commands with an attempt that got no response. */
const lostAnswers = new WeakSet<object>();

/** Inputs of commands whose failure was already reported. */
const givenUp = new WeakSet<object>();

// The SDK reports how many attempts it made, but not why they failed: a throttled attempt has done nothing.
// Nor does it know the time limit: the delay before a retry may end minutes later, when Lambda resumes this
// environment for another event. By then the write must not happen.
client.middlewareStack.add(
  (next) => async (args) => {
    if (givenUp.has(args.input)) throw new Error("The command was abandoned.");
    try {
      return await next(args);
    } catch (error) {
      if (!isRefusal(error) && !isThrottled(error)) lostAnswers.add(args.input);
      throw error;
    }
  },
  { step: "finalizeRequest", priority: "low" }, // inside the retries, so around each attempt
);

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
function isRefusal(error: unknown): error is DynamoDBServiceException {
  // Unknown is a client error without DynamoDB's format: it comes from something in between.
  return (
    error instanceof DynamoDBServiceException &&
    error.$fault === "client" &&
    error.name !== "Unknown" &&
    !isThrottled(error)
  );
}

const throttles = ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"];

/** Whether DynamoDB throttled the command, and so did nothing. */
function isThrottled(error: unknown): boolean {
  return error instanceof DynamoDBServiceException && throttles.includes(error.name);
}
