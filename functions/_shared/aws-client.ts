import type { Readable } from "node:stream";
import type { HttpRequest } from "@smithy/core/protocols";
import { NodeHttpHandler } from "@smithy/node-http-handler";
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
    requestHandler: new BoundedRequestHandler(limits),
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
 * The SDK's sender of HTTPS requests, which by itself puts no limit on how slowly a body may arrive, and
 * knows nothing of the invocation's time limit. An abort signal in the options of each command would end
 * both, but with options of its own each command makes the SDK build its middleware again.
 */
export class BoundedRequestHandler extends NodeHttpHandler {
  readonly #body_ms: number;

  constructor({ connection_ms, answer_ms, body_ms }: AttemptLimits) {
    super({
      connectionTimeout: connection_ms,
      requestTimeout: answer_ms,
      throwOnRequestTimeout: true,
      socketTimeout: answer_ms,
    });
    this.#body_ms = body_ms;
  }

  override async handle(request: HttpRequest, options: Parameters<NodeHttpHandler["handle"]>[1] = {}) {
    const answer = await super.handle(request, { abortSignal: timeIsUp(), ...options });
    const body = answer.response.body as Readable;
    const timer = setTimeout(() => body.destroy(slowBody()), this.#body_ms);
    body.once("close", () => {
      clearTimeout(timer);
    });
    return answer;
  }
}

/** The SDK tries again after an error of this name. */
function slowBody(): Error {
  return Object.assign(new Error("The body of the answer took too long."), { name: "TimeoutError" });
}
