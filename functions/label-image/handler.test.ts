import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  makeJpeg,
  makePng,
  problem,
  startApi,
  startLocalApi,
  target,
  untilEvent,
  untilLabelled,
  upload,
  type Call,
  type Fault,
  type ServiceFault,
  type UploadUrl,
} from "../../infra/testing/api.ts";

const { call, sub } = await startApi();
const local = await startLocalApi();
const unlabelled = await startLocalApi({ labels: "off" });

const jpeg = makeJpeg({ size_bytes: 5000 });
const png = makePng({ size_bytes: 6000 });
const html = Buffer.from("<!doctype html><script>alert(1)</script>");

/** The actions of a caller of one API. */
function callerOf(call: Call) {
  const createEvent = async (content: object = { title: "x" }, id: string = randomUUID()): Promise<string> => {
    expect((await call("POST /events", { json: { id, ...content } })).status).toBe(201);
    return id;
  };
  const uploadUrlFor = async (id: string, bytes: Uint8Array, contentType = "image/jpeg"): Promise<UploadUrl> => {
    const { status, body } = await call(`POST /events/${id}/upload-url`, {
      json: { contentType, contentLength: bytes.length },
    });
    expect(status).toBe(201);
    return body as UploadUrl;
  };
  const send = async (id: string, bytes: Uint8Array, contentType?: string): Promise<void> => {
    expect((await upload(await uploadUrlFor(id, bytes, contentType), bytes)).status).toBe(200);
  };
  /** The image of an event as served. */
  const served = async (
    id: string,
  ): Promise<{ contentType: string | null; encoding: string | null; bytes: Buffer }> => {
    const { headers: redirect } = await call(`GET /events/${id}/image`);
    const answer = await fetch(redirect["location"] ?? "");
    return {
      contentType: answer.headers.get("content-type"),
      encoding: answer.headers.get("content-encoding"),
      bytes: Buffer.from(await answer.arrayBuffer()),
    };
  };
  return { createEvent, uploadUrlFor, send, served };
}

const noImage = problem(404, "not-found", "Not found", "The event has no image.");
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const notAnImage = { detail: "The file is neither a JPEG nor a PNG.", rejectedAt: time };

