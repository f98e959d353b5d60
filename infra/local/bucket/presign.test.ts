import { afterEach, expect, test, vi } from "vitest";
import { verify } from "./signature.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const role = {
  AWS_REGION: "eu-north-1",
  AWS_ACCESS_KEY_ID: "ASIA1",
  AWS_SECRET_ACCESS_KEY: "first+secret/",
  AWS_SESSION_TOKEN: "a+token/with==",
  BUCKET_NAME: "photos",
};

/** Loads the functions' module with this environment. */
async function loadBucket(changes: Record<string, string | undefined> = {}) {
  vi.resetModules();
  for (const [name, value] of Object.entries({ ...role, ...changes })) vi.stubEnv(name, value);
  return import("../../../functions/_shared/bucket.ts");
}

test.each([
  [
    "at S3, with the bucket's own host in its region",
    undefined,
    "https://photos.s3.eu-north-1.amazonaws.com/incoming/a~b/1",
  ],
  [
    "at an emulator, with the bucket in the path",
    "http://127.0.0.1:4566",
    "http://127.0.0.1:4566/photos/incoming/a~b/1",
  ],
])("a presigned URL is %s", async (_where, emulator, expected) => {
  const { presign } = await loadBucket({ AWS_ENDPOINT_URL_S3: emulator });
  const headers = { "content-type": "image/png", "content-length": "12", "if-none-match": "*" };

  const { url, expiresAt } = await presign("PUT", "incoming/a~b/1", headers, 300);

  const { origin, pathname, searchParams, host } = new URL(url);
  expect(origin + pathname).toBe(expected);
  expect(Object.fromEntries(searchParams)).toEqual({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
    "X-Amz-Credential": expect.stringMatching(/^ASIA1\/\d{8}\/eu-north-1\/s3\/aws4_request$/) as string,
    "X-Amz-Date": expect.stringMatching(/^\d{8}T\d{6}Z$/) as string,
    "X-Amz-Expires": "300",
    "X-Amz-Security-Token": role.AWS_SESSION_TOKEN,
    "X-Amz-Signature": expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    "X-Amz-SignedHeaders": "content-length;content-type;host;if-none-match",
  });
  const signed_ms = Date.parse(expiresAt) - 300_000;
  expect(new Date(signed_ms).toISOString().replace(/[-:]|\.\d+/g, "")).toBe(searchParams.get("X-Amz-Date"));
  const received = {
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    host: [host],
  };
  const secretOf = () => ({ secret: role.AWS_SECRET_ACCESS_KEY, sessionToken: role.AWS_SESSION_TOKEN });
  const request = { method: "PUT", url: url.slice(origin.length), headers: received, body: Buffer.from("any") };
  expect(verify(request, secretOf, new Date())).toEqual({ accessKeyId: "ASIA1", service: "s3", region: "eu-north-1" });
});

test("with an empty BUCKET_NAME the functions do not load, and without one nothing is signed", async () => {
  const sentence = "The environment variable BUCKET_NAME is not set.";
  await expect(loadBucket({ BUCKET_NAME: "" })).rejects.toThrow(sentence);
  const { presign } = await loadBucket({ BUCKET_NAME: undefined });
  await expect(presign("GET", "images/a", {}, 300)).rejects.toThrow(sentence);
});
