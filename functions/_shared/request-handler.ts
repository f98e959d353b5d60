import type { HttpRequest } from "@smithy/core/protocols";
import { NodeHttpHandler } from "@smithy/node-http-handler";

/** How long one attempt may take to connect, and as a whole: the answer's body may come in drips. */
export interface AttemptLimits {
  connection_ms: number;
  attempt_ms: number;
}

/**
 * The SDK's sender of HTTPS requests, which by itself bounds the silences of an answer and not its
 * length. An abort signal in the options of each command would do as well, but then the SDK builds
 * its middleware anew for each.
 */
export class BoundedRequestHandler extends NodeHttpHandler {
  readonly #attempt_ms: number;

  constructor({ connection_ms, attempt_ms }: AttemptLimits) {
    const silence_ms = attempt_ms * 0.9; // sooner than all, as the SDK repeats what timed out and not what was aborted
    super({ connectionTimeout: connection_ms, requestTimeout: silence_ms, throwOnRequestTimeout: true, socketTimeout: silence_ms });
    this.#attempt_ms = attempt_ms;
  }

  override handle(request: HttpRequest) {
    return super.handle(request, { abortSignal: AbortSignal.timeout(this.#attempt_ms) });
  }
}
