import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  idsOfNoEvent,
  makeJpeg,
  makePng,
  problem,
  startApi,
  startLocalApi,
  target,
  untilEvent,
  untilLabelled,
  upload,
  type Sent,
  type UploadChanges,
  type UploadUrl,
} from "../../infra/testing/api.ts";

const { bucket, call: callLocal, expire, settled } = await startLocalApi();
const call = target === "deployed" ? (await startApi()).call : callLocal;

const jpeg = makeJpeg({ size_bytes: 5000 });
const asked = { contentType: "image/jpeg", contentLength: jpeg.length };

async function createEvent(): Promise<string> {
  const id = randomUUID();
  expect((await call("POST /events", { json: { id, title: "x" } })).status).toBe(201);
  return id;
}

async function uploadUrlFor(id: string, json: object = asked): Promise<UploadUrl> {
  const { status, body } = await call(`POST /events/${id}/upload-url`, { json });
  expect(status).toBe(201);
  return body as UploadUrl;
}

/** The keys of an event in the bucket; always empty for a deployed stage, whose bucket tests cannot read. */
function kept(id: string): string[] {
  return bucket.keys().filter((key) => key.includes(id));
}

test("returns a URL for one key, type and length, valid for five minutes: 201", async () => {
  const id = await createEvent();
  const answer = await call(`POST /events/${id}/upload-url`, { json: asked });
  expect(answer).toEqual({
    status: 201,
    headers: expect.objectContaining({ "content-type": "application/json" }) as object,
    body: {
      method: "PUT",
      url: expect.stringMatching(/^https?:/) as string,
      headers: { "content-type": "image/jpeg", "if-none-match": "*" },
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    },
  });
  const { url, expiresAt } = answer.body as UploadUrl;
  const { pathname, searchParams } = new URL(url);
  expect(pathname).toMatch(
    new RegExp(`/incoming/${id}/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/1$`),
  );
  expect(searchParams.get("X-Amz-SignedHeaders")).toBe("content-length;content-type;host;if-none-match");
  expect(searchParams.get("X-Amz-Expires")).toBe("300");
  expect(Math.abs(Date.parse(expiresAt) - Date.now() - 300_000)).toBeLessThan(60_000);
});

test("accepts a body that starts with a byte order mark", async () => {
  const sent = { text: `\ufeff${JSON.stringify(asked)}`, headers: { "content-type": "application/json" } };
  expect((await call(`POST /events/${await createEvent()}/upload-url`, sent)).status).toBe(201);
});

test("numbers the URLs consecutively, concurrent ones too, without changing the event", async () => {
  const id = await createEvent();
  const before = await call(`GET /events/${id}`);
  const numberOf = ({ url }: UploadUrl) => Number(new URL(url).pathname.split("/").at(-1));
  expect([numberOf(await uploadUrlFor(id)), numberOf(await uploadUrlFor(id))]).toEqual([1, 2]);
  const concurrent = await Promise.all(Array.from({ length: 5 }, async () => numberOf(await uploadUrlFor(id))));
  expect(concurrent.sort()).toEqual([3, 4, 5, 6, 7]);
  const after = await call(`GET /events/${id}`);
  expect([after.body, after.headers["etag"]]).toEqual([before.body, before.headers["etag"]]);
});

test("gives a recreated event keys that the earlier one never had", async () => {
  const id = await createEvent();
  const { pathname: earlier } = new URL((await uploadUrlFor(id)).url);
  await call(`DELETE /events/${id}`);
  expect((await call("POST /events", { json: { id, title: "x" } })).status).toBe(201);
  const { pathname: later } = new URL((await uploadUrlFor(id)).url);
  expect(later.split("/").at(-1)).toBe(earlier.split("/").at(-1));
  expect(later).not.toBe(earlier);
});

test("refuses an upload to an event that is already at the size limit: 413", async ({ skip }) => {
  skip(target === "deployed", "the emulator used by the rehearsal lets an update grow an item over 400 KB");
  const id = randomUUID();
  const contentOf = (size: number) => ({ id, payload: { text: "x".repeat(size) } });
  let size = 409_600;
  while ((await call("POST /events", { json: contentOf(size) })).status === 413) size -= 8; // the counter takes 9 bytes
  const answer = await call(`POST /events/${id}/upload-url`, { json: asked });
  expect(answer).toEqual(
    problem(
      413,
      "too-large",
      "Too large to store",
      "The event is too large: DynamoDB stores at most 400 KB, so make the payload smaller.",
    ),
  );
});

test.each([
  ["JPEG", "image/jpeg", makeJpeg()],
  ["PNG", "image/png", makePng()],
  ["JPEG of exactly 5 MB", "image/jpeg", makeJpeg({ size_bytes: 5 * 1024 * 1024 })],
])("a %s can be uploaded and becomes the event's image", async (_what, contentType, bytes) => {
  const id = await createEvent();
  expect((await upload(await uploadUrlFor(id, { contentType, contentLength: bytes.length }), bytes)).status).toBe(200);
  expect(await untilLabelled(call, id)).toMatchObject({ image: { contentType, size: bytes.length }, version: 2 });
});

