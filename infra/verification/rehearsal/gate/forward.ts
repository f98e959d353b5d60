import { request as send, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import type { SignedRequest } from "../../../local/bucket/signature.ts";
import { serviceRequest, type ServiceAnswer, type ServiceRequest } from "./service-request.ts";

/** Passes a request on to moto. */
export type Forward = (request: SignedRequest) => Promise<ServiceAnswer>;

const ofConnection = ["connection", "transfer-encoding", "expect", "content-length", "keep-alive"];

/** The Host header stays as it came: moto builds the URLs of queues from it. */
export function forwardTo(motoUrl: string): Forward {
  const { hostname, port } = new URL(motoUrl);
  return async ({ method, url, headers, body }) => {
    const kept = Object.entries(headers).filter(([name]) => !ofConnection.includes(name));
    // Node.js takes a list of one for most headers, and not for Host.
    const sent = Object.fromEntries(
      kept.map(([name, values = []]) => [name, values.length === 1 ? values[0] : values]),
    );
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      send({ hostname, port, method, path: url, headers: { ...sent, "content-length": body.length } }, resolve)
        .on("error", reject)
        .end(body);
    });
    const dropped = method === "HEAD" ? ofConnection.filter((name) => name !== "content-length") : ofConnection;
    const answered = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    );
    return {
      status: answer.statusCode ?? 0,
      headers: answered.filter(([name]) => !dropped.includes(name)),
      body: await buffer(answer),
    };
  };
}

/** A request of the gate's own. moto verifies nothing, but finds the service in the signature's scope. */
export function ownRequest(
  service: string,
  region: string,
  method: string,
  url: string,
  form?: Record<string, string>,
) {
  const scope = `20260101/${region}/${service}/aws4_request`;
  const headers: NodeJS.Dict<string[]> = {
    host: [`${service}.${region}.amazonaws.com`],
    authorization: [`AWS4-HMAC-SHA256 Credential=gate/${scope}, SignedHeaders=host, Signature=0`],
    ...(form && { "content-type": ["application/x-www-form-urlencoded"] }),
  };
  const body = Buffer.from(form ? new URLSearchParams(form).toString() : "");
  return serviceRequest({ method, url, headers, body }, service, region);
}

/** The same for a service that takes JSON, and the operation in a header. */
export function ownJsonRequest(service: string, region: string, target: string, input: object): ServiceRequest {
  const { headers, ...request } = ownRequest(service, region, "POST", "/");
  const ofJson = { "content-type": ["application/x-amz-json-1.1"], "x-amz-target": [target] };
  return { ...request, headers: { ...headers, ...ofJson }, body: Buffer.from(JSON.stringify(input)) };
}
