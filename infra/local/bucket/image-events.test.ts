import { describe, expect, test } from "vitest";
import { startImageEvents, type DeadLetter } from "./image-events.ts";

/** Its function fails this many times. */
function start(failures: number) {
  const invoked: object[] = [];
  const letters: DeadLetter[] = [];
  const invoke = (event: object) => {
    invoked.push(event);
    return invoked.length > failures ? Promise.resolve(null) : Promise.reject(new TypeError(`no ${invoked.length}`));
  };
  return { invoked, letters, ...startImageEvents(invoke, (letter) => letters.push(letter)) };
}

const created = { eventName: "ObjectCreated:Put" as const, key: "incoming/a b+c~ä/é's(1)*", size: 3, eTag: "abc" };
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const event = {
  Records: [
    {
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: "local",
      eventTime: time,
      eventName: "ObjectCreated:Put",
      userIdentity: { principalId: "local" },
      requestParameters: { sourceIPAddress: "127.0.0.1" },
      responseElements: { "x-amz-request-id": "LOCAL", "x-amz-id-2": "LOCAL" },
      s3: {
        s3SchemaVersion: "1.0",
        configurationId: "label-image",
        bucket: { name: "images", ownerIdentity: { principalId: "local" }, arn: "arn:aws:s3:::images" },
        object: {
          key: "incoming/a+b%2Bc%7E%C3%A4/%C3%A9%27s%281%29*",
          size: 3,
          eTag: "abc",
          sequencer: expect.stringMatching(/^[0-9A-F]{18}$/) as string,
        },
      },
    },
  ],
};

describe("an event", () => {
  test("has S3's shape and key encoding", async () => {
    const { invoked, letters, raise, settled } = start(0);
    raise(created);
    await settled();
    expect([invoked, letters]).toEqual([[event], []]);
  });

  test("can be ordered by its sequencer", async () => {
    const { invoked, raise, settled } = start(0);
    for (let n = 0; n < 20; n++) raise(created);
    await settled();
    const sequencers = (invoked as (typeof event)[]).map(({ Records: [record] }) => record?.s3.object.sequencer);
    expect(new Set(sequencers).size).toBe(20);
    expect(sequencers).toEqual([...sequencers].sort());
  });

  test("that fails twice is delivered by the third call, unchanged each time", async () => {
    const { invoked, letters, raise, settled } = start(2);
    raise(created);
    await settled();
    expect([invoked, letters]).toEqual([[event, event, event], []]);
    expect(new Set(invoked.map((each) => JSON.stringify(each))).size).toBe(1);
  });

  test("that fails three times is a dead letter like the one Lambda sends to a destination", async () => {
    const { invoked, letters, raise, settled } = start(3);
    raise(created);
    await settled();
    expect(invoked.length).toBe(3);
    expect(letters).toEqual([
      {
        version: "1.0",
        timestamp: time,
        requestContext: {
          requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
          functionArn: "arn:aws:lambda:local:000000000000:function:label-image:$LATEST",
          condition: "RetriesExhausted",
          approximateInvokeCount: 3,
        },
        requestPayload: event,
        responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
        responsePayload: { errorType: "TypeError", errorMessage: "no 3" },
      },
    ]);
  });
});

test("stopping waits for the running call, and does not retry it", async () => {
  const calls: ((error: Error) => void)[] = [];
  const letters: DeadLetter[] = [];
  const events = startImageEvents(
    () => new Promise((_resolve, reject) => calls.push(reject)),
    (letter) => letters.push(letter),
  );
  events.raise(created);
  let hasStopped = false;
  const stopped = events.stop().then(() => {
    hasStopped = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect([calls.length, hasStopped]).toEqual([1, false]);
  calls[0]?.(new Error("no"));
  await stopped;
  expect([calls.length, letters]).toEqual([1, []]);
});
