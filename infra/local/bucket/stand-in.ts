import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { HttpAnswer } from "../gateway/gateway-answer.ts";
import { listen, stop } from "../gateway/server.ts";
import type { SignedRequest } from "./signature.ts";

export interface StandIn {
  /** Its endpoint, without a `/` at its end. */
  url: string;
  stop: () => Promise<void>;
}

/**
 * How a service can fail: "answer lost" does what was asked, and then hangs up as "hang up" does at
 * once; "no answer" keeps the connection and says nothing. Or what it says instead, word by word.
 */
export type ServiceFault = "throttle" | "internal error" | "hang up" | "answer lost" | "no answer" | HttpAnswer;

interface Service {
  answerTo: (request: SignedRequest) => HttpAnswer;
  /** Whether this request is to fail. */
  faultFor?: (request: SignedRequest) => ServiceFault | undefined;
  /** The service's own words for failures. */
  failures: { throttled: HttpAnswer; internal: HttpAnswer; broken: HttpAnswer };
}

/** Listens on loopback in the place of an AWS service. What arrives in part gets the answer `broken`, and nothing is done. */
export async function startStandIn(service: Service): Promise<StandIn> {
  const server = createServer((request, response) => {
    serve(request, response, service).catch(() => response.destroy());
  });
  server.on("clientError", (_error, socket) => {
    refuseBroken(socket, service.failures.broken);
  });
  const { port } = await listen(server, 0);
  // Not localhost: curl would take the API's Authorization header along from there, and S3 refuses that beside a signed URL.
  return { url: `http://127.0.0.1:${port}`, stop: () => stop(server) };
}

async function serve(received: IncomingMessage, response: ServerResponse, service: Service): Promise<void> {
  const { method = "", url = "", headersDistinct: headers } = received;
  const request = { method, url, headers, body: await buffer(received) };
  const fault = service.faultFor?.(request);
  if (fault === "no answer") return;
  const answer = answerWithFault(request, service, fault);
  if (!answer) {
    response.destroy();
    return;
  }
  for (const [name, value] of answer.headers) response.appendHeader(name, value);
  if (answer.status !== 204) response.setHeader("content-length", answer.body.length);
  response.writeHead(answer.status).end(method === "HEAD" ? undefined : answer.body);
}

/** Undefined where it hangs up. */
function answerWithFault(
  request: SignedRequest,
  { answerTo, failures }: Service,
  fault: Exclude<ServiceFault, "no answer"> | undefined,
): HttpAnswer | undefined {
  switch (fault) {
    case undefined:
      return answerTo(request);
    case "throttle":
      return failures.throttled;
    case "internal error":
      return failures.internal;
    case "answer lost":
      answerTo(request);
      return undefined;
    case "hang up":
      return undefined;
    default:
      return fault;
  }
}

/** The connection ended in the middle of a request, or what came is not HTTP. */
function refuseBroken(socket: Duplex, { status, headers, body }: HttpAnswer): void {
  if (!socket.writable) return;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(
    `HTTP/1.1 ${status} Bad Request\r\n${lines}content-length: ${body.length}\r\nconnection: close\r\n\r\n${body.toString()}`,
  );
}
