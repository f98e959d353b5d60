import { readFunctions } from "../build/functions.ts";
import { makePng } from "./bucket/sample-images.ts";
import { docsEndpoint } from "./docs-endpoint.ts";
import { parseOptions, usage, type Options } from "./options.ts";
import { runEditedBundles } from "./runtime/running-functions.ts";
import { makeUserPool, type UserPool } from "./sign-in/tokens.ts";
import { startStack, type Stack } from "./stack.ts";

/** The gateway already prints each request, with the same id. */
const onlyFailures = { AWS_LAMBDA_LOG_LEVEL: "WARN" };

const json = "--header 'Content-Type: application/json'";

let stack: Stack | undefined;

stopOnSignals();
try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") console.log(usage);
  else await start(options);
} catch (error) {
  console.error(messageOf(error));
  await stack?.stop();
  process.exitCode = 1;
}

async function start({ port, stage, data, auth, corsOrigins }: Options): Promise<void> {
  const pool = auth ? await makeUserPool() : undefined;
  const docs = docsEndpoint(stage);
  stack = await startStack({
    data,
    run: runEditedBundles,
    pool,
    environment: onlyFailures,
    stage,
    port,
    corsOrigins,
    fallback: (request) => Promise.resolve(docs(request)),
    log: ({ method, path, status, duration_ms, requestId, error }) => {
      console.log(`${method} ${path} ${status} ${duration_ms.toFixed(0)} ms ${requestId}`);
      if (error !== undefined) console.error(messageOf(error));
    },
    onDeadLetter: ({ requestPayload, responsePayload }, file) => {
      const keys = requestPayload.Records.map(({ s3 }) => s3.object.key).join(", ");
      const where = file === undefined ? "" : ` Its input is in ${file}, and the next start retries it.`;
      console.error(`label-image failed three times for ${keys}.${where}\n${responsePayload.errorMessage}`);
    },
  }).catch((error: unknown) => {
    const isBusy = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!isBusy) throw error;
    throw new Error(`Port ${port} is in use: stop what uses it, or run npm start -- --port ${port + 1}.`);
  });
  const { url } = stack;
  const place = data === undefined ? "in memory until it stops" : `in ${data}`;
  console.log(`
The events API runs at ${url}/events and keeps events and images ${place}. Ctrl-C stops it.
Browse and try it: ${new URL("/docs", url).href}
Web pages that may call it: ${corsOrigins.join(", ") || "only that one; see --cors-origin in npm start -- --help"}
${await examples(url, pool)}`);
}

async function examples(url: string, pool: UserPool | undefined): Promise<string> {
  const id = pool ? "alice-123" : "123"; // data from before sign-in may have 123, without an owner
  const call = `curl -w ' %{http_code}\\n'${pool ? ' --header "Authorization: Bearer $token"' : ""}`;
  const token = pool
    ? `
Every request needs a token. This is alice's, valid for an hour; for another: curl '${new URL("/token?sub=alice", url).href}'

  token='${await pool.accessToken("alice")}'`
    : "";
  return `${token}
  ${call} -X POST '${url}/events' ${json} --data-raw '{"id": "${id}","type": "test_event","payload": {"key": "value"}}'
  ${call} '${url}/events/${id}'
${readFunctions().some(({ name }) => name === "create-upload-url") ? imageExamples(`${url}/events/${id}`, call) : ""}`;
}

function imageExamples(url: string, call: string): string {
  const photo = makePng();
  const requestUrl = `${call} --silent -X POST '${url}/upload-url' ${json} --data-raw '{"contentType": "image/png","contentLength": ${photo.length}}'`;
  return `
Its image is uploaded straight to the bucket, with a URL from the API. The third line waits until it is ready.

  echo ${photo.toString("base64")} | base64 --decode > photo.png
  curl -w ' %{http_code}\\n' --upload-file photo.png "$(${requestUrl} | sed 's/.*"url":"//; s/".*//')" --header 'Content-Type: image/png' --header 'If-None-Match: *'
  ${call} --fail --retry 30 --retry-all-errors --retry-delay 1 --location '${url}/image' --output image.png
  ${call} '${url}'
`;
}

/**
 * With npm one Ctrl-C may arrive twice, from the terminal and from npm: only one more than a second
 * later exits at once. During startup there is nothing to stop in order.
 */
function stopOnSignals(): void {
  let first_ms: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (first_ms === undefined) {
        first_ms = Date.now();
        Promise.resolve(stack?.stop()).then(
          () => process.exit(0),
          (error: unknown) => {
            console.error(messageOf(error));
            process.exit(1);
          },
        );
      } else if (Date.now() - first_ms > 1000) {
        process.exit(1);
      }
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
