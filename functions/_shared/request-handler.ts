import type { Readable } from "node:stream";
import type { HttpRequest } from "@smithy/core/protocols";
import { NodeHttpHandler } from "@smithy/node-http-handler";

/** How long an attempt may take to connect, until its answer begins, and from there to its end. */
export interface AttemptLimits {
  connection_ms: number;
  answer_ms: number;
  body_ms: number;
}

/**
 * The SDK's sender of HTTPS requests, which by itself lets an answer come in drips for ever. An abort
 * signal in the options of each command would end that too, but with options of its own each command
 * makes the SDK build its middleware anew.
 */
export class BoundedRequestHandler extends NodeHttpHandler {
  readonly #body_ms: number;

  constructor({ connection_ms, answer_ms, body_ms }: AttemptLimits) {
    super({ connectionTimeout: connection_ms, requestTimeout: answer_ms, throwOnRequestTimeout: true, socketTimeout: answer_ms });
    this.#body_ms = body_ms;
  }

  override async handle(request: HttpRequest) {
    const answer = await super.handle(request);
    const body = answer.response.body as Readable;
    const timer = setTimeout(() => body.destroy(new Error(`The body of the answer took over ${this.#body_ms} ms.`)), this.#body_ms);
    body.once("close", () => { clearTimeout(timer); });
    return answer;
  }
}
