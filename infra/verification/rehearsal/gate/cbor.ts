import { cbor, tag, tagSymbol } from "@smithy/core/cbor";
import type { SignedRequest } from "../../../local/bucket/signature.ts";
import type { HttpAnswer } from "../../../local/gateway/gateway-answer.ts";

/**
 * The same request in JSON if it is in CBOR, which Terraform's provider uses for CloudWatch from about 6.64 on and
 * moto does not understand. Any other request is returned unchanged.
 *
 * https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */
export function asJson(request: SignedRequest): SignedRequest {
  const { "smithy-protocol": protocol, ...headers } = request.headers;
  const [, service = "", operation = ""] = /^\/service\/(\w+)\/operation\/(\w+)$/.exec(request.url) ?? [];
  if (protocol?.[0] !== "rpc-v2-cbor") return request;
  const input: unknown = request.body.length === 0 ? {} : cbor.deserialize(request.body);
  return {
    ...request,
    url: "/",
    headers: {
      ...headers,
      "content-type": ["application/x-amz-json-1.0"],
      "x-amz-target": [`${service}.${operation}`],
    },
    body: Buffer.from(JSON.stringify(input, (_name, value: unknown): unknown => (isTag(value) ? value.value : value))),
  };
}

/** The answer to such a request: JSON has numbers for timestamps, which CBOR tags. */
export function asCbor({ status, headers, body }: HttpAnswer): HttpAnswer {
  const output: unknown = JSON.parse(body.toString(), (name, value: unknown) =>
    typeof value === "number" && /(Timestamp|LastModified)$/.test(name) ? tag({ tag: 1, value }) : value,
  );
  const kept = headers.filter(([name]) => name.toLowerCase() !== "content-type");
  return {
    status,
    headers: [...kept, ["content-type", "application/cbor"], ["smithy-protocol", "rpc-v2-cbor"]],
    body: Buffer.from(cbor.serialize(output)),
  };
}

function isTag(value: unknown): value is ReturnType<typeof tag> {
  return typeof value === "object" && value !== null && tagSymbol in value;
}
