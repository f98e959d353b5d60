import { createHash, createHmac } from "node:crypto";
import { request as send, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { SignatureV4 } from "@smithy/signature-v4";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A request to an AWS service, before it is signed. */
export interface AwsRequest {
  /** The service's name in a signature, such as `dynamodb` or `monitoring`. */
  service: string;
  method: string;
  /** With its query, if any. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface AwsAnswer {
  status: number;
  body: string;
}

export type AwsCaller = (request: AwsRequest) => Promise<AwsAnswer>;

/** Calls the emulated AWS at `url` as the holder of these credentials: signed, and nothing else. */
export function callerOf(url: string, region: string, credentials: Credentials): AwsCaller {
  const { hostname, port } = new URL(url);
  return async ({ service, method, path, headers = {}, body = "" }) => {
    const signer = new SignatureV4({ service, region, credentials, sha256: Sha256, uriEscapePath: service !== "s3" });
    const [pathname = "", query = ""] = path.split("?");
    const signed = await signer.sign({
      protocol: "http:",
      hostname,
      port: Number(port),
      method,
      path: pathname,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: { host: `${hostname}:${port}`, ...headers },
      body,
    });
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      send({ hostname, port, method, path, headers: signed.headers }, resolve).on("error", reject).end(body);
    });
    return { status: answer.statusCode ?? 0, body: await text(answer) };
  };
}

/** For services that take JSON and the operation in a header: DynamoDB, CloudWatch Logs. */
export function jsonRequest(service: string, target: string, input: object): AwsRequest {
  const version = target.startsWith("DynamoDB") ? "1.0" : "1.1";
  const headers = { "content-type": `application/x-amz-json-${version}`, "x-amz-target": target };
  return { service, method: "POST", path: "/", headers, body: JSON.stringify(input) };
}

/** For services that take a form and answer in XML: IAM, STS. */
export function formRequest(service: string, version: string, form: Record<string, string>): AwsRequest {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return {
    service,
    method: "POST",
    path: "/",
    headers,
    body: new URLSearchParams({ Version: version, ...form }).toString(),
  };
}

/** node:crypto in the form that the signer asks for. */
class Sha256 {
  private readonly hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: unknown) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as Uint8Array);
  }

  update(data: Uint8Array): void {
    this.hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }
}
