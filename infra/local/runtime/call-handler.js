/**
 * What Lambda's runtime knows of an invocation.
 * @typedef {{ name: string, memory_mb: number, requestId: string, deadline_ms: number }} Invocation
 */

/**
 * Calls a handler as Lambda's Node.js runtime does: the event and the result pass as JSON text, so
 * that nothing gets through here which would not get through there.
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
