import { Agent, request } from "node:http";
import { Agent as TlsAgent, request as requestOverTls } from "node:https";
import { Sha256 } from "@smithy/core/checksum";
import { HttpResponse, type HttpRequest } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import { timeIsUp } from "./time-limit.ts";

/** A required environment variable. If it is missing, loading the function fails with an error that names it. */
export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`The environment variable ${name} is not set.`);
  return value;
}

export const region = environment("AWS_REGION");

/** The role's credentials; Lambda never rotates them within a process. */
export const credentials = {
  accessKeyId: environment("AWS_ACCESS_KEY_ID"),
  secretAccessKey: environment("AWS_SECRET_ACCESS_KEY"),
  sessionToken: environment("AWS_SESSION_TOKEN"),
};

/**
 * Every option of an SDK client: the SDK searches ~/.aws and its own files for each missing option at the
 * first request, which costs milliseconds and finds nothing in Lambda. The bundler removes the default
 * credential chain and the endpoint rules, so the credentials come from the environment and the endpoint
 * is set here: AWS's own, in the standard partition, or an emulator's.
 */
export function clientOptions(service: "dynamodb" | "rekognition", limits: AttemptLimits & { attempts: number }) {
  return {
    region,
    credentials,
    signer: new SignatureV4({ credentials, region, service, sha256: Sha256 }), // else the SDK makes one for each request
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
 * Removes unused middleware, which costs a tenth of each command: it prepares a log that is never written,
 * sends AWS the SDK's version, and forwards the trace that Lambda uses to detect recursion, which cannot
 * happen through DynamoDB or Rekognition.
 */
export function trimmed<Client extends { middlewareStack: { remove: (name: string) => boolean } }>(
  client: Client,
): Client {
  for (const name of ["loggerMiddleware", "recursionDetectionMiddleware", "getUserAgentMiddleware"])
    if (!client.middlewareStack.remove(name)) throw new Error(`The SDK no longer has ${name}: see aws-client.ts.`);
  return client;
}

/** Time limits of an attempt: to connect, then until the response starts, then until it ends. */
export interface AttemptLimits {
  connection_ms: number;
  answer_ms: number;
  body_ms: number;
}

/**
 * Sends the SDK's requests, each within these limits and the invocation's time limit, and reads the whole
 * response. Replaces the SDK's NodeHttpHandler, which costs a tenth of each command, puts no limit on how
 * slowly a body may arrive and does not know the invocation's time limit.
 *
 * Rejects with Node's error, named by its code, such as `ECONNRESET`, or with a `TimeoutError`. The SDK
 * retries both.
 */
export function sender(limits: AttemptLimits) {
  return {
    metadata: { handlerProtocol: "http/1.1" },
    handle: async (request: HttpRequest) => ({ response: await attempt(request, limits) }),
  };
}

const keepAlive = { keepAlive: true, maxSockets: 50 };
const overHttps = { send: requestOverTls, agent: new TlsAgent(keepAlive) };
/** For an emulator. */
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
