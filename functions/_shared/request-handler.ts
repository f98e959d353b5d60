import type { Readable } from "node:stream";
import type { HttpRequest } from "@smithy/core/protocols";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { timeIsUp } from "./time-limit.ts";

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
