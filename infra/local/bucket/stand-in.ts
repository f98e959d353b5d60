import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { endWith, type HttpAnswer } from "../gateway/gateway-answer.ts";
import { listen, stop } from "../gateway/server.ts";
import type { SignedRequest } from "./signature.ts";

export interface StandIn {
  /** Its endpoint, without a `/` at its end. */
  url: string;
  stop: () => Promise<void>;
}

interface Service {
  answerTo: (request: SignedRequest) => HttpAnswer | Promise<HttpAnswer>;
  /** The service's own words for what arrives in part; nothing is done then. */
  broken: HttpAnswer;
  /** And for what fails here: the reason goes to the log. */
  failed: HttpAnswer;
}

/** Listens on loopback in the place of an AWS service. */
export async function startStandIn(service: Service): Promise<StandIn> {
  const running = new Set<Promise<unknown>>();
  const server = createServer((request, response) => {
    const served = serve(request, response, service)
      .catch(() => response.destroy())
      .finally(() => running.delete(served));
    running.add(served);
  });
  // The connection ended in the middle of a request, or what came is not HTTP.
  server.on("clientError", (_error, socket) => {
    if (socket.writable) endWith(socket, service.broken);
  });
  const { port } = await listen(server, 0);
  // Not localhost: curl would take the API's Authorization header along from there, and S3 refuses that beside a signed URL.
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await stop(server);
      await Promise.all(running);
    },
  };
}

async function serve(received: IncomingMessage, response: ServerResponse, service: Service): Promise<void> {
  const { method = "", url = "", headersDistinct: headers } = received;
  const request = { method, url, headers, body: await buffer(received) };
  const answer = await answerOf(service, request);
  for (const [name, value] of answer.headers) response.appendHeader(name, value);
  if (answer.status !== 204 && answer.status !== 304) response.setHeader("content-length", answer.body.length);
  response.writeHead(answer.status).end(method === "HEAD" ? undefined : answer.body);
}

async function answerOf({ answerTo, failed }: Service, request: SignedRequest): Promise<HttpAnswer> {
  try {
    return await answerTo(request);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return failed;
  }
}
