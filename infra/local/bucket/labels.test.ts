import {
  DetectLabelsCommand,
  DetectFacesCommand,
  RekognitionClient,
  type DetectLabelsCommandInput,
} from "@aws-sdk/client-rekognition";
import { Sha256 } from "@smithy/core/checksum";
import { HttpRequest } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterEach, describe, expect, test } from "vitest";
import { account } from "./account.ts";
import type { StoredObject } from "./bucket-objects.ts";
import { callServerAt, exchange } from "../../testing/call.ts";
import { startLabels, type Labels } from "./labels.ts";
import { makeJpeg, makePng } from "./sample-images.ts";

const started: Labels[] = [];
const clients: RekognitionClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(started.splice(0).map((labels) => labels.stop()));
});

/** The emulator with one object, `a`, and an SDK client for it that does not retry. */
async function start(bytes: Buffer, { ahead_s = 0, credentials = account } = {}) {
  const object: StoredObject = { bytes, metadata: { "content-type": "image/png" }, lastModified: new Date() };
  const labels = await startLabels({
    objects: new Map([["a", object]]),
    now: () => new Date(Date.now() + ahead_s * 1000),
  });
  started.push(labels);
  const client = new RekognitionClient({ region: account.region, endpoint: labels.url, credentials, maxAttempts: 1 });
  clients.push(client);
  const detect = (more: Partial<DetectLabelsCommandInput> = {}) =>
    client.send(new DetectLabelsCommand({ Image: { S3Object: { Bucket: "images", Name: "a" } }, ...more }));
  return { labels, client, detect };
}

describe("labels name the emulator and the image's format and shape:", () => {
  const of = (format: string, size: string) => [
    { Name: `Local stand-in: ${format}`, Confidence: 100 },
    { Name: `Local stand-in: ${size} pixels`, Confidence: 100 },
    { Name: "Local stand-in: perhaps a photo", Confidence: 60 },
  ];

  test.each([
    ["a JPEG", makeJpeg({ width: 640, height: 480 }), of("JPEG", "640 x 480")],
    ["a PNG", makePng({ width: 300, height: 200 }), of("PNG", "300 x 200")],
    [
      "the largest image",
      makePng({ width: 10_000, height: 80, size_bytes: 15 * 1024 * 1024 }),
      of("PNG", "10000 x 80"),
    ],
  ])("%s", async (_what, bytes, expected) => {
    const { detect } = await start(bytes);
    expect(await detect()).toMatchObject({ Labels: expected, LabelModelVersion: "local" });
  });

  test("not more than MaxLabels, and none below MinConfidence", async () => {
    const { detect, labels } = await start(makePng());
    const all = of("PNG", "80 x 80");
    expect((await detect({ MinConfidence: 80 })).Labels).toEqual(all.slice(0, 2));
    expect((await detect({ MaxLabels: 1 })).Labels).toEqual(all.slice(0, 1));
    const Image = { S3Object: { Bucket: "images", Name: "a" } };
    expect(labels.requests).toEqual([
      { Image, MinConfidence: 80 },
      { Image, MaxLabels: 1 },
    ]);
  });
});

describe("refuses as Rekognition does", () => {
  test.each([
    ["a file that is not an image", Buffer.from("<html>"), "InvalidImageFormatException"],
    ["nothing", Buffer.alloc(0), "InvalidImageFormatException"],
    ["only the first bytes of a PNG", makePng().subarray(0, 20), "InvalidImageFormatException"],
    ["only the first bytes of a JPEG", makeJpeg().subarray(0, 20), "InvalidImageFormatException"],
    [
      "a damaged JPEG",
      Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0]), Buffer.alloc(100)]),
      "InvalidImageFormatException",
    ],
    ["more than 15 MB", makePng({ size_bytes: 15 * 1024 * 1024 + 1 }), "ImageTooLargeException"],
    ["less than 80 pixels", makePng({ width: 640, height: 79 }), "InvalidParameterException"],
    ["more than 10,000 pixels", makeJpeg({ width: 80, height: 10_001 }), "ImageTooLargeException"],
  ])("%s", async (_what, bytes, name) => {
    const { detect } = await start(bytes);
    await expect(detect()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });

  test.each([
    ["a missing object", { Image: { S3Object: { Bucket: "images", Name: "b" } } }, "InvalidS3ObjectException"],
    ["another bucket", { Image: { S3Object: { Bucket: "other", Name: "a" } } }, "InvalidS3ObjectException"],
    ["an image in the request, which is not supported", { Image: { Bytes: makePng() } }, "InvalidS3ObjectException"],
  ])("%s", async (_what, input, name) => {
    const { detect } = await start(makePng());
    await expect(detect(input)).rejects.toMatchObject({ name });
  });

  test("other operations", async () => {
    const { client } = await start(makePng());
    await expect(client.send(new DetectFacesCommand({ Image: {} }))).rejects.toMatchObject({
      name: "UnknownOperationException",
    });
  });

  test("another access key, an old request and an unsigned one", async () => {
    const other = await start(makePng(), { credentials: { ...account, secretAccessKey: "x" } });
    await expect(other.detect()).rejects.toMatchObject({ name: "InvalidSignatureException" });
    const old = await start(makePng(), { ahead_s: 16 * 60 });
    await expect(old.detect()).rejects.toMatchObject({ name: "InvalidSignatureException" });
    const { status, body } = await callServerAt(other.labels.url)("POST /", { json: {} });
    expect([status, body]).toEqual([
      400,
      '{"__type":"InvalidSignatureException","Code":"InvalidSignatureException","Message":"The request is not signed."}',
    ]);
    expect([...other.labels.requests, ...old.labels.requests]).toEqual([]);
  });

  test("another region, and a signature for another service", async () => {
    const { labels } = await start(makePng());
    const { host, hostname, port } = new URL(labels.url);
    const request = new HttpRequest({
      method: "POST",
      protocol: "http:",
      hostname,
      port: Number(port),
      path: "/",
      headers: { host },
    });
    const { headers } = await new SignatureV4({
      service: "s3",
      region: account.region,
      credentials: account,
      sha256: Sha256,
    }).sign(request);
    expect((await exchange(labels.url, { method: "POST", path: "/", headers, body: undefined })).body).toContain(
      "The credential must be for the service rekognition in the region local.",
    );
    const client = new RekognitionClient({
      region: "eu-north-1",
      endpoint: labels.url,
      credentials: account,
      maxAttempts: 1,
    });
    clients.push(client);
    await expect(client.send(new DetectLabelsCommand({ Image: {} }))).rejects.toMatchObject({
      name: "InvalidSignatureException",
    });
  });
});
