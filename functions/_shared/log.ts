/** The log line of a request. Contains nothing that the caller sent except a valid id. */
export interface RequestLine {
  /** API Gateway's, as in the response and the access log; Lambda adds its own next to the message. */
  requestId: string;
  /** As declared, such as `GET /events/{id}`: a path may contain anything. */
  route: string;
  status: number;
  duration_ms: number;
  eventId?: string | undefined;
  /** The kind of failure, as in the response's `type`, and the name of the error that caused it. */
  problem?: string | undefined;
  cause?: string | undefined;
}

/**
 * Writes one line of JSON per request, as an error from 500 on. Lambda's JSON format puts the argument of
 * console under `message`, next to its own `level`, `timestamp` and `requestId`: an object becomes fields
 * such as `message.status`, while a JSON string would have to be parsed.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
export function logRequest(line: RequestLine): void {
  if (line.status >= 500) console.error(line);
  else console.info(line);
}

/** Only the name of an error: its message may quote the request. */
export function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

/**
 * An error with only its name, message and stack: Lambda logs every field of a thrown error, and some
 * errors of the AWS SDK hold an item.
 */
export function withoutFields(error: unknown): Error {
  const { name, message, stack } = error instanceof Error ? error : new Error(typeof error);
  return Object.defineProperties(new Error(message), { name: { value: name }, stack: { value: stack } });
}
