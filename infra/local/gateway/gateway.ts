import { randomBytes } from "node:crypto";
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { within } from "../runtime/runner.ts";
import type { FunctionRoute } from "../runtime/running-functions.ts";
import type { Authorizer } from "./authorizer.ts";
import { gatewayCors } from "./cors.ts";
import { endWith, isBodiless, send, textAnswer, toAnswer, type HttpAnswer } from "./gateway-answer.ts";
import { toEvent } from "./gateway-event.ts";
import { decodePath, findRoute } from "./routes.ts";
import { listenAsLocalhost, stop } from "./server.ts";

export interface Route extends FunctionRoute {
  authorizer?: Authorizer;
}

export interface LogLine {
  method: string;
  /** Without the query, which may contain a token. */
  path: string;
  status: number;
  duration_ms: number;
  requestId: string;
  /** The function's error, which the caller does not see. */
  error?: unknown;
}

export interface GatewayOptions {
  /** Part of the path, as in `/prod/events`, unless it is `$default`. */
  stage: string;
  /** Called for each request, so that routes can change. */
  routes: () => Promise<Route[]>;
  /** Answers requests that match no route; without an answer they get 404. */
  fallback?: (request: IncomingMessage) => Promise<HttpAnswer | undefined>;
  port: number;
  /** The origins whose pages may call; none if absent. */
  corsOrigins?: string[] | undefined;
  log: (line: LogLine) => void;
}

const megabyte = 1024 * 1024;
const limits = { body_bytes: 10 * megabyte, event_bytes: 6 * megabyte, head_bytes: 10_240, integration_ms: 30_000 };

/** How long a stop waits for answers. */
const stopTimeout_ms = 5_000;

/**
 * Emulates API Gateway's HTTP API, including its own errors. Behavior that is neither documented nor recorded is
 * marked below.
 */
export async function startGateway(options: GatewayOptions) {
  const running = new Map<IncomingMessage, Promise<unknown>>();
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    if (!server.listening) return void response.destroy();
    const sent = new Promise((resolve) => response.on("close", resolve));
    const served = serve(request, response, options).catch(() => response.destroy());
    running.set(
      request,
      Promise.all([served, sent]).finally(() => running.delete(request)),
    );
  };
  const server = createServer({ maxHeaderSize: limits.head_bytes, requireHostHeader: false }, listener);
  server.on("checkExpectation", listener);
  // For these Node has no response object. AWS's own texts for them are not known.
  const refuse = (socket: Duplex, status: number, method = "-", path = "-") => {
    if (!socket.writable) return;
    const requestId = makeRequestId();
    const { headers, ...answer } = refusal(status, STATUS_CODES[status] ?? "");
    endWith(socket, { ...answer, headers: [...headers, ["apigw-requestid", requestId]] });
    options.log({ method, path, status, duration_ms: 0, requestId });
  };
  server.on("connect", ({ method, url }, socket) => {
    // From here on Node leaves the socket alone: a reset would end the process, and a stop would wait for the client.
    socket.on("error", () => undefined).on("finish", () => socket.destroy());
    refuse(socket, 400, method, url);
  });
  server.on("clientError", ({ code, rawPacket }: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
    const [, method, path] = /^([A-Z]+) ([^ ?]+)\S* HTTP\/1\.[01]\r\n/.exec(rawPacket?.toString("latin1") ?? "") ?? [];
    refuse(socket, code === "HPE_HEADER_OVERFLOW" ? 431 : 400, method, path);
  });
  const { port } = await listenAsLocalhost(server, options.port);
  /** Aborts incomplete requests, which may never be completed. */
  const answered = async () => {
    for (const request of running.keys()) if (!request.complete) request.destroy(new Error("The gateway stops."));
    await Promise.race([Promise.all(running.values()), delay(stopTimeout_ms, undefined, { ref: false })]);
  };
  return { url: `http://localhost:${port}${prefixOf(options.stage)}`, stop: () => stop(server, answered) };
}

