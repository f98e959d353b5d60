const levels = /** @type {const} */ (["debug", "info", "warn", "error"]);
const names = [...levels.map((level) => level.toUpperCase()), "FATAL"];

/**
 * Makes this thread's console write what it is given as Lambda's Node.js runtime does where its log
 * format is JSON: one line with its level, an object under `message` as it is; and nothing below
 * AWS_LAMBDA_LOG_LEVEL. Lambda's own request id is missing: a thread has several calls at once.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
export function logAsLambdaDoes() {
  const lowest = names.indexOf(process.env["AWS_LAMBDA_LOG_LEVEL"] ?? "DEBUG");
  for (const [index, level] of levels.entries()) {
    console[level] = (/** @type {unknown} */ message) => {
      if (index < lowest) return;
      process.stdout.write(
        `${JSON.stringify({ timestamp: new Date().toISOString(), level: names[index], message })}\n`,
      );
    };
  }
  console.log = console.info;
}