describe("an upload", () => {
  const { createEvent, send, served } = callerOf(call);

  test.each([
    ["JPEG", jpeg, "image/jpeg"],
    ["PNG", png, "image/png"],
  ])("of a %s becomes the image, with labels; the version rises once", async (_kind, bytes, contentType) => {
    const id = await createEvent();
    await send(id, bytes, contentType);
    const { updatedAt, createdAt, ...event } = await untilLabelled(call, id);
    const labels = expect.any(Array) as { name: string; confidence: number }[];
    const organizer = sub === undefined ? {} : { organizer: sub };
    expect(event).toEqual({
      id,
      type: "event",
      title: "x",
      ...organizer,
      status: "active",
      image: { contentType, size: bytes.length, labels, labelledAt: time },
      version: 2,
    });
    for (const label of (event["image"] as { labels: object[] }).labels) {
      expect(label).toEqual({ name: expect.stringMatching(/./) as string, confidence: expect.any(Number) as number });
    }
    expect(Date.parse(String(updatedAt))).toBeGreaterThanOrEqual(Date.parse(String(createdAt)));
    expect((await served(id)).bytes.equals(bytes)).toBe(true);
  });

  test.each([
    ["of a PNG declared as a JPEG", png, "image/jpeg", "The file is a PNG but was declared as image/jpeg."],
    ["of a JPEG declared as a PNG", jpeg, "image/png", "The file is a JPEG but was declared as image/png."],
    ["of HTML declared as a JPEG", html, "image/jpeg", notAnImage.detail],
    ["of one byte declared as a PNG", Buffer.from([0x89]), "image/png", notAnImage.detail],
    ["of a GIF declared as a JPEG", Buffer.from("GIF89a".padEnd(100)), "image/jpeg", notAnImage.detail],
  ])("%s is rejected, and the event says why", async (_what, bytes, contentType, detail) => {
    const id = await createEvent();
    await send(id, bytes, contentType);
    expect(await untilLabelled(call, id)).toMatchObject({ rejectedImage: { detail, rejectedAt: time }, version: 2 });
    expect(await call(`GET /events/${id}`)).not.toHaveProperty("body.image");
    expect(await call(`GET /events/${id}/image`)).toEqual(noImage);
  });

  test("replaces the image; a rejection keeps it and is shown until the next upload is accepted", async () => {
    const id = await createEvent();
    await send(id, jpeg);
    await untilLabelled(call, id);

    await send(id, png, "image/png");
    await untilEvent(call, id, ({ version }) => version === 3);
    expect((await served(id)).bytes.equals(png)).toBe(true);

    await send(id, html);
    const refused = await untilEvent(call, id, ({ version }) => version === 4);
    expect(refused).toMatchObject({ image: { contentType: "image/png", size: png.length }, rejectedImage: notAnImage });
    expect((await served(id)).bytes.equals(png)).toBe(true);

    await send(id, jpeg);
    const passed = await untilEvent(call, id, ({ version }) => version === 5);
    expect(passed).toMatchObject({ image: { contentType: "image/jpeg" } });
    expect(passed).not.toHaveProperty("rejectedImage");
  });

  test("changes the ETag, so a write with the earlier one gets a 412", async () => {
    const id = await createEvent();
    const { headers } = await call(`GET /events/${id}`);
    await send(id, jpeg);
    await untilLabelled(call, id);
    expect(
      (await call(`PATCH /events/${id}`, { json: { title: "y" }, headers: { "if-match": headers["etag"] ?? "" } }))
        .status,
    ).toBe(412);
    expect((await call(`PATCH /events/${id}`, { json: { title: "y" } })).body).toMatchObject({
      image: { size: jpeg.length },
      version: 3,
    });
  });

  test("appears in lists", async () => {
    const type = randomUUID();
    const id = await createEvent({ title: "x", type });
    await send(id, jpeg);
    const { image } = await untilLabelled(call, id);
    await vi.waitFor(
      async () => {
        expect((await call(`GET /events?type=${type}`)).body).toMatchObject({ events: [{ id, image }] });
      },
      { timeout: 120_000 },
    );
  });
});

