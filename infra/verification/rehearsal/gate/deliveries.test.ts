import { beforeEach, describe, expect, test } from "vitest";
import { makeDeliveries } from "./deliveries.ts";
import type { ServiceCall } from "./permissions.ts";
import type { Invoke } from "./repairs/lambda.ts";
import { serviceRequest, type Fields, type ServiceRequest } from "./service-request.ts";

const functionArn = "arn:aws:lambda:eu-north-1:123456789012:function:app-look:live";
const queueArn = "arn:aws:sqs:eu-north-1:123456789012:app-failures";
const role = "arn:aws:iam::123456789012:role/app/app-look";

let deliveries: ReturnType<typeof makeDeliveries>;
let notification: string | undefined;
let invokeConfig: Fields | undefined;
let invoke: Invoke;
let isIdle: boolean;
let mayS3Invoke: boolean;
let maySend: boolean;
let calls: (ServiceCall | string)[];
const lifecycle =
  "<LifecycleConfiguration><Rule><Expiration><Days>1</Days></Expiration><Filter><Prefix>notes/</Prefix></Filter><Status>Enabled</Status></Rule></LifecycleConfiguration>";
let messages: Fields[];

beforeEach(() => {
  notification = notificationOf("incoming/");
  invokeConfig = { MaximumRetryAttempts: 1, DestinationConfig: { OnFailure: { Destination: queueArn } } };
  mayS3Invoke = maySend = true;
  isIdle = false;
  calls = [];
  messages = [];
  invoke = (functionName, qualifier, event) => {
    calls.push(`${functionName}:${qualifier} ${recordIn(event)}`);
    return Promise.resolve(null);
  };
  deliveries = makeDeliveries({
    notificationOf: (bucket) => (bucket === "photos" ? notification : undefined),
    invokeConfigOf: (functionName, qualifier) =>
      `${functionName}:${qualifier}` === "app-look:live" ? invokeConfig : undefined,
    invokerOf: (functionName) => {
      if (isIdle) throw new Error(`Nothing runs ${functionName}.`);
      return invoke;
    },
    permissions: {
      invokeDenial: (call) => {
        calls.push(call);
        return Promise.resolve(mayS3Invoke ? undefined : "S3 may not invoke it.");
      },
      firstDenial: ({ arn }, [{ action, resource } = { action: "", resource: "" }]) => {
        const name = String(arn.split("/").at(-1));
        calls.push(`${name} asks for ${action} on ${resource}`);
        return Promise.resolve(maySend ? undefined : `${name} may not ${action} on ${resource}: no policy allows it.`);
      },
    },
    moto: (call, input = {}) => {
      const answer = (status: number, body: string) => Promise.resolve({ status, body });
      if (call.startsWith("sqs ")) {
        messages.push(input as Fields);
        return answer(200, "{}");
      }
      if (call.startsWith("lambda ")) return answer(200, JSON.stringify({ Role: role }));
      if (call.endsWith("?lifecycle")) return answer(200, lifecycle);
      if (call.includes("?list-type=2")) return answer(200, '<Size>3</Size><ETag>"e1"</ETag>');
      calls.push(call.replace("s3 ", ""));
      return answer(204, "");
    },
  });
});

/** As written by Terraform's provider. */
function notificationOf(prefix: string, event = "s3:ObjectCreated:*"): string {
  const filter = `<Filter><S3Key><FilterRule><Name>prefix</Name><Value>${prefix}</Value></FilterRule></S3Key></Filter>`;
  const configuration = `<CloudFunctionConfiguration><CloudFunction>${functionArn}</CloudFunction><Event>${event}</Event>${filter}<Id>1</Id></CloudFunctionConfiguration>`;
  return `<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${configuration}</NotificationConfiguration>`;
}

function request(
  service: string,
  method: string,
  url: string,
  body = "",
  headers: NodeJS.Dict<string[]> = {},
): ServiceRequest {
  return serviceRequest({ method, url, headers, body: Buffer.from(body) }, service, "eu-north-1");
}

function recordIn(event: object): string {
  const { Records: records } = event as {
    Records: {
      eventName: string;
      awsRegion: string;
      s3: { bucket: { name: string }; object: { key: string; size: number; eTag: string } };
    }[];
  };
  return records
    .map(({ eventName, awsRegion, s3: { bucket, object } }) =>
      [eventName, awsRegion, bucket.name, object.key, object.size, object.eTag].join(" "),
    )
    .join();
}

async function raise(method: string, url: string, headers: NodeJS.Dict<string[]> = {}): Promise<void> {
  deliveries.raise(request("s3", method, url, "", headers));
  await deliveries.settled();
}

const asked: ServiceCall = {
  service: "s3.amazonaws.com",
  functionName: "app-look",
  alias: "live",
  sourceArn: "arn:aws:s3:::photos",
};
const fail: Invoke = () => {
  calls.push("fails");
  return Promise.reject(new TypeError("no"));
};

