import {
  createServer,
  request as send,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";
import type { HttpAnswer } from "../local/gateway/gateway-answer.ts";
import { listen, stop } from "../local/gateway/server.ts";
import type { Environment, StackOptions } from "../local/stack.ts";

/** A call of a function to DynamoDB, S3 or Rekognition. */
export interface ServiceCall {
  service: Service;
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  response: ServerResponse;
  act: () => Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }>;
  pass: () => Promise<void>;
}

export type Fault<Call = ServiceCall> = (call: Call) => unknown;

const services = ["DYNAMODB", "S3", "REKOGNITION"] as const;
export type Service = (typeof services)[number];

/** Passes each call between functions and services to `meet`, which answers it. */
export function between(meet: Fault): NonNullable<StackOptions["between"]> {
  return async (given) => {
    const servers: Server[] = [];
    const environment: Environment = {};
    for (const service of services) {
      const name = `AWS_ENDPOINT_URL_${service}`;
      const url = given[name];
      if (url === undefined) continue;
      const server = proxyTo(service, url, meet);
      servers.push(server);
      environment[name] = `http://127.0.0.1:${(await listen(server, 0)).port}`;
    }
    return {
      environment,
      stop: async () => {
        await Promise.all(servers.map((server) => stop(server)));
      },
    };
  };
}

function proxyTo(service: Service, serviceUrl: string, meet: Fault): Server {
  const { hostname, port } = new URL(serviceUrl);
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const { method = "", url = "", headers } = request;
    const act = async () => {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        send({ hostname, port, method, path: url, headers }, resolve).on("error", reject).end(body);
      });
      return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
    };
    const pass = async () => {
      const answer = await act();
      response.writeHead(answer.status, answer.headers).end(answer.body);
    };
    await meet({ service, method, url, headers, body, response, act, pass });
  };
  return createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
}

export const faults = {
  "hang up": ({ response }) => response.destroy(),
  "answer lost": ({ act, response }) => act().then(() => response.destroy()),
  "no answer": () => undefined,
  "internal error": (call) => refuse(call, 500, "InternalServerError", "Internal server error"),
  throttle: (call) =>
    call.service === "S3"
      ? refuse(call, 503, "SlowDown", "Please reduce your request rate.")
      : refuse(call, 400, "ThrottlingException", "Rate exceeded"),
  "slow body": ({ response }) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 1_000_000 });
    const timer = setInterval(() => response.write(" "), 50);
    response.on("close", () => {
      clearInterval(timer);
    });
  },
} satisfies Record<string, Fault>;

function refuse({ service, response }: ServiceCall, status: number, code: string, message: string) {
  const body =
    service === "S3"
      ? `<Error><Code>${code}</Code><Message>${message}</Message></Error>`
      : JSON.stringify({ __type: code, message });
  return response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(body);
}

export interface FaultyCall extends ServiceCall {
  /** 1 for the first call for this event, 2 for its first retry, and so on. */
  attempt: number;
  /** The SDK's input of the command: `{ TableName, Key, ... }`. */
  input: unknown;
}

export type FaultyDatabase = ReturnType<typeof databaseFaults>;

export function databaseFaults() {
  const planned = new Map<string, { fault: Fault<FaultyCall>; attempts: number }>();
  return {
    meet: (call: ServiceCall) => {
      const met = [...planned].find(([id]) => call.body.includes(`"S":${JSON.stringify(id)}`))?.[1];
      if (!met) return call.pass();
      met.attempts += 1;
      return met.fault({ ...call, attempt: met.attempts, input: JSON.parse(call.body.toString()) });
    },
    /** From now on every call with this event's id gets the fault; all others pass. */
    setFault: (id: string, fault: Fault<FaultyCall>) => {
      planned.set(id, { fault, attempts: 0 });
    },
    clearFault: (id: string) => {
      planned.delete(id);
    },
    attempts: (id: string) => planned.get(id)?.attempts ?? 0,
  };
}

/** A fault's name, or an answer to send instead. */
export type ServiceFault = keyof typeof faults | HttpAnswer;

export function plannedFaults() {
  const planned: { method: string; fault: ServiceFault }[] = [];
  return {
    meet: (call: ServiceCall) => {
      const called = call.url.includes("list-type=2") ? "LIST" : call.method;
      const at = planned.findIndex(({ method }) => method === called);
      const fault = at === -1 ? undefined : planned.splice(at, 1)[0]?.fault;
      if (fault === undefined) return call.pass();
      if (typeof fault === "string") return faults[fault](call);
      return call.response.writeHead(fault.status, fault.headers.flat()).end(fault.body);
    },
    /** Fails the next requests with this method (LIST for a list), one for each fault. */
    failNext: (method: string, ...next: ServiceFault[]) => {
      planned.push(...next.map((fault) => ({ method, fault })));
    },
    forgetFaults: () => {
      planned.length = 0;
    },
  };
}
