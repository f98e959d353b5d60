import { escape } from "../../../local/bucket/bucket-answers.ts";
import type { SignedRequest } from "../../../local/bucket/signature.ts";
import { textAnswer, type HttpAnswer } from "../../../local/gateway/gateway-answer.ts";

/** moto's. */
export const accountId = "123456789012";
/** The README's. */
export const region = "ap-southeast-1";

export interface ServiceRequest extends SignedRequest {
  service: string;
  region: string;
  path: string;
  query: URLSearchParams;
  protocol: Protocol;
  /** "" in a protocol that has none. */
  operation: string;
  /** Of S3, in path style, the only style that works with an IP address. */
  bucket?: string | undefined;
  key?: string | undefined;
}

/** Answers instead of moto, or corrects moto's answer to what it passes on. */
export type Repair = (request: ServiceRequest, pass: () => Promise<HttpAnswer>) => Promise<HttpAnswer>;

export type Fields = Record<string, unknown>;

/** JSON with the operation in a header, a form with the operation in a field, JSON by path and method, or S3's XML. */
type Protocol = "json" | "form" | "rest" | "s3";

export function serviceRequest(request: SignedRequest, service: string, region: string): ServiceRequest {
  const [path = "", rest = ""] = request.url.split(/\?(.*)/s);
  const query = new URLSearchParams(rest);
  const named = request.headers["x-amz-target"]?.[0]?.split(".").at(-1);
  const others = service === "lambda" || service === "apigateway" ? "rest" : service === "s3" ? "s3" : "form";
  const protocol = named === undefined ? others : "json";
  const operation = named ?? (protocol === "form" ? formOf({ ...request, query })["Action"] : undefined) ?? "";
  const [, bucket, key] = (service === "s3" ? /^\/([^/]+)\/?(.+)?$/s.exec(path) : undefined) ?? [];
  return { ...request, service, region, path, query, protocol, operation, bucket, key: key && decodeURIComponent(key) };
}

/** The body as a JSON object; empty without one. */
export function jsonOf({ body }: { body: Buffer | string }): Fields {
  return body.length === 0 ? {} : (JSON.parse(body.toString()) as Fields);
}

export function formOf({ body, query }: Pick<ServiceRequest, "body" | "query">): Partial<Record<string, string>> {
  return Object.fromEntries(body.length === 0 ? query : new URLSearchParams(body.toString()));
}

/** A field that should be text; otherwise "", which no policy names. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : [];
}

export function jsonAnswer(status: number, value: unknown, headers?: HttpAnswer["headers"]): HttpAnswer {
  return textAnswer(status, "application/json", JSON.stringify(value), headers);
}

export function xmlAnswer(status: number, xml: string): HttpAnswer {
  return textAnswer(status, "text/xml", xml);
}

/** With another JSON body, without DynamoDB's checksum of the old one. */
export function withJson({ status, headers }: HttpAnswer, value: object): HttpAnswer {
  const kept = headers.filter(([name]) => name.toLowerCase() !== "x-amz-crc32");
  return { status, headers: kept, body: Buffer.from(JSON.stringify(value)) };
}

export function refusal({ protocol }: ServiceRequest, status: number, code: string, message: string): HttpAnswer {
  if (protocol === "json") return jsonAnswer(status, { __type: code, message });
  if (protocol === "rest") return jsonAnswer(status, { message }, [["x-amzn-errortype", code]]);
  const error = `<Code>${code}</Code><Message>${escape(message)}</Message>`;
  if (protocol === "s3") return xmlAnswer(status, `<Error>${error}</Error>`);
  return xmlAnswer(status, `<ErrorResponse><Error><Type>Sender</Type>${error}</Error></ErrorResponse>`);
}

/** `AccessDenied` is called `AccessDeniedException` in JSON. */
export function accessDenied(request: ServiceRequest, message: string): HttpAnswer {
  const isJson = ["json", "rest"].includes(request.protocol);
  return refusal(request, 403, isJson ? "AccessDeniedException" : "AccessDenied", message);
}
