import { request as send, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import type { SignedRequest } from "../../../local/bucket/signature.ts";
import type { HttpAnswer } from "../../../local/gateway/gateway-answer.ts";
import { requestOf } from "../aws.ts";
import { serviceRequest, type ServiceRequest } from "./service-request.ts";

export type Forward = (request: SignedRequest) => Promise<HttpAnswer>;

const ofConnection = ["connection", "transfer-encoding", "expect", "keep-alive", "content-length"];

/** Keeps the Host header: moto builds queue URLs from it. */
export function forwardTo(motoUrl: string): Forward {
  const { hostname, port } = new URL(motoUrl);
  return async ({ method, url, headers: received, body }) => {
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

/** The gate's own request. moto verifies nothing, but finds the service in the signature's scope. */
export function ownRequest(call: string, region: string, input?: object): ServiceRequest {
  const { service, method, path, headers, body } = requestOf(call, input);
  const credential = `gate/20260101/${region}/${service}/aws4_request`;
  const all = {
    ...headers,
    host: `${service}.${region}.amazonaws.com`,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`,
  };
  const listed = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value]]));
  return serviceRequest({ method, url: path, headers: listed, body: Buffer.from(body) }, service, region);
}
