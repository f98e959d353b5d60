import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { endWith, send, type HttpAnswer } from "../gateway/gateway-answer.ts";
import { listen, stop } from "../gateway/server.ts";
import type { SignedRequest } from "./signature.ts";

export interface StandIn {
  /** Its endpoint, without a trailing `/`. */
  url: string;
  stop: () => Promise<void>;
}

interface Service {
  answerTo: (request: SignedRequest) => HttpAnswer | Promise<HttpAnswer>;
  /** The service's own answer to an incomplete request, which is not executed. */
  broken: HttpAnswer;
  /** Its answer to an error here, which is logged. */
  failed: HttpAnswer;
}

/** Listens on loopback as an AWS service. */
export async function startStandIn(service: Service): Promise<StandIn> {
  const running = new Set<Promise<unknown>>();
  const server = createServer((request, response) => {
    const served = serve(request, response, service)
      .catch(() => response.destroy())
      .finally(() => running.delete(served));
    running.add(served);
  });
  // The connection ended in the middle of a request, or the bytes are not HTTP.
  server.on("clientError", (_error, socket) => {
    if (socket.writable) endWith(socket, service.broken);
  });
  const { port } = await listen(server, 0);
  // Not localhost: curl would send the API's Authorization header here, too, which S3 refuses with a signed URL.
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
  const answer = (async () => service.answerTo(request))().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return service.failed;
  });
  send(response, await answer);
}
