import { Agent, request } from "node:http";
import { Agent as TlsAgent, request as requestOverTls } from "node:https";
import { HttpResponse, type HttpRequest } from "@smithy/core/protocols";
import { timeIsUp } from "./time-limit.ts";

/** An environment variable that must be there. Without one this throws as the function loads, and names it. */
export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`The environment variable ${name} is not set.`);
  return value;
}

export const region = environment("AWS_REGION");

/** Those of the function's role, which Lambda puts into the environment and exchanges only with the whole process. */
export const credentials = {
  accessKeyId: environment("AWS_ACCESS_KEY_ID"),
  secretAccessKey: environment("AWS_SECRET_ACCESS_KEY"),
  sessionToken: environment("AWS_SESSION_TOKEN"),
};

/**
 * The options of an SDK client, every one of them: the SDK looks for each missing one in ~/.aws and in
 * files of its own at the first request, which costs milliseconds and finds nothing in Lambda. The
 * bundler takes the default credential chain out, so the credentials come from the environment, and the
 * rules for where a service is, so the endpoint is given: AWS's in its own partition, or an emulator's.
 */
export function clientOptions(service: "dynamodb" | "rekognition", limits: AttemptLimits & { attempts: number }) {
  return {
    region,
    credentials,
    endpoint: process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? `https://${service}.${region}.amazonaws.com`,
    ignoreConfiguredEndpointUrls: true,
    requestHandler: sender(limits),
    maxAttempts: limits.attempts,
    retryMode: "standard",
    defaultsMode: "standard" as const,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    authSchemePreference: [],
    disableClockSkewCorrection: false,
    cacheMiddleware: true,
  };
}

/**
 * Takes out of a client what costs each command a tenth and nobody needs: it prepares a log that is not
 * written, tells AWS the SDK's version, and passes on the trace by which Lambda finds functions that call
 * themselves, which they do by neither DynamoDB nor Rekognition.
 */
export function trimmed<Client extends { middlewareStack: { remove: (name: string) => boolean } }>(
  client: Client,
): Client {
  for (const name of ["loggerMiddleware", "recursionDetectionMiddleware", "getUserAgentMiddleware"])
    if (!client.middlewareStack.remove(name)) throw new Error(`The SDK has no ${name} any more: see aws-client.ts.`);
  return client;
}

/** How long an attempt may take to connect, until its answer begins, and from there to its end. */
export interface AttemptLimits {
  connection_ms: number;
  answer_ms: number;
  body_ms: number;
}

/**
 * What sends the SDK's requests, each within these limits and within the invocation's time limit, and reads
 * the whole answer. It takes the place of the SDK's NodeHttpHandler, which costs a tenth of each command, does
 * not limit how slowly a body may arrive and knows nothing of the invocation.
 *
 * Rejects with Node's error, named by its code, such as `ECONNRESET`, or with a `TimeoutError`. The SDK tries
 * again after both.
 */
export function sender(limits: AttemptLimits) {
  return {
    metadata: { handlerProtocol: "http/1.1" },
    handle: async (request: HttpRequest) => ({ response: await attempt(request, limits) }),
  };
}

const keepAlive = { keepAlive: true, maxSockets: 50 };
const overHttps = { send: requestOverTls, agent: new TlsAgent(keepAlive) };
/** To an emulator. */
const overHttp = { send: request, agent: new Agent(keepAlive) };

function attempt(
  { protocol, hostname: host, port, method, path, query, headers, body }: HttpRequest,
  { connection_ms, answer_ms, body_ms }: AttemptLimits,
): Promise<HttpResponse> {
  const { send, agent } = protocol === "http:" ? overHttp : overHttps;
  const search = new URLSearchParams(query as Record<string, string>).toString();
  const signal = timeIsUp();
  return new Promise((resolve, reject) => {
    const outgoing = send({ agent, host, port, method, headers, path: search ? `${path}?${search}` : path });
    let timer: NodeJS.Timeout | undefined;
    const allow = (limit_ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        fail(tooSlow());
      }, limit_ms);
    };
    const giveUp = () => {
      fail(signal.reason as Error);
    };
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    };
    const fail = (error: NodeJS.ErrnoException) => {
      end();
      reject(Object.assign(error, { name: error.code ?? error.name }));
      outgoing.destroy();
    };
    signal.addEventListener("abort", giveUp);
    outgoing
      .on("error", fail)
      .once("socket", (socket) => {
        allow(socket.connecting ? connection_ms : answer_ms);
        if (socket.connecting) socket.once("connect", allow.bind(undefined, answer_ms));
      })
      .once("response", (answer) => {
        const chunks: Buffer[] = [];
        allow(body_ms);
        answer
          .on("error", fail)
          .on("data", (chunk: Buffer) => chunks.push(chunk))
          .once("end", () => {
            end();
            const { statusCode = 0, headers } = answer;
            resolve(
              new HttpResponse({ statusCode, headers: headers as Record<string, string>, body: Buffer.concat(chunks) }),
            );
          });
      })
      .end(body);
  });
}

function tooSlow(): Error {
  return Object.assign(new Error("The service did not respond in time."), { name: "TimeoutError" });
}
