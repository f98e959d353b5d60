import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import {
  callServerAt,
  idsOfNoEvent,
  makeJpeg,
  problem,
  startApi,
  untilLabelled,
  upload,
  type UploadUrl,
} from "../../infra/testing/api.ts";

const { call } = await startApi();
const jpeg = makeJpeg({ size_bytes: 6000 });

async function createEventWithImage(): Promise<string> {
  const id = randomUUID();
  await call("POST /events", { json: { id, title: "x" } });
  const { body } = await call(`POST /events/${id}/upload-url`, {
    json: { contentType: "image/jpeg", contentLength: jpeg.length },
  });
  await upload(body as UploadUrl, jpeg);
  await untilLabelled(call, id);
  return id;
}

test("redirects to the image for five minutes: 302, without a body and not cacheable", async () => {
  const id = await createEventWithImage();
  const answer = await call(`GET /events/${id}/image`);
  expect(answer).toEqual({ status: 302, headers: expect.objectContaining({ "cache-control": "no-store" }) as object });
  const { origin, pathname, search, searchParams } = new URL(answer.headers["location"] ?? "");
  expect(pathname).toMatch(new RegExp(`/images/${id}/[0-9a-f-]{36}/1$`));
  expect(searchParams.get("X-Amz-Expires")).toBe("300");

  const image = await fetch(origin + pathname + search);
  expect([image.status, image.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
  expect(Buffer.from(await image.arrayBuffer()).equals(jpeg)).toBe(true);
});

test("the URL works for this image only: without its signature, or with another key, 403", async () => {
  const id = await createEventWithImage();
  const { headers } = await call(`GET /events/${id}/image`);
  const { origin, pathname, search } = new URL(headers["location"] ?? "");
  const bucket = callServerAt(origin);
  expect((await bucket(`GET ${pathname}`)).status).toBe(403);
  expect((await bucket(`GET ${pathname.replace(id, randomUUID())}${search}`)).status).toBe(403);
  expect((await bucket(`DELETE ${pathname}${search}`)).status).toBe(403);
  expect((await bucket(`PUT ${pathname}${search}`, { text: "x" })).status).toBe(403);
});

test("an event without an image: 404", async () => {
  const id = randomUUID();
  await call("POST /events", { json: { id, title: "x" } });
  expect(await call(`GET /events/${id}/image`)).toEqual(
    problem(404, "not-found", "Not found", "The event has no image."),
  );
});

test.each(idsOfNoEvent)("an id %s: 404", async (_what, id) => {
  expect(await call(`GET /events/${id}/image`)).toEqual(
    problem(404, "not-found", "Not found", "There is no event with this id."),
  );
});
