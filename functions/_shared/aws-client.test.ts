import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { DetectLabelsCommand, InvalidS3ObjectException, RekognitionClient } from "@aws-sdk/client-rekognition";
import { getOmitRetryHeadersPlugin } from "@smithy/core/retry";
import { HttpRequest, HttpResponse } from "@smithy/core/transport";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Command } from "./aws-client.ts";

const names = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "TABLE_NAME"];

beforeEach(() => {
  for (const name of names) vi.stubEnv(name, name);
  vi.stubEnv("INDEX_SHARDS", "4");
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

test.each(
  [...names, "INDEX_SHARDS"].flatMap(
    (name) =>
      [
        [name, undefined],
        [name, ""],
      ] as const,
  ),
)("loading fails with the name of the variable: %s=%j", async (name, value) => {
  vi.stubEnv(name, value);
  await expect(import("./table.ts")).rejects.toThrow(`The environment variable ${name} is not set.`);
});

test.each(["0", "1.5", "-1", "65", "many", "4 shards"])("loading fails with an INDEX_SHARDS of %j", async (value) => {
  vi.stubEnv("INDEX_SHARDS", value);
  await expect(import("./table.ts")).rejects.toThrow(
    "The environment variable INDEX_SHARDS must be an integer from 1 to 64.",
  );
});

test("reads the number of shards from INDEX_SHARDS", async () => {
  expect((await import("./table.ts")).shards).toBe(4);
});

test("reads region and credentials from the environment", async () => {
  const { credentials, region } = await import("./aws-client.ts");
  expect([region, credentials]).toEqual([
    "AWS_REGION",
    { accessKeyId: "AWS_ACCESS_KEY_ID", secretAccessKey: "AWS_SECRET_ACCESS_KEY", sessionToken: "AWS_SESSION_TOKEN" },
  ]);
});

describe("a request", () => {
  const patient = { connection_ms: 60_000, answer_ms: 60_000, body_ms: 60_000 };
  const never = { getRemainingTimeInMillis: () => 1e6 };

  /** Sends one to a service that does this; gives the error, once its connection is closed. */
  async function failure(answer: (response: ServerResponse) => unknown, limits: object, context = never) {
    const [{ exchangeWithin }, { withinTimeLimit }] = [
      await import("./aws-client.ts"),
      await import("./time-limit.ts"),
    ];
    const sockets: Socket[] = [];
    const service = createServer((_request, response) => answer(response));
    service.on("connection", (socket) => sockets.push(socket));
    await once(service.listen(0, "127.0.0.1"), "listening");
    const { port } = service.address() as AddressInfo;
    const request = new HttpRequest({ protocol: "http:", hostname: "127.0.0.1", port, path: "/", method: "GET" });
    const exchange = exchangeWithin({ ...patient, ...limits });
    const error: unknown = await withinTimeLimit(context, () => exchange(request)).catch((error: unknown) => error);
    await once(service.close(), "close"); // it waits for the connections
    expect(sockets).toHaveLength(1);
    return error;
  }

  test.each<[string, (response: ServerResponse) => unknown, object, string]>([
    ["whose answer does not begin in time", () => undefined, { answer_ms: 1 }, "TimeoutError"],
    ["whose body does not end in time", (response) => response.write("{"), { body_ms: 1 }, "TimeoutError"],
    ["whose connection is reset", (response) => response.destroy(), {}, "ECONNRESET"],
    [
      "whose connection is reset within the body",
      (response) => response.writeHead(200).write("{", () => response.destroy()),
      {},
      "ECONNRESET",
    ],
  ])("%s fails, and so does its connection", async (_what, answer, limits, name) => {
    expect(await failure(answer, limits)).toMatchObject({ name });
  });

  test("is given up when the invocation's time is up", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const context = { getRemainingTimeInMillis: () => 10_000 };
    const error = await failure(() => vi.advanceTimersByTime(9_000), {}, context);
    expect(error).toMatchObject({ message: "The time limit was reached." });
  });
});

describe("retrying", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(1); // the longest delays
  });
  afterEach(() => vi.restoreAllMocks());

  const throttled = { name: "ThrottlingException" };
  const lost = { code: "ECONNRESET" };
  const away = { $metadata: { httpStatusCode: 503 } };
  const refused = { name: "ValidationException", $metadata: { httpStatusCode: 400 } };
  const slowDown = { ...away, $response: new HttpResponse({ statusCode: 503, headers: { "retry-after": "3" } }) };

  /** What becomes of attempts that fail with these errors, one after the other, and then succeed; and when each began. */
  async function outcome(errors: object[], attempts = 3) {
    const { retrying } = await import("./aws-client.ts");
    const left = errors.map((fields) => Object.assign(new Error(), fields));
    const [start_ms, began_ms] = [Date.now(), [] as number[]];
    const attempt = () => {
      began_ms.push(Date.now() - start_ms);
      const error = left.shift();
      return error ? Promise.reject(error) : Promise.resolve("done");
    };
    const result = retrying(attempts)(attempt).catch((error: unknown) => ({ ...(error as object) }));
    await vi.runAllTimersAsync();
    return { result: await result, began_ms };
  }

  test.each<[what: string, errors: object[], result: unknown, attempts: number]>([
    ["a success is not repeated", [], "done", 1],
    ["a refusal is not repeated", [refused], refused, 1],
    ["throttling is repeated", [throttled], "done", 2],
    ["a lost connection and an error of the service are repeated", [lost, away], "done", 3],
    ["the error of the last attempt counts", [lost, away, throttled], throttled, 3],
  ])("%s", async (_what, errors, result, attempts) => {
    const { began_ms, ...rest } = await outcome(errors);
    expect({ ...rest, attempts: began_ms.length }).toEqual({ result, attempts });
  });

  test("obeys Retry-After", async () => {
    expect(await outcome([slowDown])).toEqual({ result: "done", began_ms: [0, 3_000] });
  });

  test("stops when the quota for retries is used up; successes restore it", async () => {
    const { retrying } = await import("./aws-client.ts");
    const repeat = retrying(2);
    const failing = async (times: number) => {
      let attempts = 0;
      const result = repeat(() =>
        ++attempts > times ? Promise.resolve() : Promise.reject(Object.assign(new Error(), lost)),
      );
      await Promise.allSettled([result, vi.runAllTimersAsync()]);
      return attempts;
    };
    const restored: number[] = [];
    for (let n = 0; n < 200; n++) restored.push(await failing(1));
    expect(restored).toEqual(Array(200).fill(2));

    const used: number[] = [];
    for (let n = 0; n < 200; n++) used.push(await failing(2));
    expect([used.at(0), used.at(-1)]).toEqual([2, 1]);
  });
});

