import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Sha256 } from "@smithy/core/checksum";
import { HttpRequest } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterEach, describe, expect, test, vi } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { account } from "./account.ts";
import { exchange } from "../../testing/call.ts";
import { remedy } from "./bucket-objects.ts";
import type { DeadLetter } from "./image-events.ts";
import { startImages, type Images, type ImagesOptions } from "./images.ts";

const started: Images[] = [];
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await Promise.all(started.splice(0).map((images) => images.stop()));
});

async function start(options: ImagesOptions = {}): Promise<Images> {
  const images = await startImages(options);
  started.push(images);
  return images;
}

/** Sends a signed PUT to the bucket. */
async function put({ bucket }: Images, key: string, more: Record<string, string> = {}): Promise<number> {
  const { host, hostname, port } = new URL(bucket.url);
  const [path, body] = [`/images/${key}`, Buffer.from("hello")];
  const headers = { ...more, host, "content-length": String(body.length) };
  const request = new HttpRequest({
    method: "PUT",
    protocol: "http:",
    hostname,
    port: Number(port),
    path,
    headers,
    body,
  });
  const signer = new SignatureV4({
    service: "s3",
    region: account.region,
    credentials: account,
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: true,
  });
  const signed = await signer.sign(request);
  return (await exchange(bucket.url, { method: "PUT", path, headers: signed.headers, body })).status;
}

/** Delivers events, and returns the keys in the order of label-image's calls. */
function deliver(images: Images, fail = false) {
  const calls: string[] = [];
  const events = images.deliverTo({
    invoke: (name, event) => {
      const {
        Records: [record],
      } = event as DeadLetter["requestPayload"];
      calls.push(`${name} ${record?.s3.object.key ?? ""}`);
      return fail ? Promise.reject(new Error("no")) : Promise.resolve(null);
    },
  });
  return { calls, ...events };
}

test("the functions' environment has both services and whether to label", async () => {
  const { environment, bucket, labels } = await start({ labels: "off" });
  expect(environment).toEqual({
    BUCKET_NAME: "images",
    LABELS: "off",
    AWS_ENDPOINT_URL_S3: bucket.url,
    AWS_ENDPOINT_URL_REKOGNITION: labels.url,
  });
  expect((await start()).environment["LABELS"]).toBe("on");
});

describe("label-image is called", () => {
  test("for an upload to incoming/, and for nothing else", async () => {
    const images = await start();
    const { calls, settled } = deliver(images);
    expect([
      await put(images, "incoming/1/a"),
      await put(images, "images/1/a"),
      await put(images, "incomings/1/a"),
    ]).toEqual([200, 200, 200]);
    expect(await put(images, "incoming/1/b", { "x-amz-copy-source": "/images/images/1/a" })).toBe(200);
    await settled();
    expect(calls).toEqual(["label-image incoming/1/a"]);
  });

  test("for uploads from before a kill, with their size and ETag", async () => {
    const path = scratchFolder();
    const before = await start({ path });
    await put(before, "incoming/1/a"); // delivered to nothing
    await put(before, "images/1/a");
    const after = await start({ path });
    const events: object[] = [];
    await after.deliverTo({ invoke: (_name, event) => Promise.resolve(events.push(event)) }).settled();
    const object = { key: "incoming/1/a", size: 5, eTag: "5d41402abc4b2a76b9719d911017c592" };
    expect(events).toMatchObject([{ Records: [{ s3: { object } }] }]);
    expect([...after.objects.keys()].sort()).toEqual(["images/1/a", "incoming/1/a"]);
  });
});

