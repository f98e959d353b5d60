import { buffer } from "node:stream/consumers";
import type { Readable } from "node:stream";
import { Sha256 } from "@smithy/core/checksum";
import { HttpRequest } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import { credentials, environment, region } from "./environment.ts";
import { Problem } from "./problem.ts";
import { BoundedRequestHandler } from "./request-handler.ts";

export const bucketName = environment("BUCKET_NAME");

/** Regional: elsewhere S3 answers for a new bucket with a redirect, which browsers refuse. An emulator has the bucket in the path. */
const emulator = process.env["AWS_ENDPOINT_URL_S3"];
const endpoint = new URL(emulator === undefined ? `https://${bucketName}.s3.${region}.amazonaws.com` : `${emulator}/${bucketName}`);

/** The SDK's signer and sender without its S3 client, which alone weighs more than a whole function may. */
const signer = new SignatureV4({ service: "s3", region, credentials, sha256: Sha256, uriEscapePath: false });
const sender = new BoundedRequestHandler({ connection_ms: 1_000, answer_ms: 2_000, body_ms: 1_000 });

type Method = "DELETE" | "GET" | "PUT";

/**
 * A URL that lets whoever has it make one kind of request, with exactly these headers. S3 refuses it
 * after `lifetime_s` seconds, or sooner where the function's credentials end. Nothing is sent for it.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export async function presign(method: Method, key: string, headers: Record<string, string>, lifetime_s: number): Promise<{ url: string; expiresAt: string }> {
  const now = new Date();
  const { path, query } = await sign(method, key, headers, lifetime_s, now);
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
 * Sends one request without a body to the bucket, and gives S3's answer where it is 2xx, 404 or 416.
 *
 * Throws a `Problem` 503 when S3 is away, slow or overloaded; `advice` tells the caller what to do
 * then. Throws an error with S3's code for any other answer.
 */
export async function sendToBucket(method: Method, key: string, { headers = {}, advice }: { headers?: Record<string, string>; advice: string }): Promise<BucketAnswer> {
  const request = await sign(method, key, headers, 60, new Date());
  const failed = (cause: unknown) => new Problem(503, `The store of images did not answer as it should. ${advice}`, { headers: { "retry-after": "2" }, cause });
  const answer = await receive(request).catch((error: unknown) => { throw failed(error); });
  if (answer.status < 300 || answer.status === 404 || answer.status === 416) return answer;
  const code = /<Code>(\w+)<\/Code>/.exec(answer.body.toString())?.[1] ?? "no code";
  const error = new Error(`S3 answered ${answer.status} ${code} to ${method}.`);
  throw answer.status >= 500 ? failed(error) : error;
}

/** In the query, also of what this function sends itself: one way for both. */
async function sign(method: Method, key: string, headers: Record<string, string>, lifetime_s: number, signingDate: Date): Promise<HttpRequest> {
  const { protocol, hostname, port, host, pathname } = endpoint;
  const request = new HttpRequest({
    method,
    protocol,
    hostname,
    ...(port !== "" && { port: Number(port) }),
    path: `${pathname.replace(/\/$/, "")}/${key}`,
    headers: { ...headers, host, "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" },
  });
  const signed = await signer.presign(request, { signingDate, expiresIn: lifetime_s, unhoistableHeaders: new Set(Object.keys(headers)) });
  return new HttpRequest(signed);
}

async function receive(request: HttpRequest): Promise<BucketAnswer> {
  const { response } = await sender.handle(request);
  return { status: response.statusCode, headers: response.headers, body: await buffer(response.body as Readable) };
}