describe("in the bucket", () => {
  beforeEach(({ skip }) => {
    skip(target === "deployed", "tests can neither read the bucket of a deployed stage nor make its services fail");
  });
  const { call: callLocal, bucket, rekognition, database, invokeLabelImage, expire, settled, deadLetters } = local;
  const { createEvent, uploadUrlFor, send, served } = callerOf(callLocal);

  const kept = (id: string) => bucket.keys().filter((key) => key.includes(`/${id}/`));
  /** The key of an upload, and of the image made from it. */
  const keyOf = ({ url }: UploadUrl) => new URL(url).pathname.split("/").slice(-4).join("/");
  const imageOf = (answer: UploadUrl) => keyOf(answer).replace("incoming", "images");
  const eventFor = (...keys: string[]) => ({ Records: keys.map((key) => ({ s3: { object: { key } } })) });
  const get = async (id: string) => (await callLocal(`GET /events/${id}`)).body;
  /** Puts an upload into the bucket without an S3 event, and returns its key. */
  const arrived = async (id: string, bytes = jpeg): Promise<string> => {
    const key = keyOf(await uploadUrlFor(id, jpeg));
    bucket.objects.set(key, { bytes, metadata: { "content-type": "image/jpeg" }, lastModified: new Date() });
    return key;
  };

  test("is the image, not the one it replaced, and each upload for a day", async () => {
    const id = await createEvent();
    const [first, second] = [await uploadUrlFor(id, jpeg), await uploadUrlFor(id, png, "image/png")];
    await upload(first, jpeg);
    await settled();
    await upload(second, png);
    await settled();
    expect(kept(id)).toEqual([imageOf(second), keyOf(first), keyOf(second)]);
    expire(25 * 3600);
    expect(kept(id)).toEqual([imageOf(second)]);
  });

  test("is a rejected upload for a day, then nothing", async () => {
    const id = await createEvent();
    const answer = await uploadUrlFor(id, html);
    await upload(answer, html);
    await settled();
    expect(kept(id)).toEqual([keyOf(answer)]);
    expire(25 * 3600);
    expect(kept(id)).toEqual([]);
  });

  test("is nothing of an upload whose event was deleted first, and the event stays deleted", async () => {
    const id = await createEvent();
    const answer = await uploadUrlFor(id, jpeg);
    await callLocal(`DELETE /events/${id}`);
    expect((await upload(answer, jpeg)).status).toBe(200);
    await settled();
    expect(kept(id)).toEqual([]);
    expect((await callLocal(`GET /events/${id}`)).status).toBe(404);
    expect(rekognition.requests.filter((request) => JSON.stringify(request).includes(id))).toEqual([]); // each request costs money
  });

  test.each([
    ["an image", jpeg],
    ["no image", html],
  ])(
    "is nothing of an upload of %s to an earlier event with the same id, and the new event is unchanged",
    async (_what, bytes) => {
      const id = await createEvent();
      const answer = await uploadUrlFor(id, bytes);
      await callLocal(`DELETE /events/${id}`);
      await createEvent({ title: "another" }, id);
      const before = await get(id);
      await upload(answer, bytes);
      await settled();
      expect(kept(id)).toEqual([]);
      expect(await get(id)).toEqual(before);
    },
  );

  test("is only the image with the latest URL, in any order of arrival", async () => {
    const id = await createEvent();
    const [first, second] = [await uploadUrlFor(id, jpeg), await uploadUrlFor(id, png, "image/png")];
    await upload(second, png);
    await settled();
    const event = await get(id);
    await upload(first, jpeg);
    await settled();
    expect(kept(id)).toEqual([imageOf(second), keyOf(first), keyOf(second)]);
    expect(await get(id)).toEqual(event);
  });

  test("is an image that arrives after a later upload was rejected, which still shows", async () => {
    const id = await createEvent();
    const [first, second] = [await uploadUrlFor(id, jpeg), await uploadUrlFor(id, html)];
    await upload(second, html);
    await settled();
    await upload(first, jpeg);
    await settled();
    expect(await get(id)).toMatchObject({ image: { size: jpeg.length }, rejectedImage: notAnImage, version: 3 });
    expect(kept(id)).toEqual([imageOf(first), keyOf(first), keyOf(second)]);
  });

  test("is no image of an earlier upload rejected after a later one was accepted, and the event does not change", async () => {
    const id = await createEvent();
    const [first, second] = [await uploadUrlFor(id, html), await uploadUrlFor(id, jpeg)];
    await upload(second, jpeg);
    await settled();
    const event = await get(id);
    await upload(first, html);
    await settled();
    expect(await get(id)).toEqual(event);
    expect(kept(id)).toEqual([imageOf(second), keyOf(first), keyOf(second)]);
  });

  test("is one image of an upload with seven S3 events, five of them concurrent", async () => {
    const id = await createEvent();
    const answer = await uploadUrlFor(id, jpeg);
    await upload(answer, jpeg);
    const key = keyOf(answer);
    await Promise.all(Array.from({ length: 5 }, () => invokeLabelImage(eventFor(key))));
    await settled();
    await invokeLabelImage(eventFor(key, key));
    expect(await get(id)).toMatchObject({ image: { size: jpeg.length }, version: 2 });
    expect(kept(id)).toEqual([imageOf(answer), key]);
  });

  describe("after an invocation has read the event,", () => {
    const afterRead = (id: string, change: () => Promise<unknown>) => {
      database.setFault(id, ({ act, response }) => {
        database.clearFault(id);
        void act().then(async ({ status, body }) => {
          await change();
          response.writeHead(status).end(body);
        });
      });
    };
    const kinds = [
      ["an image", jpeg],
      ["no image", html],
    ] as const;

    test.each(kinds)("it is deleted: %s leaves nothing, and the event stays deleted", async (_what, bytes) => {
      const id = await createEvent();
      const key = await arrived(id, bytes);
      afterRead(id, () => callLocal(`DELETE /events/${id}`));
      await invokeLabelImage(eventFor(key));
      expect((await callLocal(`GET /events/${id}`)).status).toBe(404);
      expect(kept(id)).toEqual([]);
    });

    test.each(kinds)("it is recreated: %s leaves nothing, and the new event is unchanged", async (_what, bytes) => {
      const id = await createEvent();
      const key = await arrived(id, bytes);
      let made: unknown;
      afterRead(id, async () => {
        await callLocal(`DELETE /events/${id}`);
        await createEvent({ title: "new" }, id);
        made = await get(id);
      });
      await invokeLabelImage(eventFor(key));
      expect(await get(id)).toEqual(made);
      expect(kept(id)).toEqual([]);
    });

    test.each(kinds)("it gets a later image: %s has no effect on the event", async (_what, bytes) => {
      const id = await createEvent();
      const [earlier, later] = [await arrived(id, bytes), await arrived(id)];
      let changed: unknown;
      afterRead(id, async () => {
        await invokeLabelImage(eventFor(later));
        changed = await get(id);
      });
      await invokeLabelImage(eventFor(earlier));
      expect(await get(id)).toEqual(changed);
      expect(kept(id)).toEqual([later.replace("incoming", "images"), earlier, later]);
    });

    test.each([
      ["an image", jpeg, ["images"]],
      ["no image", html, []],
    ] as const)(
      "another invocation processes the same upload of %s: its result stands",
      async (_what, bytes, folders) => {
        const id = await createEvent();
        const key = await arrived(id, bytes);
        let changed: unknown;
        afterRead(id, async () => {
          await invokeLabelImage(eventFor(key));
          changed = await get(id);
        });
        await invokeLabelImage(eventFor(key));
        expect(changed).toMatchObject({ version: 2 });
        expect(await get(id)).toEqual(changed);
        expect(kept(id)).toEqual([...folders.map((folder) => key.replace("incoming", folder)), key]);
      },
    );

    test("another invocation rejects the same upload for want of room, which there is by now: its result stands", async () => {
      const id = await createFull(140);
      const key = await arrived(id);
      let changed: unknown;
      afterRead(id, async () => {
        await invokeLabelImage(eventFor(key));
        await callLocal(`PATCH /events/${id}`, { json: { title: "x", payload: null } });
        changed = await get(id);
      });
      await invokeLabelImage(eventFor(key));
      expect(changed).toMatchObject({ rejectedImage: { detail: "The event is too large to hold an image." } });
      expect(await get(id)).toEqual(changed);
      expect(kept(id)).toEqual([key]);
    });

    test("the upload is replaced: the unchecked file is not copied", async () => {
      const id = await createEvent();
      bucket.failNext("PUT", {
        status: 412,
        headers: [],
        body: Buffer.from("<Error><Code>PreconditionFailed</Code></Error>"),
      });
      await expect(invokeLabelImage(eventFor(await arrived(id)))).rejects.toThrow(
        "S3 responded to PUT with 412 PreconditionFailed.",
      );
      expect(await get(id)).toMatchObject({ version: 1 });
    });

    test("the upload is gone: S3 has nothing to copy, and nothing changes", async () => {
      const id = await createEvent();
      const key = await arrived(id);
      bucket.failNext("PUT", { status: 404, headers: [], body: Buffer.from("<Error><Code>NoSuchKey</Code></Error>") });
      await invokeLabelImage(eventFor(key));
      expect(await get(id)).toMatchObject({ version: 1 });
      expect(kept(id)).toEqual([key]);
    });
  });

  test("is an image with its type and none of the upload's other headers", async () => {
    const id = await createEvent();
    const answer = await uploadUrlFor(id, jpeg);
    await upload(answer, jpeg, {
      headers: { "content-encoding": "gzip", "content-disposition": "attachment", "cache-control": "public" },
    });
    await settled();
    const { bytes, contentType, encoding } = await served(id);
    expect([bytes.equals(jpeg), contentType, encoding]).toEqual([true, "image/jpeg", null]);
  });

  test.each([
    ["empty", Buffer.alloc(0), notAnImage.detail],
    [
      "a byte larger than 5 MB",
      makeJpeg({ size_bytes: 5 * 1024 * 1024 + 1 }),
      "The file has 5242881 bytes; the maximum is 5242880.",
    ],
    ["smaller than Rekognition accepts", makeJpeg({ width: 79 }), "Each side of the image must be 80 to 10000 pixels."],
    [
      "larger than Rekognition accepts",
      makeJpeg({ width: 10_001 }),
      "Each side of the image must be 80 to 10000 pixels.",
    ],
    [
      "a JPEG only in its first bytes",
      Buffer.from("ffd8ffe000104a464946000101", "hex"),
      "The file cannot be read as an image.",
    ],
  ])("a file that is %s is rejected, and the event says why", async (_what, bytes, detail) => {
    const id = await createEvent();
    const answer = await uploadUrlFor(id, jpeg);
    const key = keyOf(answer);
    bucket.objects.set(key, { bytes, metadata: { "content-type": "image/jpeg" }, lastModified: new Date() });
    await invokeLabelImage(eventFor(key));
    expect(await get(id)).toMatchObject({ rejectedImage: { detail }, version: 2 });
    expect(kept(id)).toEqual([key]);
  });

  /** An event with room for this many bytes, and for at most 30 more. */
  async function createFull(room_bytes: number): Promise<string> {
    const contentOf = (size: number) => ({ payload: { text: "x".repeat(size) } });
    let size = 409_600;
    while ((await callLocal("POST /events", { json: contentOf(size) })).status === 413) size -= 30;
    return createEvent(contentOf(size - room_bytes));
  }

  test("an image for which the event has no room is removed, and the event is unchanged", async () => {
    const id = await createFull(60);
    const answer = await uploadUrlFor(id, jpeg);
    await upload(answer, jpeg);
    await settled();
    const event = await get(id);
    expect(event).toMatchObject({ version: 1 });
    expect(Object.keys(event as object)).not.toContain("image");
    expect(kept(id)).toEqual([keyOf(answer)]);
    expect(deadLetters.filter((letter) => JSON.stringify(letter).includes(id))).toEqual([]);
  });

  test("an image for which the event has no room is removed, and the event says so if there is room for that", async () => {
    const id = await createFull(140);
    const answer = await uploadUrlFor(id, jpeg);
    await upload(answer, jpeg);
    await settled();
    const event = await get(id);
    expect(event).toMatchObject({ rejectedImage: { detail: "The event is too large to hold an image." }, version: 2 });
    expect(event).not.toHaveProperty("image");
    expect(kept(id)).toEqual([keyOf(answer)]);
  });

  test("a percent-encoded key in an S3 event is decoded", async () => {
    const id = await createEvent({ title: "x" }, `a~b.${randomUUID()}`);
    const answer = await uploadUrlFor(id, jpeg);
    bucket.objects.set(keyOf(answer), {
      bytes: jpeg,
      metadata: { "content-type": "image/jpeg" },
      lastModified: new Date(),
    });
    await invokeLabelImage(eventFor(keyOf(answer).replaceAll("~", "%7E")));
    expect(await get(id)).toMatchObject({ image: { size: jpeg.length } });
  });

  test.each([
    "images/{id}/x/1",
    "incoming/{id}",
    "incoming/{id}/x",
    "incoming/{id}/x/1/x",
    "incoming/{id}/x/0",
    "incoming/{id}/x/1a",
    "incoming/+{id}/x/1",
    "incoming/../x/1",
    "deletions/{id}/x/1",
    "deletions/{id}",
    "other/{id}/x/1",
    "x",
  ])("an object at %s is left alone, and no event is read", async (form) => {
    const id = await createEvent();
    const key = form.replace("{id}", id);
    bucket.objects.set(key, { bytes: jpeg, metadata: { "content-type": "image/jpeg" }, lastModified: new Date() });
    database.setFault(id, ({ response }) => response.destroy());
    await invokeLabelImage(eventFor(key));
    expect([bucket.keys().includes(key), database.attempts(id)]).toEqual([true, 0]);
    bucket.objects.delete(key);
  });

  test("is an image of the maximum size, 5 MiB", async () => {
    const id = await createEvent();
    await invokeLabelImage(eventFor(await arrived(id, makeJpeg({ size_bytes: 5 * 1024 * 1024 }))));
    expect(await get(id)).toMatchObject({ image: { size: 5 * 1024 * 1024 } });
  });

  test("Rekognition gets a request for ten labels of at least 80 % confidence, and reads the upload itself", async () => {
    const id = await createEvent();
    const answer = await uploadUrlFor(id, jpeg);
    await upload(answer, jpeg);
    await settled();
    const asked = rekognition.requests.filter((request) => JSON.stringify(request).includes(id));
    expect(asked).toEqual([
      {
        Image: { S3Object: { Bucket: expect.any(String) as string, Name: keyOf(answer) } },
        MaxLabels: 10,
        MinConfidence: 80,
      },
    ]);
    expect(await get(id)).toMatchObject({
      image: {
        labels: [
          { name: "Local stand-in: JPEG", confidence: 100 },
          { name: "Local stand-in: 80 x 80 pixels", confidence: 100 },
        ],
      },
    });
  });

  test("an image has no labels if labelling is off, and Rekognition gets no request", async () => {
    const caller = callerOf(unlabelled.call);
    const id = await caller.createEvent();
    await caller.send(id, jpeg);
    await unlabelled.settled();
    const { image } = (await unlabelled.call(`GET /events/${id}`)).body as { image: object };
    expect(image).toEqual({ contentType: "image/jpeg", size: jpeg.length });
    expect(unlabelled.rekognition.requests).toEqual([]);
  });

  describe("after a failure", () => {
    const always = (fault: ServiceFault) => Array<ServiceFault>(3).fill(fault);
    const away = "did not respond as expected. Lambda will retry.";
    const answer = (status: number, body: string) => ({ status, headers: [], body: Buffer.from(body) });

    test.each<[string, (id: string) => void, string]>([
      [
        "S3 is unreachable",
        () => {
          bucket.failNext("GET", ...always("hang up"));
        },
        `The image store ${away}`,
      ],
      [
        "S3 cannot copy",
        () => {
          bucket.failNext("PUT", ...always("internal error"));
        },
        `The image store ${away}`,
      ],
      [
        "S3 cannot list",
        () => {
          bucket.failNext("LIST", ...always("throttle"));
        },
        `The image store ${away}`,
      ],
      [
        "S3 refuses",
        () => {
          bucket.setAhead(62);
        },
        "S3 responded to GET with 403 AccessDenied.",
      ], // the signature of a request expires after a minute
      [
        "something in front of S3 refuses",
        () => {
          bucket.failNext("GET", answer(400, "<html>Bad Request</html>"));
        },
        "S3 responded to GET with 400 no code.",
      ],
      [
        "there is no bucket",
        () => {
          bucket.failNext("GET", answer(404, "<Error><Code>NoSuchBucket</Code></Error>"));
        },
        "S3 responded to GET with 404 NoSuchBucket.",
      ],
      [
        "S3 starts to copy and fails",
        () => {
          bucket.failNext("PUT", answer(200, "<Error><Code>InternalError</Code></Error>"));
        },
        "S3 started to copy an upload but did not finish.",
      ],
      [
        "the database is unreachable after it has returned the event",
        (id) => {
          database.setFault(id, ({ attempt, response, pass }) => {
            void (attempt === 1 ? pass() : response.destroy());
          });
        },
        `The database ${away}`,
      ],
      [
        "the database is unreachable",
        (id) => {
          database.setFault(id, ({ response }) => response.destroy());
        },
        `The database ${away}`,
      ],
      [
        "Rekognition keeps failing",
        () => {
          rekognition.failNext("internal error", "internal error");
        },
        "Internal server error",
      ],
    ])("Lambda gets the error: %s", async (_what, fail, message) => {
      const id = await createEvent();
      const key = await arrived(id);
      fail(id);
      await expect(invokeLabelImage(eventFor(key))).rejects.toThrow(message);
      bucket.setAhead(0);
      database.clearFault(id);
      await invokeLabelImage(eventFor(key));
      expect(await get(id)).toMatchObject({ image: { size: jpeg.length }, version: 2 });
    });

    const loseAnswer =
      (ofAttempt: number): Fault =>
      ({ attempt, act, response, pass }) => {
        void (attempt === ofAttempt ? act().then(() => response.destroy()) : pass());
      };

    test.each<[string, (id: string) => void]>([
      [
        "of S3 to return the upload",
        () => {
          bucket.failNext("GET", "internal error");
        },
      ],
      [
        "of S3 to copy it",
        () => {
          bucket.failNext("PUT", "throttle");
        },
      ],
      [
        "of S3 to confirm the copy",
        () => {
          bucket.failNext("PUT", "answer lost");
        },
      ],
      [
        "of S3 to delete it",
        () => {
          bucket.failNext("DELETE", "hang up");
        },
      ],
      [
        "of Rekognition, once",
        () => {
          rekognition.failNext("throttle");
        },
      ],
      [
        "of Rekognition, twice",
        () => {
          rekognition.failNext("internal error", "hang up");
        },
      ],
      [
        "of DynamoDB to confirm the update",
        (id) => {
          database.setFault(id, loseAnswer(2));
        },
      ],
    ])("%s the image is accepted in the end, and the version rises once", async (_what, fail) => {
      const id = await createEvent();
      await send(id, png, "image/png");
      await settled();
      const answer = await uploadUrlFor(id, jpeg);
      bucket.objects.set(keyOf(answer), {
        bytes: jpeg,
        metadata: { "content-type": "image/jpeg" },
        lastModified: new Date(),
      });
      fail(id);
      const event = eventFor(keyOf(answer));
      await invokeLabelImage(event).catch(() => invokeLabelImage(event)); // like Lambda
      database.clearFault(id);
      expect(await get(id)).toMatchObject({ image: { contentType: "image/jpeg", size: jpeg.length }, version: 3 });
      expect(kept(id).filter((key) => key.startsWith("images/"))).toEqual([imageOf(answer)]);
    });

    test("of Rekognition on every attempt the upload becomes a dead letter, and is accepted once redelivered", async () => {
      const id = await createEvent();
      rekognition.failNext(...Array<"internal error">(6).fill("internal error")); // three invocations with two attempts each
      const answer = await uploadUrlFor(id, jpeg);
      await upload(answer, jpeg);
      await settled();
      expect(await get(id)).toMatchObject({ version: 1 });
      expect(kept(id)).toEqual([keyOf(answer)]);

      const letters = deadLetters.filter(({ requestPayload }) =>
        requestPayload.Records.some(({ s3 }) => s3.object.key.includes(id)),
      );
      expect(letters).toHaveLength(1);
      for (const { requestPayload } of letters) await invokeLabelImage(requestPayload);
      expect(await get(id)).toMatchObject({ image: { size: jpeg.length }, version: 2 });
      expect(kept(id)).toEqual([imageOf(answer), keyOf(answer)]);
    });
  });
});

describe("LABELS", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each(["ON", "yes", " off"])("of %j makes loading fail", async (labels) => {
    for (const name of [
      "TABLE_NAME",
      "BUCKET_NAME",
      "AWS_REGION",
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_SESSION_TOKEN",
    ])
      vi.stubEnv(name, name);
    vi.stubEnv("INDEX_SHARDS", "1");
    vi.stubEnv("LABELS", labels);
    vi.resetModules();
    await expect(import("./handler.ts")).rejects.toThrow('The environment variable LABELS must be "on" or "off".');
  });
});