describe("an object that is a day old", () => {
  const day_ms = 24 * 60 * 60 * 1000;
  const keys = ["deletions/1/a", "images/1/a", "incoming/1/a"];

  test("in incoming/ and deletions/ expires, and label-image is called only for deletions/", async () => {
    const images = await start();
    for (const key of keys) await put(images, key);
    const events: object[] = [];
    const { settled } = images.deliverTo({ invoke: (_name, event) => Promise.resolve(events.push(event)) });
    await settled();
    events.length = 0;
    images.expire(new Date(Date.now() + day_ms - 60_000));
    expect([...images.objects.keys()].sort()).toEqual(keys);
    images.expire(new Date(Date.now() + day_ms + 60_000));
    await settled();
    expect([...images.objects.keys()]).toEqual(["images/1/a"]);
    const [{ Records: [record] = [] } = {}] = events as Partial<DeadLetter["requestPayload"]>[];
    expect([events.length, record?.eventName, record?.s3.object]).toEqual([
      1,
      "LifecycleExpiration:Delete",
      { key: "deletions/1/a", sequencer: expect.any(String) as string },
    ]);
  });

  test("expires at the next start, too, once label-image has had it", async () => {
    const path = scratchFolder();
    const before = await start({ path });
    for (const key of keys) await put(before, key); // delivered to nothing
    const after = await start({ path, now: () => new Date(Date.now() + day_ms + 60_000) });
    const { calls, settled } = deliver(after);
    await settled();
    expect([[...after.objects.keys()], calls]).toEqual([
      ["images/1/a"],
      ["label-image incoming/1/a", "label-image deletions/1/a"],
    ]);
  });

  test("stays while label-image fails, and is delivered again at the next start", async () => {
    const path = scratchFolder();
    const tomorrow = () => new Date(Date.now() + day_ms + 60_000);
    const before = await start({ path });
    const failed = deliver(before, true);
    for (const key of keys) await put(before, key);
    before.expire(tomorrow());
    await failed.settled();
    expect([before.deadLetters.length, [...before.objects.keys()].sort()]).toEqual([2, keys]);
    const after = await start({ path, now: tomorrow });
    const { calls, settled } = deliver(after);
    await settled();
    expect([[...after.objects.keys()], calls]).toEqual([
      ["images/1/a"],
      ["label-image incoming/1/a", "label-image deletions/1/a"],
    ]);
  });
});

describe("an event that fails three times is a dead letter", () => {
  test("in a file, which is reported, and the upload stays", async () => {
    const path = scratchFolder();
    const reported: [DeadLetter, string | undefined][] = [];
    const images = await start({ path, onDeadLetter: (letter, file) => reported.push([letter, file]) });
    const { calls, settled } = deliver(images, true);
    await put(images, "incoming/1/a");
    await settled();
    expect([calls.length, images.deadLetters.length, [...images.objects.keys()]]).toEqual([3, 1, ["incoming/1/a"]]);
    const [file = ""] = readdirSync(join(path, "dead-letters"));
    expect(reported).toEqual([[images.deadLetters[0], join(path, "dead-letters", file)]]);
    expect(JSON.parse(readFileSync(join(path, "dead-letters", file), "utf8"))).toEqual(images.deadLetters[0]);
  });

  test("only in memory if there is no folder", async () => {
    const reported: unknown[] = [];
    const images = await start({ onDeadLetter: (_letter, file) => reported.push(file) });
    const { settled } = deliver(images, true);
    await put(images, "incoming/1/a");
    await settled();
    expect([images.deadLetters.length, reported]).toEqual([1, [undefined]]);
  });
});

describe("an error in the folder is logged and does not end the process:", () => {
  test("a dead letter that cannot be written is reported without a file", async () => {
    const logged = vi.spyOn(console, "error").mockReturnValue();
    const reported: unknown[] = [];
    const path = scratchFolder({ "dead-letters": "" });
    const images = await start({ path, onDeadLetter: (_letter, file) => reported.push(file) });
    const { settled } = deliver(images, true);
    await put(images, "incoming/1/a");
    await settled();
    expect([reported, logged.mock.calls]).toEqual([
      [undefined],
      [[expect.stringMatching(/^EEXIST: .*dead-letters'$/)]],
    ]);
  });

  test("an image damaged at run time is a 503 until it is repaired", async () => {
    const path = scratchFolder();
    const images = await start({ path });
    const copy = { "x-amz-copy-source": "/images/incoming/1/a" };
    await put(images, "incoming/1/a");
    const [name = ""] = readdirSync(join(path, "images")).filter((each) => each.endsWith(".json"));
    const file = join(path, "images", name);
    const description = readFileSync(file);
    const logged = vi.spyOn(console, "error").mockReturnValue();
    writeFileSync(file, "");
    expect(await put(images, "images/1/a", copy)).toBe(503);
    expect(logged.mock.calls).toEqual([[`${file} is damaged, or not an image's file. ${remedy}`]]);
    writeFileSync(file, description);
    expect(await put(images, "images/1/a", copy)).toBe(200);
  });

  test("a damaged image during the hourly expiry", async () => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    const path = scratchFolder();
    await start({ path });
    writeFileSync(join(path, "images/notes.json"), "");
    const logged = vi.spyOn(console, "error").mockReturnValue();
    vi.advanceTimersByTime(60 * 60 * 1000);
    expect(logged.mock.calls).toEqual([[expect.stringContaining("images/notes.json is damaged")]]);
  });
});

test("creates the folder for dead letters only with the first one", async () => {
  const path = scratchFolder();
  await start({ path });
  expect(existsSync(join(path, "dead-letters"))).toBe(false);
});