describe("a command is sent, and its response read, as by the SDK's own client:", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 2, 15) }); // part of a signature
  });

  type Answer = [status: number, body: string];

  /** How each sends one command and reads this answer. */
  async function sendBoth(command: Command<object>, region: string, [status, body]: Answer) {
    vi.stubEnv("AWS_REGION", region);
    vi.resetModules();
    const { connect, credentials } = await import("./aws-client.ts");
    const requests: HttpRequest[] = [];
    const exchange = (request: HttpRequest) => {
      requests.push(request);
      return Promise.resolve({ statusCode: status, headers: {}, body: Buffer.from(body) });
    };
    const requestHandler = {
      handle: async (request: HttpRequest) => ({ response: new HttpResponse(await exchange(request)) }),
    };
    const options = { region, credentials, requestHandler, maxAttempts: 1 };

    const isRekognition = command instanceof DetectLabelsCommand;
    const sdk = isRekognition ? new RekognitionClient(options) : new DynamoDBClient(options);
    // Without the headers that only describe the SDK and the attempt.
    sdk.middlewareStack.use(getOmitRetryHeadersPlugin({}));
    sdk.middlewareStack.remove("getUserAgentMiddleware");
    const ours = isRekognition
      ? connect({
          name: "rekognition",
          target: "RekognitionService",
          version: "1.1",
          exceptions: { InvalidS3ObjectException },
          exchange,
        })
      : connect({
          name: "dynamodb",
          target: "DynamoDB_20120810",
          version: "1.0",
          exceptions: { ConditionalCheckFailedException },
          exchange,
        });

    const results = [
      await settle((sdk as { send: (one: object) => Promise<object> }).send(command)),
      await settle(ours(command)),
    ];
    return { requests: requests.map(plain), results };
  }

  /** Without what each SDK client adds to a result: `$metadata` besides the status, and hints to messages. */
  async function settle(sent: Promise<object>): Promise<object> {
    try {
      return { ...(await sent), $metadata: undefined };
    } catch (error) {
      const { name, message, $fault, $metadata, Item: item } = error as ConditionalCheckFailedException;
      const isDistinguished = [ConditionalCheckFailedException, InvalidS3ObjectException].map(
        (one) => error instanceof one,
      );
      const [firstLine] = message.split("\n");
      return { name, message: firstLine, $fault, status: $metadata.httpStatusCode, item, isDistinguished };
    }
  }

  function plain({ protocol, hostname, port, method, path, query, headers, body }: HttpRequest) {
    const text = Buffer.from(body as Uint8Array).toString();
    return { protocol, hostname, port, method, path, query, headers: { ...headers }, body: text };
  }

  // Members are in the order of the SDK's schemas.
  const table = { TableName: "events" };
  const key = { id: { S: "Zürich ☕ \u2028" } };
  const item = {
    ...key,
    event: { M: { capacity: { N: "12.50" }, title: { S: 'a "title"\n' }, none: { NULL: true }, yes: { BOOL: false } } },
    writers: { L: [{ S: "" }, { S: "b" }] },
  };
  const condition = {
    ConditionExpression: "#version = :version",
    ExpressionAttributeNames: { "#version": "version" },
    ExpressionAttributeValues: { ":version": { N: "1" } },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
  };
  const get = new GetItemCommand({ ...table, Key: key, ConsistentRead: true });
  const put = new PutItemCommand({ ...table, Item: item, ...condition });
  const detect = new DetectLabelsCommand({ Image: { S3Object: { Bucket: "b", Name: "k" } }, MinConfidence: 80.5 });

  test.each([
    ["GetItem", get],
    ["PutItem", put],
    ["UpdateItem", new UpdateItemCommand({ ...table, Key: key, UpdateExpression: "SET a = :version", ...condition })],
    ["DeleteItem", new DeleteItemCommand({ ...table, Key: key, ReturnValues: "ALL_OLD", ...condition })],
    [
      "Query",
      new QueryCommand({
        ...table,
        IndexName: "by-type",
        Limit: 20,
        ScanIndexForward: false,
        ExclusiveStartKey: key,
        KeyConditionExpression: "t = :t",
        ExpressionAttributeValues: { ":t": { S: "x" } },
      }),
    ],
    ["DetectLabels", detect],
  ])("%s", async (_operation, command) => {
    for (const region of ["us-east-1", "ap-southeast-1"]) {
      const { requests, results } = await sendBoth(command, region, [200, "{}"]);
      expect(requests[1]).toEqual(requests[0]);
      expect(requests[0]?.headers["authorization"]).toContain(`/${region}/`);
      expect(results[1]).toEqual(results[0]);
    }
  });

  const type = "com.amazonaws.dynamodb.v20120810#";
  const answers: [what: string, ...Answer][] = [
    ["an item", 200, JSON.stringify({ Item: item })],
    ["nothing", 200, "{}"],
    ["half of its JSON", 200, '{"Item": {"id"'],
    [
      "a failed condition with its item",
      400,
      JSON.stringify({ __type: `${type}ConditionalCheckFailedException`, message: "The condition failed", Item: item }),
    ],
    ["a failed condition", 400, `{"__type":"${type}ConditionalCheckFailedException"}`],
    ["throttling", 400, `{"__type":"${type}ThrottlingException","message":"Slow down"}`],
    ["a missing permission", 400, '{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"No"}'],
    ["a name without a namespace", 400, '{"__type":"ValidationException","message":"No"}'],
    ["an error of its own", 500, `{"__type":"${type}InternalServerError","message":"Sorry"}`],
    ["an error without a name", 400, '{"message":"What?"}'],
    ["an error in HTML", 503, "<html>Service Unavailable</html>"],
  ];

  test.each(answers)("%s", async (_what, ...answer) => {
    const { results } = await sendBoth(get, "us-east-1", answer);
    expect(results[1]).toEqual(results[0]);
  });

  test.each<[string, ...Answer]>([
    ["labels", 200, '{"Labels":[{"Name":"Cat","Confidence":99.25}]}'],
    ["an exception of Rekognition", 400, '{"__type":"InvalidS3ObjectException","Message":"Unable to get object"}'],
  ])("%s", async (_what, ...answer) => {
    const { results } = await sendBoth(detect, "us-east-1", answer);
    expect(results[1]).toEqual(results[0]);
  });
});
