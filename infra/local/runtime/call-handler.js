/**
 * What Lambda's runtime knows about an invocation.
 * @typedef {{ name: string, memory_mb: number, requestId: string, deadline_ms: number }} Invocation
 */

/**
 * Calls a handler like Lambda's Node.js runtime: the event and the result are passed as JSON text, so
 * that nothing passes here that would not pass there.
 *
 * Plain JavaScript because a worker thread runs it too, and Node 20 cannot load TypeScript there.
 *
 * @param {((event: unknown, context: object) => unknown) | undefined} handler
 * @param {string} event
 * @param {Invocation} invocation
 * @returns {Promise<string>}
 */
export async function callHandler(handler, event, { name, memory_mb, requestId, deadline_ms }) {
  if (typeof handler !== "function") throw new TypeError(`${name}: its module does not export its handler.`);
  const context = {
    awsRequestId: requestId,
    functionName: name,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${name}`,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: "local",
    memoryLimitInMB: String(memory_mb),
    getRemainingTimeInMillis: () => deadline_ms - Date.now(),
  };
  const result = await handler(JSON.parse(event), context);
  return result === undefined ? "null" : JSON.stringify(result);
}

const levels = /** @type {const} */ (["debug", "info", "warn", "error"]);
const names = [...levels.map((level) => level.toUpperCase()), "FATAL"];

/**
 * Makes this thread's console log like Lambda's Node.js runtime with the log format JSON: one line with
 * its level, an object unchanged under `message`, and nothing below AWS_LAMBDA_LOG_LEVEL. Without
 * Lambda's own request id: a thread has several calls at once.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 *
 * @param {(line: string) => void} write
 */
export function logAsLambdaDoes(write) {
  const lowest = names.indexOf(process.env["AWS_LAMBDA_LOG_LEVEL"] ?? "DEBUG");
  for (const [index, level] of levels.entries()) {
    console[level] = (/** @type {unknown} */ message) => {
      if (index < lowest) return;
      write(`${JSON.stringify({ timestamp: new Date().toISOString(), level: names[index], message })}\n`);
    };
  }
  console.log = console.info;
}
