import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** Gives a request the answer of the same path below `baseUrl`. */
export async function forward(request: IncomingMessage, response: ServerResponse, baseUrl: string): Promise<void> {
  const { method = "", url = "", headers } = request;
  const content = method === "POST" && {
    body: await text(request),
    headers: { "content-type": headers["content-type"] ?? "" },
  };
  const answer = await fetch(`${baseUrl}${url}`, { method, ...content });
  response
    .writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" })
    .end(await answer.text());
}
