import { createRequire } from "node:module";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readFunctions, root } from "../../build/functions.ts";
import { between, faults, type Fault, type ServiceCall } from "../../testing/faults.ts";
import { startImages } from "../bucket/images.ts";
import { startDatabase } from "../database/database.ts";
import { runInThread } from "./runner.ts";

const pass: Fault = ({ pass }) => pass();

/** The fault for each call to a service; `calls` has them all. */
let answerCall = pass;
const calls: ServiceCall[] = [];

const [database, images] = [await startDatabase(), await startImages()];
const services = { ...database.environment, ...images.environment };
const proxies = await between((call) => {
  calls.push(call);
  return answerCall(call);
})(services);
const environment = { ...services, ...proxies.environment, AUTH: "off", LABELS: "off" };
const inLambda = { ...environment, AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand" };
const client = new DynamoDBClient({
  region: "local",
  endpoint: services.AWS_ENDPOINT_URL_DYNAMODB,
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
});

afterAll(async () => {
  client.destroy();
  await proxies.stop();
  await images.stop();
  await database.stop();
});

beforeEach(() => {
  answerCall = pass;
  calls.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

interface Loaded {
  handler: (event: object, context: object) => Promise<{ statusCode: number }>;
  primed?: Promise<void>;
}

function load(name: string, variables: Record<string, string>): Loaded {
  for (const [variable, value] of Object.entries(variables)) vi.stubEnv(variable, value);
  const require = createRequire(join(root, "dist", name, "main.cjs"));
  Reflect.deleteProperty(require.cache, require.resolve("./main.cjs"));
  return require("./main.cjs") as Loaded;
}

/** A request that its function answers with 2xx, 302 or, without an event, 404. */
function request(routeKey = "") {
  const json = routeKey.endsWith("/upload-url") ? { contentType: "image/png", contentLength: 1 } : { title: "First" };
  return {
    version: "2.0",
    routeKey,
    rawQueryString: "",
    headers: { "content-type": "application/json" },
    pathParameters: { id: "first" },
    requestContext: { requestId: "first" },
    body: JSON.stringify(json),
  };
}

const context = { getRemainingTimeInMillis: () => 10_000 };

async function items() {
  return (await client.send(new ScanCommand({ TableName: services.TABLE_NAME, ConsistentRead: true }))).Items;
}

function actionOf({ headers }: ServiceCall): string {
  return `dynamodb:${String(headers["x-amz-target"]).split(".")[1]}`;
}

const primed = readFunctions().filter(({ routes }) => routes.length > 0);

const databases: Record<string, Fault> = {
  "is up": pass,
  "is down": faults["hang up"],
  "does not answer": faults["no answer"],
  throttles: faults.throttle,
  "denies access": ({ response }) => {
    response.writeHead(400, { "content-type": "application/x-amz-json-1.0" }).end('{"__type":"AccessDeniedException"}');
  },
};

describe.each(primed)("$name", ({ name, actions, routes }) => {
  describe.each(Object.entries(databases))("loaded in Lambda while the database %s", (_what, fault) => {
    test("sends one permitted command, writes nothing, is ready within 1.5 seconds and answers", async () => {
      answerCall = fault;
      const before = await items();
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });

      const { handler, primed: priming } = load(name, inLambda);
      const state = { isLoaded: false };
      void priming?.then(() => (state.isLoaded = true));
      while (calls.length === 0) await nextTurn();
      for (let time_ms = 0; time_ms < 1_500 && !state.isLoaded; time_ms += 50) {
        await vi.advanceTimersByTimeAsync(50);
        await nextTurn();
      }
      vi.useRealTimers();

      expect({ ...state, calls: calls.map(actionOf) }).toEqual({ isLoaded: true, calls: [expect.any(String)] });
      expect(actions).toContain(calls.map(actionOf)[0]);
      expect(await items()).toEqual(before);
      answerCall = pass;
      calls.length = 0;
      const { statusCode } = await handler(request(routes[0]), context);
      expect([200, 201, 204, 302, 404]).toContain(statusCode);
      expect(calls).not.toEqual([]); // its response is the database's, not the one that priming pretends
    });
  });

  test.each<[string, Fault, (call: ServiceCall) => void]>([
    [
      "is closed before the first request",
      pass,
      ({ response }) => response.once("finish", () => response.socket?.end()),
    ],
    ["is reset by the first request", faults["hang up"], () => undefined],
  ])("answers if the connection from loading %s", async (_what, first, whileLoading) => {
    answerCall = (call) => {
      whileLoading(call);
      return call.pass();
    };
    const { handler, primed: priming } = load(name, inLambda);
    await priming;
    answerCall = (call) => {
      answerCall = pass;
      return first(call);
    };
    const { statusCode } = await handler(request(routes[0]), context);
    expect([200, 201, 204, 302, 404]).toContain(statusCode);
  });

  test("gets its first request only after the command from loading is answered", async () => {
    const order: string[] = [];
    answerCall = async ({ body, pass, response }) => {
      const what = body.includes('"S":"."') ? "nothing" : "the event";
      order.push(`request for ${what}`);
      response.once("finish", () => order.push(`answer for ${what}`));
      for (let turn = 0; turn < 50; turn++) await nextTurn(); // a request that did not wait would arrive in between
      await pass();
    };
    const running = runInThread(join(root, "dist", name, "index.mjs"), {
      name,
      memory_mb: 256,
      timeout_s: 10,
      environment: inLambda,
    });
    await running.invoke(request(routes[0]));
    await running.stop();
    expect(order.slice(0, 3)).toEqual(["request for nothing", "answer for nothing", "request for the event"]);
  });

  test.each([
    ["outside Lambda", environment],
    ["with PRIMING=off", { ...inLambda, PRIMING: "off" }],
  ])("sends nothing while loading %s", async (_what, variables) => {
    await load(name, variables).primed;
    expect(calls).toEqual([]);
  });
});
