import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { makePng } from "../../../../local/bucket/sample-images.ts";
import type { HttpAnswer } from "../../../../local/gateway/gateway-answer.ts";
import type { Invoke } from "./lambda.ts";
import { makeRepairs, type Repairs } from "./repairs.ts";
import { jsonAnswer, jsonOf, serviceRequest, type ServiceRequest } from "../service-request.ts";

let repairs: Repairs;
let invoke: Invoke;

beforeEach(() => {
  repairs = makeRepairs(
    () => invoke,
    (bucket, key) => Promise.resolve(bucket === "b" && key === "png" ? makePng() : undefined),
  );
});

/** Sends a request through the repairs, with moto's answer; without one moto must not be asked. */
async function send(request: ServiceRequest, status?: number, moto: object = {}): Promise<HttpAnswer> {
  return repairs.repair(request, () => {
    if (status === undefined) throw new Error("moto was asked");
    return Promise.resolve(
      jsonAnswer(status, moto, [
        ["x-amz-crc32", "1"],
        ["x-amzn-requestid", "2"],
      ]),
    );
  });
}

function request(
  service: string,
  method: string,
  url: string,
  input?: object | string,
  headers: NodeJS.Dict<string[]> = {},
): ServiceRequest {
  const body = Buffer.from(typeof input === "string" ? input : JSON.stringify(input ?? {}));
  return serviceRequest({ method, url, headers, body }, service, "eu-north-1");
}

function json(service: string, operation: string, input: object): ServiceRequest {
  return request(service, "POST", "/", input, { "x-amz-target": [`Target.${operation}`] });
}

describe("DynamoDB", () => {
  const maximum = (units: number) => ({ MaxReadRequestUnits: units, MaxWriteRequestUnits: units });
  const described = { Table: { TableName: "t", GlobalSecondaryIndexes: [{ IndexName: "i" }, { IndexName: "j" }] } };

  test("describes the maximum throughput of a table and its indexes, without moto's checksum", async () => {
    const GlobalSecondaryIndexes = [
      { IndexName: "i", OnDemandThroughput: maximum(2) },
      { IndexName: "j", OnDemandThroughput: maximum(3) },
    ];
    await send(json("dynamodb", "CreateTable", { TableName: "t", GlobalSecondaryIndexes }), 200);
    await send(json("dynamodb", "UpdateTable", { TableName: "t", OnDemandThroughput: maximum(1) }), 200);
    const answer = await send(json("dynamodb", "DescribeTable", { TableName: "t" }), 200, described);
    expect(answer.headers).toEqual([
      ["content-type", "application/json"],
      ["x-amzn-requestid", "2"],
    ]);
    expect(jsonOf(answer)).toEqual({
      Table: {
        TableName: "t",
        OnDemandThroughput: maximum(1),
        GlobalSecondaryIndexes: [
          { IndexName: "i", OnDemandThroughput: maximum(2) },
          { IndexName: "j", OnDemandThroughput: maximum(3) },
        ],
      },
    });
  });

  test("keeps moto's warm throughput, for which version 6 of Terraform's provider waits", async () => {
    const WarmThroughput = { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 4_000, Status: "ACTIVE" };
    const warm = {
      Table: { TableName: "t", WarmThroughput, GlobalSecondaryIndexes: [{ IndexName: "i", WarmThroughput }] },
    };
    expect(jsonOf(await send(json("dynamodb", "DescribeTable", { TableName: "t" }), 200, warm))).toEqual(warm);
  });

  test("passes writes of items one at a time, even after a failed one, and reads at once", async () => {
    const passed: string[] = [];
    const pass = (operation: string, fails = false) =>
      repairs.repair(json("dynamodb", operation, { TableName: "t" }), async () => {
        passed.push(`${operation} begins`);
        await new Promise(setImmediate);
        if (fails) throw new Error("moto is away");
        passed.push(`${operation} ends`);
        return jsonAnswer(200, {});
      });
    await Promise.allSettled([pass("PutItem"), pass("UpdateItem", true), pass("DeleteItem"), pass("GetItem")]);
    expect(passed.filter((each) => !each.startsWith("GetItem"))).toEqual([
      "PutItem begins",
      "PutItem ends",
      "UpdateItem begins",
      "DeleteItem begins",
      "DeleteItem ends",
    ]);
    expect(passed.indexOf("GetItem begins")).toBeLessThan(passed.indexOf("PutItem ends"));
  });

  test("has no maximum for a deleted table, or one that was not created", async () => {
    await send(json("dynamodb", "CreateTable", { TableName: "t", OnDemandThroughput: maximum(1) }), 200);
    await send(json("dynamodb", "CreateTable", { TableName: "u", OnDemandThroughput: maximum(1) }), 400);
    await send(json("dynamodb", "DeleteTable", { TableName: "t" }), 200);
    for (const TableName of ["t", "u"]) {
      expect(jsonOf(await send(json("dynamodb", "DescribeTable", { TableName }), 200, described))).toEqual(described);
    }
  });
});

