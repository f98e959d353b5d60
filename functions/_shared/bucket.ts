import { Sha256 } from "@smithy/core/checksum";
import { HttpRequest } from "@smithy/core/transport";
import { SignatureV4 } from "@smithy/signature-v4";
import { credentials, environment, exchangeWithin, region, retrying } from "./aws-client.ts";
import { unavailable } from "./problem.ts";

/** A stack without label-image has no bucket. */
export const hasBucket = process.env["BUCKET_NAME"] !== undefined;
export const bucketName = hasBucket ? environment("BUCKET_NAME") : "";

// Keys in the bucket. The incarnation distinguishes an event from an earlier one with the same id.

/** An upload, checked or not. S3 refuses a second upload to this key until its lifecycle rule removes the first, long after the URL has expired. */
export function incomingKey(id: string, incarnation: string, upload: number | string): string {
  return `incoming/${id}/${incarnation}/${upload}`;
}

/** An accepted image. */
export function imageKey(id: string, incarnation: string, upload: number | string): string {
  return `images/${id}/${incarnation}/${upload}`;
}

/** A note that an event is being deleted: written before the event is deleted, removed after its objects. If it expires first, S3 removes it and calls label-image. */
export function deletionKey(id: string, incarnation: string): string {
  return `deletions/${id}/${incarnation}`;
}

/** Regional: for a new bucket the global endpoint redirects, which browsers refuse. An emulator has the bucket in the path. */
const emulator = process.env["AWS_ENDPOINT_URL_S3"];
const endpoint = new URL(
  emulator === undefined ? `https://${bucketName}.s3.${region}.amazonaws.com` : `${emulator}/${bucketName}`,
);

/** The SDK's signer and retries without its S3 client, which alone exceeds the size budget of a function. */
const signer = new SignatureV4({ service: "s3", region, credentials, sha256: Sha256, uriEscapePath: false });
const exchange = exchangeWithin({ connection_ms: 1_000, answer_ms: 2_000, body_ms: 1_000 });
const repeat = retrying(3);

interface BucketRequest {
  method: "DELETE" | "GET" | "PUT";
  /** Empty for a request about the bucket itself. */
  key: string;
  headers?: Record<string, string>;
  query?: Record<string, string>;
}

/**
 * A URL that lets its holder make one kind of request, with exactly these headers. S3 refuses it after
 * `lifetime_s` seconds, or earlier if the function's credentials expire. Signing sends no request.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export async function presign(
  method: "GET" | "PUT",
  key: string,
  headers: Record<string, string>,
  lifetime_s: number,
): Promise<{ url: string; expiresAt: string }> {
  const now = new Date();
  const { path, query } = await sign({ method, key, headers }, lifetime_s, now);
  const url = new URL(path, endpoint);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return { url: url.href, expiresAt: new Date(now.getTime() + lifetime_s * 1000).toISOString() };
}

export interface BucketAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * Sends one request without a body for an object. Returns S3's response if it is 2xx, 404 for the object
 * (not for the bucket) or 416.
 *
 * Throws a `Problem` 503 when S3 is unreachable, slow or overloaded, or when the time limit is reached;
 * `advice` tells the caller what to do. Throws an error with S3's code for any other response.
 */
export async function sendToBucket(
  method: BucketRequest["method"],
  key: string,
  { headers = {}, advice }: { headers?: Record<string, string>; advice: string },
): Promise<BucketAnswer> {
  return send({ method, key, headers }, advice);
}

/** As many as aws-client.ts has sockets: more deletes would only wait, within the invocation's time limit. */
const maxKeys = 50;

/**
 * Up to `maxKeys` keys with this prefix, and whether there are more. Throws like `sendToBucket`.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export async function listKeys(prefix: string, advice: string): Promise<{ keys: string[]; isTruncated: boolean }> {
  const { body } = await send(
    { method: "GET", key: "", query: { "list-type": "2", "max-keys": String(maxKeys), prefix } },
    advice,
  );
  const xml = body.toString();
  // Keys need no unescaping: an id contains only unreserved characters.
  return {
    keys: [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) => key),
    isTruncated: xml.includes("<IsTruncated>true</IsTruncated>"),
  };
}

/** An error response from S3. The SDK decides by name and status whether to retry. */
class S3Error extends Error {
  readonly $metadata: { httpStatusCode: number };

  constructor({ status, body }: BucketAnswer, method: string) {
    const code = /<Code>(\w+)<\/Code>/.exec(body.toString())?.[1] ?? "no code";
    super(`S3 responded to ${method} with ${status} ${code}.`);
    this.name = code;
    this.$metadata = { httpStatusCode: status };
  }
}

async function send(request: BucketRequest, advice: string): Promise<BucketAnswer> {
  try {
    return await repeat(() => attempt(request));
  } catch (error) {
    if (error instanceof S3Error && error.$metadata.httpStatusCode < 500) throw error;
    throw unavailable("The image store", advice, error);
  }
}

async function attempt(request: BucketRequest): Promise<BucketAnswer> {
  const { statusCode: status, headers, body } = await exchange(await sign(request, 60, new Date()));
  const answer = { status, headers, body };
  if (answer.status < 300) return answer;
  if ([404, 416].includes(answer.status) && !answer.body.includes("<Code>NoSuchBucket</Code>")) return answer;
  throw new S3Error(answer, request.method);
}

/** Signs in the query string, for this function's own requests too: one way for both. */
async function sign(
  { method, key, headers = {}, query = {} }: BucketRequest,
  lifetime_s: number,
  signingDate: Date,
): Promise<HttpRequest> {
  if (!hasBucket) throw new Error("The environment variable BUCKET_NAME is not set.");
  const { protocol, hostname, port, host, pathname } = endpoint;
  const request = new HttpRequest({
    method,
    protocol,
    hostname,
    ...(port !== "" && { port: Number(port) }),
    path: `${pathname.replace(/\/$/, "")}/${key}`,
    query,
    headers: { ...headers, host, "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" },
  });
  const signed = await signer.presign(request, {
    signingDate,
    expiresIn: lifetime_s,
    unhoistableHeaders: new Set(Object.keys(headers)),
  });
  return new HttpRequest(signed);
}
