import { request as send, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import type { SignedRequest } from "../../../local/bucket/signature.ts";
import type { HttpAnswer } from "../../../local/gateway/gateway-answer.ts";

const ofConnection = ["connection", "transfer-encoding", "expect", "keep-alive", "content-length"];

/** Keeps the Host header: moto builds queue URLs from it. */
export function forwardTo(motoUrl: string) {
  const { hostname, port } = new URL(motoUrl);
  return async ({ method, url, headers: received, body }: SignedRequest): Promise<HttpAnswer> => {
    const headers = [...pairsOf(received, ofConnection).flat(), "content-length", String(body.length)];
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      send({ hostname, port, method, path: url, headers }, resolve).on("error", reject).end(body);
    });
    const dropped = ofConnection.filter((name) => method !== "HEAD" || name !== "content-length");
    const passed = pairsOf(answer.headersDistinct, dropped);
    return { status: answer.statusCode ?? 0, headers: passed, body: await buffer(answer) };
  };
}

function pairsOf(headers: NodeJS.Dict<string[]>, dropped: string[]): HttpAnswer["headers"] {
  return Object.entries(headers).flatMap(([name, values = []]) =>
    dropped.includes(name) ? [] : values.map((value): [string, string] => [name, value]),
  );
}
