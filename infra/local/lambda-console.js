const levels = /** @type {const} */ (["debug", "info", "warn", "error"]);

/**
 * Makes this thread's console write what it is given as Lambda's Node.js runtime does where its log
 * format is JSON: one line with its level, an object under `message` as it is; and nothing below
 * AWS_LAMBDA_LOG_LEVEL. Lambda's own request id is missing: a thread has several calls at once.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
export function logAsLambdaDoes() {
  const lowest = levels.findIndex((level) => level.toUpperCase() === process.env["AWS_LAMBDA_LOG_LEVEL"]);
  for (const [index, level] of levels.entries()) {
    console[level] = (/** @type {unknown} */ message) => {
      if (index < lowest) return;
      process.stdout.write(`${JSON.stringify({ timestamp: new Date().toISOString(), level: level.toUpperCase(), message })}\n`);
    };
  }
  console.log = console.info;
}
