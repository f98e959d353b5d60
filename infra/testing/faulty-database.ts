import { createServer, request as send, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { listen, stop } from "../local/gateway/server.ts";

export interface FaultyCall {
  /** 1 for the first time that this event is asked for, then 2 for a retry, and so on. */
  attempt: number;
  /** What the database is asked, as the SDK writes it: `{ TableName, Key, ... }`. */
  input: unknown;
  response: ServerResponse;
  /** Has the real database act, and gives its answer without passing it on. */
  act: () => Promise<{ status: number; body: Buffer }>;
  /** Has it act, and passes its answer on. */
  pass: () => Promise<void>;
}

export type Fault = (call: FaultyCall) => void;

export interface FaultyDatabase {
  url: string;
  /** From now on whatever names this event's id meets the fault; all else goes through unharmed. */
  setFault: (id: string, fault: Fault) => void;
  clearFault: (id: string) => void;
  attempts: (id: string) => number;
  stop: () => Promise<void>;
}

/** Stands in front of a DynamoDB endpoint and misbehaves as it is told, event by event. */
export async function startFaultyDatabase(databaseUrl: string): Promise<FaultyDatabase> {
  const faults = new Map<string, { fault: Fault; attempts: number }>();
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const act = () => forward(databaseUrl, request, body);
    const pass = async () => {
      const answer = await act();
      response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" }).end(answer.body);
    };
    const met = [...faults].find(([id]) => body.includes(`"S":${JSON.stringify(id)}`))?.[1];
    if (met) {
      met.attempts += 1;
      met.fault({ attempt: met.attempts, input: JSON.parse(body.toString()), response, act, pass });
    } else {
      await pass();
    }
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const { port } = await listen(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    setFault: (id, fault) => {
      faults.set(id, { fault, attempts: 0 });
    },
    clearFault: (id) => {
      faults.delete(id);
    },
    attempts: (id) => faults.get(id)?.attempts ?? 0,
    stop: () => stop(server),
  };
}

async function forward(databaseUrl: string, { method, headers }: IncomingMessage, body: Buffer) {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    send(databaseUrl, { method, headers }, resolve).on("error", reject).end(body);
  });
  return { status: answer.statusCode ?? 0, body: await buffer(answer) };
}