async function serve(request: IncomingMessage, response: ServerResponse, options: GatewayOptions): Promise<void> {
  const started = performance.now();
  const { method = "", url = "", headers } = request;
  const requestId = makeRequestId();
  let error: unknown;
  const answer = await answerTo(request, requestId, options).catch((thrown: unknown): Answer => {
    error = thrown;
    return refusal(500, "Internal Server Error");
  });
  if (request.errored) return; // the caller has hung up
  const { status, body } = answer;
  const origins = options.corsOrigins ?? [];
  const isDropped = (name: string) =>
    (origins.length > 0 && name.startsWith("access-control-")) || (isBodiless(status) && name.startsWith("content-"));
  const kept = answer.headers.filter(([name]) => !isDropped(name));
  const ofCors = gatewayCors(origins, headers.origin, answer.methods);
  send(response, { status, headers: [...kept, ...ofCors, ["apigw-requestid", requestId]], body });
  const duration_ms = performance.now() - started;
  const path = url.replace(/\?.*$/s, "");
  options.log({ method, path, status, duration_ms, requestId, ...(error !== undefined && { error }) });
}

interface Answer extends HttpAnswer {
  /** The API's, in the answer to a preflight. */
  methods?: string[];
}

async function answerTo(
  request: IncomingMessage,
  requestId: string,
  { stage, routes, fallback, corsOrigins }: GatewayOptions,
): Promise<Answer> {
  const { method = "", url = "", headersDistinct: headers } = request;
  const body = await readBody(request);
  // Node's own answer would have no body and no id.
  if (request.httpVersion === "1.1" && headers["host"]?.length !== 1) return refusal(400, "Bad Request");
  if (!body) return refusal(413, "Request Entity Too Large");
  const rawPath = decodePath(url);
  if (rawPath === undefined) return refusal(400, "Bad Request");
  const all = await routes();
  const prefix = prefixOf(stage);
  const found = rawPath.startsWith(`${prefix}/`) ? findRoute(all, method, rawPath.slice(prefix.length)) : undefined;
  if (!found && corsOrigins?.length && isPreflight(request)) {
    const methods = new Set(all.map(({ routeKey }) => routeKey.replace(/ .*/, "")));
    return { status: 204, headers: [], body: Buffer.alloc(0), methods: [...methods].sort() };
  }
  if (!found) return (await fallback?.(request)) ?? refusal(404, "Not Found");
  const { routeKey, scopes = [], authorizer: authorize, invoke } = found.route;
  const authorizer = await authorize?.(headers["authorization"]?.join(","), scopes);
  if (authorizer && "status" in authorizer) return refusal(authorizer.status, authorizer.message, authorizer.headers);
  const matched = { routeKey, stage, rawPath, pathParameters: found.parameters, authorizer, requestId };
  const event = toEvent(request, body, { ...matched, now: new Date() });
  if (Buffer.byteLength(JSON.stringify(event)) > limits.event_bytes) return refusal(413, "Request Entity Too Large");
  return within(limits.integration_ms, invoke(event).then(toAnswer), () => refusal(503, "Service Unavailable"));
}

/** API Gateway's own answers have this shape; HTTP APIs cannot change it. */
function refusal(status: number, message: string, headers: HttpAnswer["headers"] = []): HttpAnswer {
  return textAnswer(status, "application/json", JSON.stringify({ message }), headers);
}

/** The body, or undefined if it is too large: it is read to its end, because cutting it off would lose the answer. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= limits.body_bytes) chunks.push(chunk);
  }
  return length <= limits.body_bytes ? Buffer.concat(chunks) : undefined;
}

function prefixOf(stage: string): string {
  return stage === "$default" ? "" : `/${stage}`;
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers.origin !== undefined && "access-control-request-method" in headers;
}

function makeRequestId(): string {
  return randomBytes(11).toString("base64");
}
