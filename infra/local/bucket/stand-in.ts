import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { endWith, send, type HttpAnswer } from "../gateway/gateway-answer.ts";
import { listen, stop } from "../gateway/server.ts";
import type { SignedRequest } from "./signature.ts";

export type StandIn = Awaited<ReturnType<typeof startStandIn>>;

interface Service {
  /** Without an answer the connection is reset. */
  answerTo: (request: SignedRequest) => HttpAnswer | Promise<HttpAnswer | undefined>;
  /** The service's own answer to an incomplete request, which is not executed. */
  broken: HttpAnswer;
  /** Its answer to an error here, which is logged. */
  failed: HttpAnswer;
}

/** Listens on loopback as an AWS service. */
export async function startStandIn({ answerTo, broken, failed }: Service) {
  const serve = async (received: IncomingMessage, response: ServerResponse) => {
    const { method = "", url = "", headersDistinct: headers } = received;
    const request = { method, url, headers, body: await buffer(received) };
    const answer = (async () => answerTo(request))().catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      return failed;
    });
    const given = await answer;
    if (given) send(response, given);
    else response.destroy();
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  // The connection ended in the middle of a request, or the bytes are not HTTP.
  server.on("clientError", (_error, socket) => {
    if (socket.writable) endWith(socket, broken);
  });
  const { port } = await listen(server, 0);
  return {
    /** Not localhost: curl would send the API's Authorization header here, too, which S3 refuses with a signed URL. */
    url: `http://127.0.0.1:${port}`,
    stop: () => stop(server),
  };
}
