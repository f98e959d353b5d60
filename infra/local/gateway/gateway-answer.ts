import { STATUS_CODES, validateHeaderName, validateHeaderValue, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { isObject } from "../../../functions/_shared/event.ts";

export interface HttpAnswer {
  status: number;
  headers: [name: string, value: string][];
  body: Buffer;
}

export function textAnswer(
  status: number,
  contentType: string,
  body: Buffer | string,
  headers: HttpAnswer["headers"] = [],
): HttpAnswer {
  return { status, headers: [["content-type", contentType], ...headers], body: Buffer.from(body) };
}

/** Node leaves out the body of a HEAD, whose length may be known without it, a 204 and a 304. */
export function send(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  for (const [name, value] of headers) response.appendHeader(name, value);
  if (!isBodiless(status) && !response.hasHeader("content-length")) response.setHeader("content-length", body.length);
  response.writeHead(status).end(body);
}

export function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

/** Ends the connection with an answer to a request that is not valid HTTP. */
export function endWith(socket: Duplex, { status, headers, body }: HttpAnswer): void {
  const all = [...headers, ["content-length", body.length], ["connection", "close"]];
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, ...all.map((header) => header.join(": "))];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body.toString()}`);
}

/**
 * API Gateway's answer for a function's result in payload format 2.0. Throws where API Gateway answers 500.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function toAnswer(result: unknown): HttpAnswer {
  if (!isObject(result) || !("statusCode" in result)) {
    const body = typeof result === "string" ? result : JSON.stringify(result);
    return textAnswer(200, "application/json", body);
  }
  const { statusCode, isBase64Encoded } = result;
  // Null counts as absent: aws-lambda-go writes it for what a function omits.
  const [headers, cookies, body] = [result["headers"] ?? {}, result["cookies"] ?? [], result["body"] ?? ""];
  if (typeof statusCode !== "number" || !Number.isInteger(statusCode) || statusCode < 200 || statusCode > 599) {
    throw new Error("The function's statusCode must be an integer from 200 to 599.");
  }
  if (typeof body !== "string") throw new Error("The function's body must be text.");
  if (!isObject(headers)) throw new Error("The function's headers must be an object.");
  if (!Array.isArray(cookies)) throw new Error("The function's cookies must be a list.");
  const named = Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), String(value)])
    .filter(([name]) => name !== "content-length" && name !== "connection" && name !== "transfer-encoding");
  if (!named.some(([name]) => name === "content-type")) named.push(["content-type", "text/plain; charset=utf-8"]);
  const all = [...cookies.map((cookie): [string, string] => ["set-cookie", String(cookie)]), ...named];
  for (const [name, value] of all) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  return {
    status: statusCode,
    headers: all,
    body: Buffer.from(body, isBase64Encoded === true ? "base64" : "utf8"),
  };
}
