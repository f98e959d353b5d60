import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { callServerAt } from "./call.ts";
import { serve } from "./serve.ts";
import { untilEvent, untilLabelled, upload, type UploadChanges } from "./upload.ts";

/** The received requests, and the event that each `GET /events/1` gets. */
const received: object[] = [];
const events: object[] = [];
const url = await serve((request, response) => {
  const { method = "", url = "", headers } = request;
  buffer(request).then(
    (body) => {
      if (method !== "GET") received.push({ method, url, headers, body: body.toString() });
      response.setHeader("content-type", "application/json").end(JSON.stringify(events.shift() ?? { isUpload: true }));
    },
    () => received.push({ method, url, headers, body: "aborted" }),
  );
});
const call = callServerAt(url);

const path = "/images/incoming/1/a?X-Amz-Signature=x%2B";
const to = {
  method: "PUT",
  url: `${url}${path}`,
  headers: { "content-type": "image/png", "if-none-match": "*" },
  expiresAt: "",
};
const { host } = new URL(url);
const connection = "keep-alive";
const asAnswered = { host, connection, "content-type": "image/png", "if-none-match": "*" };

test.each<[string, UploadChanges, object]>([
  [
    "as documented in the answer",
    {},
    { method: "PUT", url: path, headers: { ...asAnswered, "content-length": "5" }, body: "hello" },
  ],
  [
    "with another method and path",
    { method: "POST", url: `${url}/x?y` },
    { method: "POST", url: "/x?y", headers: { ...asAnswered, "content-length": "5" }, body: "hello" },
  ],
  [
    "with headers added, changed and removed",
    { headers: { "content-type": "text/html", "if-none-match": undefined, "x-amz-acl": "private" } },
    {
      method: "PUT",
      url: path,
      headers: { host, connection, "content-type": "text/html", "x-amz-acl": "private", "content-length": "5" },
      body: "hello",
    },
  ],
  [
    "without a length",
    { headers: { "content-length": undefined } },
    { method: "PUT", url: path, headers: { ...asAnswered, "transfer-encoding": "chunked" }, body: "hello" },
  ],
])("an upload is sent %s", async (_how, changes, expected) => {
  received.length = 0;
  expect(await upload(to, Buffer.from("hello"), changes)).toMatchObject({ status: 200, body: { isUpload: true } });
  expect(received).toEqual([expected]);
});

test("an upload with too large a Content-Length closes the connection", async () => {
  received.length = 0;
  expect(await upload(to, Buffer.from("hello"), { headers: { "content-length": "6" } })).toMatchObject({ status: 400 });
  await expect
    .poll(() => received)
    .toEqual([{ method: "PUT", url: path, headers: { ...asAnswered, "content-length": "6" }, body: "aborted" }]);
});

test("waits for an event to become as expected", async () => {
  events.push({ version: 1 }, { version: 2 }, { version: 3 });
  expect(await untilEvent(call, "1", ({ version }) => version === 2)).toEqual({ version: 2 });
  expect(events.splice(0)).toEqual([{ version: 3 }]);
});

test.each([[{ image: {} }], [{ rejectedImage: {} }]])(
  "waits for an image to be labelled or rejected: %j",
  async (event) => {
    events.push({ version: 1 }, event);
    expect(await untilLabelled(call, "1")).toEqual(event);
  },
);
