import { Agent, request } from "node:http";
import { Agent as TlsAgent, request as requestOverTls } from "node:https";
import { Sha256 } from "@smithy/core/checksum";
import { ServiceException, type ServiceExceptionOptions } from "@smithy/core/client";
import { HttpRequest } from "@smithy/core/transport";
import { getRetryAfterHint, isThrottlingError, isTransientError, StandardRetryStrategy } from "@smithy/core/retry";
import { SignatureV4 } from "@smithy/signature-v4";
import { timeIsUp, untilTimeIsUp } from "./time-limit.ts";

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

/** The parts of an SDK command that matter here: its input and, third in its schema, the name of its operation. */
export interface Command<Output> {
  readonly input: object;
  readonly schema?: unknown;
  readonly resolveMiddleware: (...unused: never[]) => (unused: never) => Promise<{ output: Output }>;
}

/** Sends a signed request. */
export type Exchange = (request: HttpRequest) => Promise<Response>;

export interface Response {
  statusCode: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** A service that speaks AWS's JSON protocol. */
interface Service {
  /** As in its host name and in signatures. */
  name: "dynamodb" | "rekognition";
  /** The prefix of an operation in the header `x-amz-target`. */
  target: string;
  version: "1.0" | "1.1";
  /** Those that the caller tells apart, by name. Others become a `ServiceException`. */
  exceptions: Record<string, new (options: ExceptionOptions) => ServiceException>;
  exchange: Exchange;
}

type ExceptionOptions = Omit<ServiceExceptionOptions, "name" | "$fault"> & { message: string };

/**
 * Sends SDK commands to a service, each once, signed by the SDK. Replaces the SDK's client, which doubles the
 * zip and adds a quarter to a cold start: it reads ~/.aws, which Lambda does not have, passes each command through a
 * dozen middlewares, which these services do not need, and walks each value along a schema, although
 * commands without dates and binary data are JSON already.
 *
 * The endpoint is AWS's own, in the standard partition, or an emulator's.
 *
 * Rejects with the service's exception, with a `SyntaxError` if the response is not JSON, or as `exchange` does.
 *
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
export function connect({ name, target, version, exceptions, exchange }: Service) {
  const emulator = process.env[`AWS_ENDPOINT_URL_${name.toUpperCase()}`];
  const { protocol, hostname, port, host } = new URL(emulator ?? `https://${name}.${region}.amazonaws.com`);
  const address = { protocol, hostname, ...(port !== "" && { port: Number(port) }) };
  const signer = new SignatureV4({ credentials, region, service: name, sha256: Sha256 });
  return async <Output>({ input, schema }: Command<Output>): Promise<Output> => {
    const [, , operation] = schema as [kind: number, namespace: string, name: string];
    const body = JSON.stringify(input);
    const headers = {
      host,
      "content-type": `application/x-amz-json-${version}`,
      "content-length": String(Buffer.byteLength(body)),
      "x-amz-target": `${target}.${operation}`,
    };
    const request = new HttpRequest({ ...address, method: "POST", path: "/", headers, body });
    const response = await exchange(new HttpRequest(await signer.sign(request)));
    const $metadata = { httpStatusCode: response.statusCode };
    try {
      const answer = { ...(JSON.parse(response.body.toString()) as object) };
      if (response.statusCode === 200) return answer as Output;
      throw exceptionOf(answer, $metadata, exceptions);
    } catch (error) {
      throw Object.assign(error as SdkError, { $metadata, $response: response }); // for the decision to retry
    }
  };
}

function exceptionOf(
  answer: { __type?: string; message?: string; Message?: string },
  $metadata: { httpStatusCode: number },
  exceptions: Service["exceptions"],
): ServiceException {
  const name = answer.__type?.replace(/.*#/, "") ?? "Unknown"; // com.amazonaws.dynamodb.v20120810#ThrottlingException
  const message = answer.message ?? answer.Message ?? "UnknownError";
  const Exception = exceptions[name];
  if (Exception) return new Exception({ ...answer, message, $metadata });
  const $fault = $metadata.httpStatusCode < 500 ? "client" : "server";
  return new ServiceException({ name, message, $fault, $metadata });
}

type SdkError = Parameters<typeof isTransientError>[0];

/**
 * Repeats what is throttled or fails for a moment: up to `attempts` in total, with the delays and the quota of the
 * SDK's standard retries, and only until the invocation's time limit.
 */
export function retrying(attempts: number) {
  const strategy = new StandardRetryStrategy(attempts);
  return <Result>(attempt: () => Promise<Result>): Promise<Result> => untilTimeIsUp(repeat(attempt, strategy));
}

async function repeat<Result>(attempt: () => Promise<Result>, strategy: StandardRetryStrategy): Promise<Result> {
  const signal = timeIsUp();
  let token = await strategy.acquireInitialRetryToken("");
  for (;;) {
    // A delay may end minutes later, when Lambda resumes this environment for another event. By then nothing must happen.
    signal.throwIfAborted();
    try {
      const result = await attempt();
      strategy.recordSuccess(token);
      return result;
    } catch (error) {
      token = await strategy.refreshRetryTokenForRetry(token, reasonOf(error as SdkError)).catch(() => {
        throw error;
      });
    }
  }
}

function reasonOf(error: SdkError) {
  const retryAfterHint = getRetryAfterHint(error.$response);
  return { errorType: errorTypeOf(error), ...(retryAfterHint && { retryAfterHint }) };
}

function errorTypeOf(error: SdkError): "THROTTLING" | "TRANSIENT" | "CLIENT_ERROR" {
  if (isThrottlingError(error)) return "THROTTLING";
  return isTransientError(error) ? "TRANSIENT" : "CLIENT_ERROR";
}

/** Time limits of an attempt: to connect, then until the response starts, then until it ends. */
export interface AttemptLimits {
  connection_ms: number;
  answer_ms: number;
  body_ms: number;
}

const keepAlive = { keepAlive: true, maxSockets: 50 };
const overHttps = { send: requestOverTls, agent: new TlsAgent(keepAlive) };
/** For an emulator. */
const overHttp = { send: request, agent: new Agent(keepAlive) };

/**
 * Sends a signed request and reads the whole response, within these limits and the invocation's time limit.
 * The SDK's NodeHttpHandler puts no limit on how slowly a body may arrive.
 *
 * Rejects with Node's error, named by its code, such as `ECONNRESET`, or with a `TimeoutError`. Both are
 * retried.
 */
export function exchangeWithin({ connection_ms, answer_ms, body_ms }: AttemptLimits): Exchange {
  return ({ protocol, hostname: host, port, method, path, query, headers, body }) => {
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
              resolve({ statusCode, headers: headers as Record<string, string>, body: Buffer.concat(chunks) });
            });
        })
        .end(body);
    });
  };
}

function tooSlow(): Error {
  return Object.assign(new Error("The service did not respond in time."), { name: "TimeoutError" });
}
