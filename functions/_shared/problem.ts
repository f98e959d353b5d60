/** A violated rule: `pointer` (RFC 6901) locates it in the body, `parameter` in the query. */
export type Violation = { pointer: string; detail: string } | { parameter: string; detail: string };

const kinds = {
  400: { type: "invalid-request", title: "Invalid request" },
  401: { type: "unauthorized", title: "Unauthorized" },
  403: { type: "forbidden", title: "Forbidden" },
  404: { type: "not-found", title: "Not found" },
  409: { type: "conflict", title: "Conflict" },
  412: { type: "precondition-failed", title: "Precondition failed" },
  413: { type: "too-large", title: "Too large to store" },
  415: { type: "unsupported-media-type", title: "Unsupported media type" },
  503: { type: "unavailable", title: "Temporarily unavailable" },
};

interface Options extends ErrorOptions {
  errors?: Violation[];
  headers?: Record<string, string>;
}

/**
 * An error that is reported to the caller; any other error is a bug and is not. `detail` states the
 * problem and the fix, and never repeats a value from the request.
 */
export class Problem extends Error {
  readonly status: keyof typeof kinds;
  readonly headers: Record<string, string>;
  private readonly errors: Violation[] | undefined;

  constructor(status: keyof typeof kinds, detail: string, { errors, headers, cause }: Options = {}) {
    super(detail, { cause });
    this.status = status;
    this.errors = errors;
    this.headers = headers ?? {};
  }

  /** For example `not-found`. */
  get type(): string {
    return kinds[this.status].type;
  }

  /** Problem details (RFC 9457), with `requestId` and `errors` added. */
  body(requestId: string): Record<string, unknown> {
    return {
      type: `urn:problem-type:${this.type}`,
      title: kinds[this.status].title,
      status: this.status,
      detail: this.message,
      requestId,
      errors: this.errors,
    };
  }
}

/** DynamoDB's limit for an item, attribute names included. */
export const maxItemBytes = 400 * 1024;

export function tooLarge(): Problem {
  return new Problem(413, "The event is too large: DynamoDB stores at most 400 KB, so make the payload smaller.");
}

/** `advice` says what the caller must do. */
export function unavailable(service: string, advice: string, cause: unknown): Problem {
  return new Problem(503, `${service} did not respond as expected. ${advice}`, {
    headers: { "retry-after": "2" },
    cause,
  });
}

export function noSuchEvent(): Problem {
  return new Problem(404, "There is no event with this id.");
}
