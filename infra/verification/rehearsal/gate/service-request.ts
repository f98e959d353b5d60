import type { SignedRequest } from "../../../local/bucket/signature.ts";
import { escapeXml } from "./xml.ts";

export interface ServiceRequest extends SignedRequest {
  service: string;
  region: string;
  path: string;
  query: URLSearchParams;
}

export interface ServiceAnswer {
  status: number;
  headers: [name: string, value: string][];
  body: Buffer;
}

export type Fields = Record<string, unknown>;

/** JSON with the operation in a header, a form with the operation in a field, JSON by path and method, or S3's XML. */
export type Protocol = "json" | "form" | "rest" | "s3";

export function serviceRequest(request: SignedRequest, service: string, region: string): ServiceRequest {
  const [path = "", query = ""] = request.url.split(/\?(.*)/s);
  return { ...request, service, region, path, query: new URLSearchParams(query) };
}

export function protocolOf({ service, headers }: ServiceRequest): Protocol {
  if (headers["x-amz-target"]) return "json";
  if (service === "s3") return "s3";
  return service === "lambda" || service === "apigateway" ? "rest" : "form";
}

export function operationOf(request: ServiceRequest): string | undefined {
  const protocol = protocolOf(request);
  if (protocol === "json") return request.headers["x-amz-target"]?.[0]?.split(".").at(-1);
  return protocol === "form" ? (formOf(request).get("Action") ?? undefined) : undefined;
}

/** The body as a JSON object; empty without one. */
export function jsonOf({ body }: { body: Buffer }): Fields {
  const value: unknown = body.length === 0 ? {} : JSON.parse(body.toString());
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

export function formOf({ body, query }: ServiceRequest): URLSearchParams {
  return body.length === 0 ? query : new URLSearchParams(body.toString());
}

/** A field that should be text; otherwise "", which no policy names. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : [];
}

export function jsonAnswer(status: number, value: object, headers: ServiceAnswer["headers"] = []): ServiceAnswer {
  return {
    status,
    headers: [["content-type", "application/json"], ...headers],
    body: Buffer.from(JSON.stringify(value)),
  };
}

export function xmlAnswer(status: number, xml: string): ServiceAnswer {
  return { status, headers: [["content-type", "text/xml"]], body: Buffer.from(xml) };
}

/** With another JSON body, without DynamoDB's checksum of the old one. */
export function withJson({ status, headers }: ServiceAnswer, value: object): ServiceAnswer {
  return {
    status,
    headers: headers.filter(([name]) => name.toLowerCase() !== "x-amz-crc32"),
    body: Buffer.from(JSON.stringify(value)),
  };
}

export function refusal(request: ServiceRequest, status: number, code: string, message: string): ServiceAnswer {
  const [escapedCode, escapedMessage] = [escapeXml(code), escapeXml(message)];
  switch (protocolOf(request)) {
    case "json":
      return jsonAnswer(status, { __type: code, message });
    case "rest":
      return jsonAnswer(status, { message }, [["x-amzn-errortype", code]]);
    case "s3":
      return xmlAnswer(status, `<Error><Code>${escapedCode}</Code><Message>${escapedMessage}</Message></Error>`);
    case "form":
      return xmlAnswer(
        status,
        `<ErrorResponse><Error><Type>Sender</Type><Code>${escapedCode}</Code><Message>${escapedMessage}</Message></Error></ErrorResponse>`,
      );
  }
}

/** `AccessDenied` is called `AccessDeniedException` in JSON. */
export function accessDenied(request: ServiceRequest, message: string): ServiceAnswer {
  const isJson = ["json", "rest"].includes(protocolOf(request));
  return refusal(request, 403, isJson ? "AccessDeniedException" : "AccessDenied", message);
}
