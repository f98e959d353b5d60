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
