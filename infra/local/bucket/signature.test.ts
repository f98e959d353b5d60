import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, describe, expect, test } from "vitest";
import { listen, stop } from "../gateway/server.ts";
import { verify, type Refusal, type Secret, type SignedRequest } from "./signature.ts";

const permanent = { accessKeyId: "AKIA1", secretAccessKey: "first+secret/" };
const temporary = { accessKeyId: "ASIA2", secretAccessKey: "second secret", sessionToken: "a+token/with==" };
const secrets: Record<string, Secret> = {
  AKIA1: { secret: permanent.secretAccessKey },
  ASIA2: { secret: temporary.secretAccessKey, sessionToken: temporary.sessionToken },
  // From AWS's documentation.
  AKIAIOSFODNN7EXAMPLE: { secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
  AKIDEXAMPLE: { secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
};
const secretOf = (accessKeyId: string) => secrets[accessKeyId];

let received: SignedRequest | undefined;
const server = createServer((request, response) => {
  void buffer(request).then((body) => {
    received = { method: request.method ?? "", url: request.url ?? "", headers: request.headersDistinct, body };
    response.setHeader("content-type", "application/x-amz-json-1.0").end("{}");
  });
});
const { port } = await listen(server, 0);
afterAll(() => stop(server));

/** A PutItem as the AWS SDK sends it, just signed by its own signer. */
async function signedBySdk(credentials: typeof permanent | typeof temporary = permanent): Promise<SignedRequest> {
  const client = new DynamoDBClient({ region: "eu-north-1", endpoint: `http://127.0.0.1:${port}`, credentials });
  await client.send(new PutItemCommand({ TableName: "events", Item: { id: { S: "ä & b" } } }));
  client.destroy();
  if (!received) throw new Error("The SDK sent nothing.");
  return received;
}

const later = (minutes: number) => new Date(Date.now() + minutes * 60_000);

describe("a request that the AWS SDK signed", () => {
  test.each([
    ["permanent", permanent],
    ["temporary", temporary],
  ])("passes with %s credentials", async (_kind, credentials) => {
    const request = await signedBySdk(credentials);
    expect(verify(request, secretOf, new Date())).toEqual({
      accessKeyId: credentials.accessKeyId,
      service: "dynamodb",
      region: "eu-north-1",
    });
  });

  const otherBody: Refusal = {
    reason: "other body",
    sentence: "The body was changed after signing: its SHA-256 differs from x-amz-content-sha256.",
  };
  const otherSession: Refusal = {
    reason: "other session",
    sentence: "The session token does not belong to access key ASIA2.",
  };
  test.each<[string, (request: SignedRequest) => Partial<SignedRequest>, Refusal]>([
    ["another body", () => ({ body: Buffer.from("{}") }), otherBody],
    [
      "another body and its hash",
      ({ headers }) => ({
        body: Buffer.from("{}"),
        headers: {
          ...headers,
          "x-amz-content-sha256": ["44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"],
        },
      }),
      mismatch("ASIA2"),
    ],
    ["another method", () => ({ method: "PUT" }), mismatch("ASIA2")],
    ["another path", () => ({ url: "/x" }), mismatch("ASIA2")],
    ["a query", () => ({ url: "/?x" }), mismatch("ASIA2")],
    ["another host", ({ headers }) => ({ headers: { ...headers, host: ["127.0.0.2"] } }), mismatch("ASIA2")],
    [
      "another target",
      ({ headers }) => ({ headers: { ...headers, "x-amz-target": ["DynamoDB_20120810.DeleteTable"] } }),
      mismatch("ASIA2"),
    ],
    [
      "another session token",
      ({ headers }) => ({ headers: { ...headers, "x-amz-security-token": ["x"] } }),
      otherSession,
    ],
    [
      "no session token",
      ({ headers }) => ({ headers: { ...headers, "x-amz-security-token": undefined } }),
      otherSession,
    ],
    ["another region", changeAuthorization("/eu-north-1/", "/eu-west-1/"), mismatch("ASIA2")],
    ["another service", changeAuthorization("/dynamodb/", "/sqs/"), mismatch("ASIA2")],
    [
      "a key that does not exist",
      changeAuthorization("ASIA2", "ASIA3"),
      { reason: "unknown key", sentence: "The access key ASIA3 does not exist." },
    ],
    [
      "another day",
      changeAuthorization(/\/20\d{6}\//, "/20010101/"),
      malformed("The credential must be KEY/DAY/REGION/SERVICE/aws4_request, with the same day as X-Amz-Date."),
    ],
    ["a shorter signature", changeAuthorization(/.$/, ""), mismatch("ASIA2")],
    [
      "an unsigned host",
      changeAuthorization("host;", ""),
      { reason: "unsigned headers", sentence: "The Host header must be signed." },
    ],
    [
      "another algorithm",
      changeAuthorization("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
      malformed("The Authorization header must begin with AWS4-HMAC-SHA256."),
    ],
    ["no signature", () => ({ headers: {} }), { reason: "unsigned", sentence: "The request is not signed." }],
    [
      "a second signature, in its URL",
      () => ({ url: "/?X-Amz-Signature=x" }),
      {
        reason: "signed twice",
        sentence: "The request is signed in its URL and in the Authorization header: remove one.",
      },
    ],
    [
      "an incomplete signature",
      changeAuthorization("Signature=", "Sign="),
      malformed("The signature needs a credential, a signature, the signed headers and X-Amz-Date."),
    ],
  ])("is refused with %s", async (_what, tamper, refusal) => {
    const request = await signedBySdk(temporary);
    expect(verify({ ...request, ...tamper(request) }, secretOf, new Date())).toEqual(refusal);
  });

  test("is refused with another secret, and a permanent key with a session token", async () => {
    const request = await signedBySdk();
    expect(verify(request, () => ({ secret: "x" }), new Date())).toEqual(mismatch("AKIA1"));
    const headers = { ...request.headers, "x-amz-security-token": ["x"] };
    expect(verify({ ...request, headers }, secretOf, new Date())).toEqual({
      ...otherSession,
      sentence: "The session token does not belong to access key AKIA1.",
    });
  });

  test.each([
    [14, "good"],
    [16, "expired"],
    [-14, "good"],
    [-16, "early"],
  ])("at a clock that is %i minutes ahead is %s", async (minutes, expected) => {
    const verified = verify(await signedBySdk(), secretOf, later(minutes));
    expect("reason" in verified ? verified.reason : "good").toBe(expected);
  });
});

function mismatch(accessKeyId: string): Refusal {
  const sentence = `The signature does not match: the secret of ${accessKeyId} is wrong, or the request was changed after signing.`;
  return { reason: "mismatch", sentence };
}

function malformed(sentence: string): Refusal {
  return { reason: "malformed", sentence };
}

function changeAuthorization(from: string | RegExp, to: string) {
  return ({ headers }: SignedRequest) => ({
    headers: { ...headers, authorization: [(headers["authorization"]?.[0] ?? "").replace(from, to)] },
  });
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
describe("S3's documented examples", () => {
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const noon = new Date("2013-05-24T00:00:00Z");

  test.each<[string, string, string, string, NodeJS.Dict<string[]>, string]>([
    [
      "GetObject",
      "GET",
      "/test.txt",
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
      { range: ["bytes=0-9"] },
      "",
    ],
    [
      "PutObject",
      "PUT",
      "/test%24file.text",
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
      { date: ["Fri, 24 May 2013 00:00:00 GMT"], "x-amz-storage-class": ["REDUCED_REDUNDANCY"] },
      "Welcome to Amazon S3.",
    ],
    [
      "a path with unusual encoding",
      "PUT",
      "/test$file.text",
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
      { date: ["Fri, 24 May 2013 00:00:00 GMT"], "x-amz-storage-class": ["REDUCED_REDUNDANCY"] },
      "Welcome to Amazon S3.",
    ],
    [
      "a query without values",
      "GET",
      "/?lifecycle",
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
      {},
      "",
    ],
    [
      "a query in another order",
      "GET",
      "/?prefix=J&max-keys=2",
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
      {},
      "",
    ],
  ])("pass: %s", (_what, method, url, signature, more, text) => {
    const hash = text === "" ? empty : "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    const headers = {
      host: ["examplebucket.s3.amazonaws.com"],
      "x-amz-content-sha256": [hash],
      "x-amz-date": ["20130524T000000Z"],
      ...more,
    };
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${Object.keys(headers).sort().join(";")},Signature=${signature}`;
    const request = { method, url, headers: { ...headers, authorization: [authorization] }, body: Buffer.from(text) };
    const signer = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", service: "s3", region: "us-east-1" };
    expect(verify(request, secretOf, noon)).toEqual(signer);
    expect(
      verify({ ...request, headers: { ...request.headers, "x-amz-acl": ["public-read"] } }, secretOf, noon),
    ).toEqual({
      reason: "unsigned headers",
      sentence: "These headers must be signed: x-amz-acl.",
    });
  });

  const presigned =
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
  const changed = mismatch("AKIAIOSFODNN7EXAMPLE");

  test.each<[string, string, string, string, unknown]>([
    [
      "as it was signed",
      "GET",
      presigned,
      "2013-05-24T23:59:59Z",
      { accessKeyId: "AKIAIOSFODNN7EXAMPLE", service: "s3", region: "us-east-1" },
    ],
    [
      "a day later",
      "GET",
      presigned,
      "2013-05-25T00:00:01Z",
      { reason: "expired", sentence: "The signature of 20130524T000000Z has expired: it was valid for 86400 seconds." },
    ],
    [
      "before its time",
      "GET",
      presigned,
      "2013-05-23T23:00:00Z",
      { reason: "early", sentence: "The signature's time 20130524T000000Z is in the future." },
    ],
    ["with a longer lifetime", "GET", presigned.replace("=86400", "=86401"), "2013-05-24T00:00:00Z", changed],
    [
      "with a lifetime of more than a week",
      "GET",
      presigned.replace("=86400", "=604801"),
      "2013-05-24T00:00:00Z",
      malformed("X-Amz-Expires must be 1 to 604800 seconds."),
    ],
    [
      "without an algorithm",
      "GET",
      presigned.replace("AWS4-HMAC-SHA256", ""),
      "2013-05-24T00:00:00Z",
      malformed("X-Amz-Algorithm must be AWS4-HMAC-SHA256."),
    ],
    ["for another method", "PUT", presigned, "2013-05-24T00:00:00Z", changed],
    ["for another key", "GET", presigned.replace("test.txt", "text.txt"), "2013-05-24T00:00:00Z", changed],
    ["with another parameter", "GET", `${presigned}&versionId=1`, "2013-05-24T00:00:00Z", changed],
    [
      "with an invalid percent-encoding",
      "GET",
      presigned.replace("test.txt", "%zz"),
      "2013-05-24T00:00:00Z",
      malformed("The URL has an invalid percent-encoding."),
    ],
  ])("of a presigned URL %s", (_what, method, url, now, expected) => {
    const request = { method, url, headers: { host: ["examplebucket.s3.amazonaws.com"] }, body: Buffer.alloc(0) };
    expect(verify(request, secretOf, new Date(now))).toEqual(expected);
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html has S3's; this is IAM's, with no content hash.
test("IAM's documented example passes, with folded header values", () => {
  const authorization =
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, " +
    "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
  const request = {
    method: "GET",
    url: "/?Action=ListUsers&Version=2010-05-08",
    headers: {
      authorization: [authorization],
      "content-type": [" application/x-www-form-urlencoded;   charset=utf-8 "],
      host: ["iam.amazonaws.com"],
      "x-amz-date": ["20150830T123600Z"],
    },
    body: Buffer.alloc(0),
  };
  expect(verify(request, secretOf, new Date("2015-08-30T12:36:00Z"))).toEqual({
    accessKeyId: "AKIDEXAMPLE",
    service: "iam",
    region: "us-east-1",
  });
});