describe("an object that expires", () => {
  const expire = async (key: string) => {
    await deliveries.expire({ bucket: "photos", key });
    await deliveries.settled();
  };

  test("is deleted, and calls the alias that the notification names for that, with S3's record", async () => {
    notification = notificationOf("notes/", "s3:LifecycleExpiration:*");
    await expire("notes/a b/1");
    expect([calls, deliveries.lost]).toEqual([
      [
        "DELETE /photos/notes/a%20b/1",
        asked,
        "app-look:live LifecycleExpiration:Delete ap-southeast-1 photos notes/a+b/1  ",
      ],
      [],
    ]);
  });

  test("calls no function if the notification is for new objects", async () => {
    notification = notificationOf("notes/");
    await expire("notes/1");
    expect(calls).toEqual(["DELETE /photos/notes/1"]);
  });

  test("does not expire without a rule in the bucket's lifecycle", async () => {
    await expect(expire("photos/1")).rejects.toThrow("No rule of photos's lifecycle lets photos/1 expire.");
    expect(calls).toEqual([]);
  });
});

describe("a new object", () => {
  test("below the notification's prefix calls the alias that it names, with S3's record", async () => {
    await raise("PUT", "/photos/incoming/a%20b/1");
    expect([calls, deliveries.lost]).toEqual([
      [asked, "app-look:live ObjectCreated:Put ap-southeast-1 photos incoming/a+b/1 3 e1"],
      [],
    ]);
  });

  test("that is a copy calls it with the event for copies", async () => {
    await raise("PUT", "/photos/incoming/1", { "x-amz-copy-source": ["/photos/2"] });
    expect(calls).toEqual([asked, "app-look:live ObjectCreated:Copy ap-southeast-1 photos incoming/1 3 e1"]);
  });

  test.each([
    ["an object under another prefix", "PUT", "/photos/images/1"],
    ["an object of another bucket", "PUT", "/others/incoming/1"],
    ["a read", "GET", "/photos/incoming/1"],
    ["a deletion", "DELETE", "/photos/incoming/1"],
    ["a tag", "PUT", "/photos/incoming/1?tagging"],
    ["a part of an upload", "PUT", "/photos/incoming/1?partNumber=1&uploadId=x"],
  ])("%s calls no function", async (_what, method, url) => {
    await raise(method, url);
    expect([calls, deliveries.lost]).toEqual([[], []]);
  });

  test("of another kind than the notification's calls no function", async () => {
    notification = notificationOf("incoming/", "s3:ObjectCreated:Copy");
    await raise("PUT", "/photos/incoming/1");
    expect(calls).toEqual([]);
  });

  test("is lost if the function's policy does not let S3 call it", async () => {
    mayS3Invoke = false;
    await raise("PUT", "/photos/incoming/1");
    expect([calls, deliveries.lost]).toEqual([[asked], ["S3 may not invoke it."]]);
  });

  test("is lost if nothing runs the function", async () => {
    isIdle = true;
    await raise("PUT", "/photos/incoming/1");
    expect(deliveries.lost).toEqual(["photos: Error: Nothing runs app-look."]);
  });
});

describe("a function that fails", () => {
  const asksToSend = `app-look asks for sqs:SendMessage on ${queueArn}`;

  test("is retried as often as deployed, then its role sends the event to the queue", async () => {
    invoke = fail;
    await raise("PUT", "/photos/incoming/1");
    expect(calls).toEqual([asked, "fails", "fails", asksToSend]);
    expect(messages.map(({ QueueUrl }) => QueueUrl)).toEqual(["https://sqs/123456789012/app-failures"]);
    expect(JSON.parse(String(messages[0]?.["MessageBody"]))).toMatchObject({
      requestContext: { functionArn, condition: "RetriesExhausted", approximateInvokeCount: 2 },
      requestPayload: { Records: [{ s3: { object: { key: "incoming/1" } } }] },
      responsePayload: { errorType: "TypeError", errorMessage: "no" },
    });
  });

  test("is lost if its role may not send to the queue", async () => {
    invoke = fail;
    maySend = false;
    await raise("PUT", "/photos/incoming/1");
    expect([messages, deliveries.lost]).toEqual([
      [],
      [`app-look may not sqs:SendMessage on ${queueArn}: no policy allows it.`],
    ]);
  });

  test("is called three times and lost if its alias has no configuration", async () => {
    invoke = fail;
    invokeConfig = undefined;
    await raise("PUT", "/photos/incoming/1");
    expect([calls, deliveries.lost]).toEqual([
      [asked, "fails", "fails", "fails"],
      ["app-look failed without a destination: TypeError: no"],
    ]);
  });
});