describe("Lambda", () => {
  const zip = Buffer.from("a zip");
  const sha256 = createHash("sha256").update(zip).digest("base64");
  const path = "/2015-03-31/functions";
  const json = { LogFormat: "JSON", LogGroup: "/g" };
  const create = {
    FunctionName: "f",
    Code: { ZipFile: zip.toString("base64") },
    LoggingConfig: json,
  };

  test("keeps uploaded zips", async () => {
    await send(request("lambda", "POST", path, create), 201, { FunctionName: "f", Version: "1" });
    expect([repairs.zipOf(sha256), repairs.zipOf("x")]).toEqual([zip, undefined]);
    const other = Buffer.from("another");
    await send(request("lambda", "PUT", `${path}/f/code`, { ZipFile: other.toString("base64") }), 200, {});
    expect(repairs.zipOf(createHash("sha256").update(other).digest("base64"))).toEqual(other);
  });

  test("describes logging", async () => {
    await send(request("lambda", "POST", path, create), 201, { FunctionName: "f", Version: "1" });
    const configuration = { FunctionName: "f", Version: "1" };
    expect(jsonOf(await send(request("lambda", "GET", `${path}/f/configuration`), 200, configuration))).toEqual({
      ...configuration,
      LoggingConfig: json,
    });
    const found = { Configuration: configuration };
    expect(jsonOf(await send(request("lambda", "GET", `${path}/f?Qualifier=1`), 200, found))).toEqual({
      Configuration: { ...configuration, LoggingConfig: json },
    });
  });

  test("changes an alias's revision with each update, and refuses an outdated one", async () => {
    const alias = `${path}/f/aliases/live`;
    const revisionOf = async (sent: ServiceRequest, status: number) =>
      jsonOf(await send(sent, status, { Name: "live" }))["RevisionId"];
    const first = await revisionOf(request("lambda", "POST", `${path}/f/aliases`, { Name: "live" }), 201);
    expect(await revisionOf(request("lambda", "GET", alias), 201)).toBe(first);
    const second = await revisionOf(request("lambda", "PUT", alias, { RevisionId: first }), 200);
    expect(second).not.toBe(first);
    expect(repairs.aliasOf("f", "live")).toEqual({ Name: "live", RevisionId: second });
    const stale = await send(request("lambda", "PUT", alias, { RevisionId: first }));
    expect([stale.status, stale.headers[1]]).toEqual([412, ["x-amzn-errortype", "PreconditionFailedException"]]);
    expect((await send(request("lambda", "GET", alias), 201, { Name: "live" })).status).toBe(200);
  });

  test("keeps the configuration of asynchronous calls for each alias", async () => {
    const of = (alias: string) => `/2019-09-25/functions/f/event-invoke-config?Qualifier=${alias}`;
    const first = { MaximumRetryAttempts: 0 };
    const second = { MaximumRetryAttempts: 1, DestinationConfig: { OnFailure: { Destination: "arn:q" } } };
    await send(request("lambda", "PUT", of("live"), first), 200, {});
    await send(request("lambda", "PUT", of("live"), second), 200, first);
    await send(request("lambda", "PUT", of("next"), first), 404);
    expect(["live", "next"].map((alias) => repairs.invokeConfigOf("f", alias))).toEqual([second, undefined]);
    expect(jsonOf(await send(request("lambda", "GET", of("live")), 200, { FunctionArn: "arn:f", ...first }))).toEqual({
      FunctionArn: "arn:f",
      ...second,
    });
    await send(request("lambda", "DELETE", of("live")), 204);
    expect(repairs.invokeConfigOf("f", "live")).toBeUndefined();
  });

  test("invokes the gate's handler, and reports what it throws", async () => {
    const sent = request("lambda", "POST", `${path}/f:live/invocations`, { a: 1 });
    invoke = (...call) => Promise.resolve(call);
    const answered = await send(sent);
    expect([answered.status, answered.body.toString()]).toEqual([200, '["f","live",{"a":1}]']);
    invoke = () => Promise.reject(new Error("no"));
    const { status, headers, body } = await send(sent);
    expect([status, headers.at(-1), body.toString()]).toEqual([
      200,
      ["x-amz-function-error", "Unhandled"],
      '{"errorType":"Error","errorMessage":"Error: no"}',
    ]);
  });
});