describe("S3 refuses", () => {
  test.each<[string, number, (url: string) => UploadChanges, Uint8Array?]>([
    ["another type", 403, () => ({ headers: { "content-type": "image/png" } })],
    ["no type", 403, () => ({ headers: { "content-type": undefined } })],
    ["the HTML type", 403, () => ({ headers: { "content-type": "text/html" } })],
    ["a longer file", 403, () => ({}), Buffer.concat([jpeg, Buffer.from("x")])],
    ["a shorter file", 403, () => ({}), jpeg.subarray(1)],
    ["an empty file", 403, () => ({}), Buffer.alloc(0)],
    ["an upload that may overwrite", 403, () => ({ headers: { "if-none-match": undefined } })],
    ["another key", 403, (url) => ({ url: url.replace(/.(?=\?)/, (last) => (last === "2" ? "3" : "2")) })],
    ["another event's key", 403, (url) => ({ url: url.replace(/(?<=incoming\/)[^/]+/, randomUUID()) })],
    ["a key outside incoming/", 403, (url) => ({ url: url.replace("/incoming/", "/images/") })],
    ["a longer lifetime", 403, (url) => ({ url: url.replace("X-Amz-Expires=300", "X-Amz-Expires=3000") })],
    ["reading with it", 403, () => ({ method: "GET" })],
    ["deleting with it", 403, () => ({ method: "DELETE" })],
    ["a truncated signature", 403, (url) => ({ url: url.replace(/(X-Amz-Signature=[0-9a-f]+)[0-9a-f]/, "$1") })],
    ["no signature", 403, (url) => ({ url: url.replace(/\?.*/, "") })],
  ])("%s, and keeps nothing", async (_what, status, change, bytes = jpeg) => {
    const id = await createEvent();
    const answer = await uploadUrlFor(id);
    expect((await upload(answer, bytes, change(answer.url))).status).toBe(status);
    expect(kept(id)).toEqual([]);
    expect((await upload(answer, jpeg)).status).toBe(200); // the same URL, used correctly
  });

  test("a URL after five minutes, and keeps nothing", async ({ skip }) => {
    skip(target === "deployed", "the clock of a deployed bucket cannot be set");
    const id = await createEvent();
    const answer = await uploadUrlFor(id);
    bucket.setAhead(302);
    expect(await upload(answer, jpeg)).toMatchObject({
      status: 403,
      body: expect.stringContaining("Request has expired") as string,
    });
    bucket.setAhead(0);
    expect(kept(id)).toEqual([]);
  });

  test("the second of two concurrent uploads to a URL: 412, and one image", async () => {
    const id = await createEvent();
    const answer = await uploadUrlFor(id);
    const statuses = await Promise.all([upload(answer, jpeg), upload(answer, jpeg)]);
    expect(statuses.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(await untilLabelled(call, id)).toMatchObject({ version: 2 });
  });

  const html = Buffer.from("<!doctype html>".padEnd(jpeg.length));

  test.each([
    ["accepted", jpeg, { image: { contentType: "image/jpeg", size: jpeg.length } }],
    ["rejected", html, { rejectedImage: { detail: "The file is neither a JPEG nor a PNG." } }],
  ])("a second upload to a URL whose first was %s: 412, and the event is unchanged", async (_what, bytes, event) => {
    const id = await createEvent();
    const answer = await uploadUrlFor(id);
    expect((await upload(answer, bytes)).status).toBe(200);
    const before = await untilLabelled(call, id);
    expect(before).toMatchObject(event);
    expect((await upload(answer, jpeg)).status).toBe(412);
    expect((await call(`GET /events/${id}`)).body).toEqual(before);
  });

  test("a second upload to a URL after two rejections: 412, and the event is unchanged", async () => {
    const id = await createEvent();
    const [first, second] = [await uploadUrlFor(id), await uploadUrlFor(id)];
    for (const [version, each] of [
      [2, first],
      [3, second],
    ] as const) {
      await upload(each, html);
      await untilEvent(call, id, (event) => event["version"] === version);
    }
    expect((await upload(first, jpeg)).status).toBe(412);
    expect((await call(`GET /events/${id}`)).body).toMatchObject({ rejectedImage: {}, version: 3 });
  });

  test("a second upload to a URL until the URL expires, long before the first upload does", async ({ skip }) => {
    skip(target === "deployed", "the clock of a deployed bucket cannot be set");
    const id = await createEvent();
    const answer = await uploadUrlFor(id);
    await upload(answer, jpeg);
    await settled();
    bucket.setAhead(298);
    expire(298);
    expect((await upload(answer, jpeg)).status).toBe(412);
    bucket.setAhead(302);
    expect((await upload(answer, jpeg)).status).toBe(403);
    bucket.setAhead(0);
    expire(25 * 3600);
    expect(kept(id)).toEqual([expect.stringContaining(`images/${id}/`)]);
  });
});

describe("refuses", () => {
  const type = { pointer: "/contentType", detail: "must be image/jpeg or image/png" };
  const length = {
    pointer: "/contentLength",
    detail: "must be the file's size in bytes, an integer from 1 to 5242880",
  };
  const fields = "the fields are contentType, contentLength";
  const unknown = (pointer: string) => ({ pointer, detail: `is not a field of an upload: ${fields}` });

  test.each([
    ["no field", {}, [type, length]],
    ["another type", { ...asked, contentType: "image/gif" }, [type]],
    ["a type in capitals", { ...asked, contentType: "IMAGE/JPEG" }, [type]],
    ["a type with parameters", { ...asked, contentType: "image/jpeg; charset=utf-8" }, [type]],
    ["a type that would end the header", { ...asked, contentType: "image/jpeg\r\nx: y" }, [type]],
    ["a list of types", { ...asked, contentType: ["image/jpeg"] }, [type]],
    ["0 bytes", { ...asked, contentLength: 0 }, [length]],
    ["5 MB and a byte", { ...asked, contentLength: 5 * 1024 * 1024 + 1 }, [length]],
    ["a fraction of a byte", { ...asked, contentLength: 1.5 }, [length]],
    ["a length as a string", { ...asked, contentLength: "5000" }, [length]],
    ["a negative length", { ...asked, contentLength: -1 }, [length]],
    ["no length", { contentType: "image/jpeg", contentLength: null }, [length]],
    ["an unknown field", { ...asked, name: "cat.jpg" }, [unknown("/name")]],
    [
      "unknown fields named like properties of every object",
      { ...asked, ...(JSON.parse('{"__proto__":1,"a/b":1}') as object) },
      [unknown("/__proto__"), unknown("/a~1b")],
    ],
    [
      "an unknown field with a long name",
      { ...asked, ["x".repeat(101)]: 1 },
      [{ pointer: "", detail: `has an unknown field that begins with "${"x".repeat(100)}": ${fields}` }],
    ],
    ["all fields wrong", { contenttype: "image/jpeg" }, [type, length, unknown("/contenttype")]],
    ["a list", [], [{ pointer: "", detail: "must be a JSON object" }]],
    ["text", "image/jpeg", [{ pointer: "", detail: "must be a JSON object" }]],
    ["null", null, [{ pointer: "", detail: "must be a JSON object" }]],
  ])("%s: 400", async (_what, json, errors) => {
    const id = await createEvent();
    const expected = problem(
      400,
      "invalid-request",
      "Invalid request",
      "The upload breaks the rules listed in errors.",
      errors,
    );
    expect(await call(`POST /events/${id}/upload-url`, { json })).toEqual(expected);
  });

  test("an empty body, and one that is not JSON: 400", async () => {
    const headers = { "content-type": "application/json" };
    const path = `POST /events/${await createEvent()}/upload-url`;
    expect(await call(path, { headers })).toEqual(
      problem(400, "invalid-request", "Invalid request", "The body is empty: send a JSON object."),
    );
    expect(await call(path, { text: "{", headers })).toEqual(
      problem(400, "invalid-request", "Invalid request", "The body is not valid JSON."),
    );
  });

  const unsupported = (detail: string, headers: object) => ({
    ...problem(415, "unsupported-media-type", "Unsupported media type", detail),
    headers: expect.objectContaining({
      "content-type": "application/problem+json",
      "accept-post": "application/json",
      ...headers,
    }) as object,
  });
  const isEncoded = unsupported("The body must not be compressed: omit Content-Encoding or send identity.", {
    "accept-encoding": "identity",
  });
  const notJsonType = unsupported("The body must be JSON: send Content-Type: application/json.", {});

  test.each<[string, Sent, object]>([
    ["another media type", { text: "x", headers: { "content-type": "image/jpeg" } }, notJsonType],
    ["a body declared as compressed", { json: {}, headers: { "content-encoding": "gzip" } }, isEncoded],
  ])("%s: 415, before anything else", async (_what, sent, expected) => {
    expect(await call(`POST /events/${randomUUID()}/upload-url`, sent)).toEqual(expected);
  });

  const noPrecondition = problem(
    400,
    "invalid-request",
    "Invalid request",
    "If-Match is for PUT, PATCH and DELETE, and If-None-Match is for GET: omit both from a POST.",
  );

  test.each([{ "if-match": "*" }, { "if-match": '"a-1"' }, { "if-none-match": "*" }, { "if-none-match": '"a-1"' }])(
    "a precondition: 400, before 404: %j",
    async (headers) => {
      for (const id of [await createEvent(), randomUUID()])
        expect(await call(`POST /events/${id}/upload-url`, { json: asked, headers })).toEqual(noPrecondition);
    },
  );

  test.each(idsOfNoEvent)("an upload to an id %s: 404", async (_what, id) => {
    expect(await call(`POST /events/${id}/upload-url`, { json: asked })).toEqual(
      problem(404, "not-found", "Not found", "There is no event with this id."),
    );
  });
});
