import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Parsed if it is JSON, otherwise text; absent if empty. */
  body?: unknown;
}

export interface Sent {
  /** The body, as JSON with its content type; `text` and `bytes` are sent unchanged, without one. */
  json?: unknown;
  text?: string;
  bytes?: Uint8Array;
  /** A list sends one header line for each value; undefined sends none. */
  headers?: Record<string, string | string[] | undefined>;
}

/** Sends a request like `POST /events`; the path goes out unchanged, even `..`. */
export type Call = (request: string, sent?: Sent) => Promise<Answer>;

/** Does not use fetch, which normalizes paths and headers. */
export function callServerAt(baseUrl: string, token?: string): Call {
  const { origin, pathname } = new URL(baseUrl);
  const base = pathname.replace(/\/$/, "");
  return (request, { json, text: plain, bytes, headers = {} } = {}) => {
    const [method = "", path = ""] = request.split(/ (.*)/s);
    const content = json === undefined ? plain : JSON.stringify(json);
    const body = content === undefined ? bytes : Buffer.from(content);
    return exchange(origin, {
      method,
      path: base + path,
      headers: {
        ...(json !== undefined && { "content-type": "application/json" }),
        ...(body && { "content-length": String(body.length) }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body,
    });
  };
}

interface Exchange extends Pick<Sent, "headers"> {
  method: string;
  path: string;
  body: Uint8Array | undefined;
}

/**
 * Also sends requests with a wrong Content-Length. If that is more than the body has, the sending side of the
 * connection is closed after the last byte.
 */
export async function exchange(origin: string, { method, path, headers = {}, body }: Exchange): Promise<Answer> {
  const { protocol, hostname, port } = new URL(origin);
  const open = protocol === "https:" ? httpsRequest : httpRequest;
  const length = headers["content-length"];
  const all: Sent["headers"] = { ...(body && length === undefined && { "transfer-encoding": "chunked" }), ...headers };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const host = hostname === "localhost" ? "127.0.0.1" : hostname;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = open({ method, path, hostname: host, port, headers: given }, resolve);
    sent.on("error", reject).end(body, () => {
      if (Number(length ?? 0) > (body?.length ?? 0)) sent.socket?.end();
    });
  });
  return toAnswer(answer);
}

async function toAnswer(response: IncomingMessage): Promise<Answer> {
  const received = await text(response);
  const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
  const isJson = /^application\/(.+\+)?json/.test(headers["content-type"] ?? "");
  const status = response.statusCode ?? 0;
  if (received === "") return { status, headers };
  return { status, headers, body: isJson ? JSON.parse(received) : received };
}