describe("Budgets", () => {
  test("has tags", async () => {
    const tagged = { Budget: { BudgetName: "b" }, ResourceTags: [{ Key: "a", Value: "1" }] };
    await send(json("budgets", "CreateBudget", tagged), 200);
    const tagsOf = async (name: string) => {
      const ResourceARN = `arn:aws:budgets::111122223333:budget/${name}`;
      return jsonOf(await send(json("budgets", "ListTagsForResource", { ResourceARN })));
    };
    expect([await tagsOf("b"), await tagsOf("c")]).toEqual([
      { ResourceTags: [{ Key: "a", Value: "1" }] },
      { ResourceTags: [] },
    ]);
  });
});

test("CloudWatch Logs keeps saved queries", async () => {
  const { queryDefinitionId } = jsonOf(
    await send(json("logs", "PutQueryDefinition", { name: "app/errors", queryString: "fields @message" })),
  );
  const list = async (queryDefinitionNamePrefix: string) =>
    jsonOf(await send(json("logs", "DescribeQueryDefinitions", { queryDefinitionNamePrefix })))["queryDefinitions"];
  expect(await list("app/")).toMatchObject([
    { queryDefinitionId, name: "app/errors", queryString: "fields @message", logGroupNames: [] },
  ]);
  expect(await list("other/")).toEqual([]);
  expect(jsonOf(await send(json("logs", "DeleteQueryDefinition", { queryDefinitionId })))).toEqual({ success: true });
  expect(await list("")).toEqual([]);
});

describe("Rekognition", () => {
  const detect = async (Name: string) => {
    const { status, body } = await send(
      json("rekognition", "DetectLabels", { Image: { S3Object: { Bucket: "b", Name } }, MinConfidence: 80 }),
    );
    return [status, body.toString()];
  };

  test("labels an image as the local run does", async () => {
    expect(await detect("png")).toEqual([
      200,
      expect.stringContaining('{"Name":"Local stand-in: PNG","Confidence":100}'),
    ]);
  });

  test("has no labels for a missing object", async () => {
    expect(await detect("other")).toEqual([400, expect.stringContaining("InvalidS3ObjectException")]);
  });
});

describe("S3", () => {
  test.each(["policy", "notification"])("keeps a bucket's %s from moto, until the bucket is deleted", async (kind) => {
    await send(request("s3", "PUT", `/b?${kind}`, "{}"));
    expect((await send(request("s3", "GET", `/b?${kind}`))).body.toString()).toBe("{}");
    await send(request("s3", "DELETE", "/b"), 204);
    expect((await send(request("s3", "GET", `/b?${kind}`), 404)).status).toBe(404);
  });

  test("closes a new bucket to the public until it is opened", async () => {
    const closed = async () => (await send(request("s3", "GET", "/b?publicAccessBlock"), 404)).status === 200;
    const answer = await send(request("s3", "GET", "/b?publicAccessBlock"), 404);
    expect([answer.status, answer.body.toString().match(/>true</g)]).toEqual([200, Array(4).fill(">true<")]);
    await send(request("s3", "DELETE", "/b?publicAccessBlock"), 204);
    expect(await closed()).toBe(false);
    await send(request("s3", "DELETE", "/b"), 204);
    expect(await closed()).toBe(true);
  });

  test("gives a bucket's notification to the deliveries", async () => {
    await send(request("s3", "PUT", "/b?notification", "<N/>"));
    expect([repairs.notificationOf("b"), repairs.notificationOf("c")]).toEqual(["<N/>", undefined]);
  });

  test("gives a bucket's policy to the permissions", async () => {
    await send(request("s3", "PUT", "/b?policy", "{}"));
    expect([repairs.bucketPolicyOf("b"), repairs.bucketPolicyOf("c")]).toEqual(["{}", undefined]);
    await send(request("s3", "DELETE", "/b?policy"));
    expect(repairs.bucketPolicyOf("b")).toBeUndefined();
  });
});

test("other answers pass unchanged", async () => {
  expect(jsonOf(await send(json("sqs", "CreateQueue", {}), 200, { QueueUrl: "x" }))).toEqual({ QueueUrl: "x" });
});
