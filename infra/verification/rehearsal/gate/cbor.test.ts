import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { generateKeyPairSync } from "node:crypto";
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricStatisticsCommand,
  PutMetricAlarmCommand,
} from "@aws-sdk/client-cloudwatch";
import { SmithyRpcV2CborProtocol } from "@smithy/core/cbor";
import { afterAll, beforeEach, expect, test } from "vitest";
import { listen, stop } from "../../../local/gateway/server.ts";
import { startGate } from "./gate.ts";

// CloudWatch as called by Terraform's provider from 6.64 on: AWS's own client, in CBOR, in front of a JSON moto.

let asked: { url: string | undefined; target: unknown; protocol: unknown; input: unknown }[] = [];
let answer: [status: number, content: object] = [200, {}];

const moto = createServer((request, response) => {
  void json(request).then((input) => {
    const { "x-amz-target": target, "smithy-protocol": protocol } = request.headers;
    asked.push({ url: request.url, target, protocol, input });
    response.writeHead(answer[0], { "content-type": "text" }).end(JSON.stringify(answer[1]));
  });
});
const motoUrl = `http://127.0.0.1:${(await listen(moto, 0)).port}`;
const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const gate = await startGate(motoUrl, { publicKey });
const clientOf = (credentials: { accessKeyId: string; secretAccessKey: string }) =>
  new CloudWatchClient({
    endpoint: gate.url,
    region: "eu-north-1",
    credentials,
    protocol: SmithyRpcV2CborProtocol,
    maxAttempts: 1,
  });
const cloudWatch = clientOf(gate.operator);

beforeEach(() => {
  asked = [];
  answer = [200, {}];
});
afterAll(async () => {
  await gate.stop();
  await stop(moto);
});

const askedFor = (operation: string, input: object) => [
  { url: "/", target: `GraniteServiceVersion20100801.${operation}`, protocol: undefined, input },
];

test("moto gets JSON, and its answer comes back in CBOR, with timestamps", async () => {
  const alarm = { AlarmName: "a", Threshold: 1.5, Period: 60, AlarmActions: ["arn:x"], StateValue: "OK" } as const;
  answer = [200, { MetricAlarms: [{ ...alarm, StateUpdatedTimestamp: 1795992256.63 }], CompositeAlarms: [] }];
  const { MetricAlarms, CompositeAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ["a"] }));
  expect(asked).toEqual(askedFor("DescribeAlarms", { AlarmNames: ["a"] }));
  expect([MetricAlarms, CompositeAlarms]).toEqual([
    [{ ...alarm, StateUpdatedTimestamp: new Date("2026-11-29T22:44:16.630Z") }],
    [],
  ]);
});

test("a timestamp in a request is a number in JSON", async () => {
  const asking = { Namespace: "n", MetricName: "m", Period: 60 };
  const times = { StartTime: new Date(1000), EndTime: new Date(2500) };
  await cloudWatch.send(new GetMetricStatisticsCommand({ ...asking, ...times }));
  expect(asked).toEqual(askedFor("GetMetricStatistics", { ...asking, StartTime: 1, EndTime: 2.5 }));
});

test("moto's refusal comes back in CBOR, with the same name", async () => {
  answer = [404, { __type: "GraniteServiceVersion20100801#ResourceNotFound", message: "Dashboard does not exist" }];
  const refused = cloudWatch.send(new GetDashboardCommand({ DashboardName: "d" }));
  await expect(refused).rejects.toMatchObject({
    name: "ResourceNotFound",
    message: "Dashboard does not exist",
    $metadata: { httpStatusCode: 404 },
  });
});

test("the gate's refusal is in CBOR, and moto is not asked", async () => {
  const stranger = clientOf({ ...gate.operator, secretAccessKey: "another" });
  const put = new PutMetricAlarmCommand({
    AlarmName: "a",
    ComparisonOperator: "GreaterThanThreshold",
    EvaluationPeriods: 1,
  });
  await expect(stranger.send(put)).rejects.toMatchObject({
    name: "AccessDeniedException",
    $metadata: { httpStatusCode: 403 },
  });
  expect(asked).toEqual([]);
});
