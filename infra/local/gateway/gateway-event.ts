import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { Authorized } from "./authorizer.ts";

interface Matched {
  routeKey: string;
  stage: string;
  /** The whole path, percent-decoded, with the stage if it has one. */
  rawPath: string;
  pathParameters: Record<string, string> | undefined;
  authorizer: Authorized | undefined;
  requestId: string;
  now: Date;
}

const hopByHop = new Set(["connection", "expect", "keep-alive", "transfer-encoding", "upgrade"]);

/** Only these arrive as text; everything else, and any other charset, arrives in base64. */
const textTypes = /^(text\/.+|application\/(json|xml|javascript|graphql))$/;

/**
 * API Gateway's event for a request, in payload format 2.0. Absent values have no key.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function toEvent(request: IncomingMessage, body: Buffer, matched: Matched): APIGatewayProxyEventV2 {
  const { routeKey, stage, rawPath, pathParameters, authorizer, requestId, now } = matched;
  const { cookie, ...headers } = headersOf(request, body, now);
  const [, rawQueryString = ""] = (request.url ?? "").split(/\?(.*)/s);
  const query = new URLSearchParams(rawQueryString);
  const parameters = [...query.keys()].map((name) => [name, query.getAll(name).join()] as const);
  // What AWS does with text that is not UTF-8 is not known; base64 loses nothing.
  const isBase64Encoded = body.length > 0 && !(isText(headers["content-type"]) && isUtf8(body));
  const host = headers["host"] ?? "";
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split("; ") }),
    headers,
    ...(rawQueryString !== "" && { queryStringParameters: Object.fromEntries(parameters) }),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      ...(authorizer && { authorizer }),
      domainName: host,
      domainPrefix: host.split(/[.:]/)[0] ?? "",
      http: {
        method: request.method ?? "",
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId,
      routeKey,
      stage,
      time: logTime(now),
      timeEpoch: now.getTime(),
    },
    ...(pathParameters && { pathParameters }),
    ...(body.length > 0 && { body: body.toString(isBase64Encoded ? "base64" : "utf8") }),
    isBase64Encoded,
  };
}

function headersOf(request: IncomingMessage, body: Buffer, now: Date): Record<string, string> {
  const received = Object.entries(request.headersDistinct)
    .filter(([name]) => !hopByHop.has(name))
    .map(([name, values = []]): [string, string] => [name, values.join(name === "cookie" ? "; " : ",")]);
  const headers: Record<string, string> = Object.fromEntries(received);
  const { remoteAddress = "", localPort = 0 } = request.socket;
  const forwarded = headers["x-forwarded-for"];
  return {
    "x-amzn-trace-id": `Root=1-${Math.floor(now.getTime() / 1000).toString(16)}-${randomBytes(12).toString("hex")}`,
    host: "",
    ...headers,
    "content-length": String(body.length),
    "x-forwarded-for": forwarded === undefined ? remoteAddress : `${forwarded}, ${remoteAddress}`,
    "x-forwarded-port": String(localPort),
    "x-forwarded-proto": "http",
  };
}

function isText(contentType = ""): boolean {
  const [mediaType = "", ...parameters] = contentType
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith("charset=")) ?? "charset=utf-8";
  return textTypes.test(mediaType) && charset === "charset=utf-8";
}

/** 10/Jul/2026:19:19:05 +0000 */
function logTime(now: Date): string {
  const [, day = "", month = "", year = "", time = ""] = now.toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}
