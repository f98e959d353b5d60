/** What is said of a request. Nothing that a caller wrote gets in, but for an id that is well-formed. */
export interface RequestLine {
  /** API Gateway's, which the caller and the access log have too; Lambda's own stands beside the message. */
  requestId: string;
  /** As declared, like `GET /events/{id}`: a path may hold anything. */
  route: string;
  status: number;
  duration_ms: number;
  eventId?: string | undefined;
  /** What was refused or failed, as in the answer's `type`; with the name of what is behind it. */
  problem?: string | undefined;
  cause?: string | undefined;
}

/**
 * Writes one line of JSON for a request, as an error from 500 on. Lambda's JSON format puts what
 * console is given under `message`, beside its `level`, `timestamp` and own `requestId`: an object
 * becomes fields, `message.status` and so on, for which a text of JSON would have to be parsed.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
export function logRequest(line: RequestLine): void {
  if (line.status >= 500) console.error(line);
  else console.info(line);
}

/** Only the name of an error: its message may repeat what was sent. */
export function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

/**
 * An error without its fields, of which the AWS SDK's have some that hold an item: Lambda logs every
 * field of what a handler throws. Name, message and stack are kept.
 */
export function withoutFields(error: unknown): Error {
  const { name, message, stack } = error instanceof Error ? error : new Error(typeof error);
  return Object.defineProperties(new Error(message), { name: { value: name }, stack: { value: stack } });
}
