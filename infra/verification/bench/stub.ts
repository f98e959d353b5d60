import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { listen, stop } from "../../local/gateway/server.ts";
import { storedItem } from "./requests.ts";
import type { Python } from "./variants.ts";

/** As the indexes have it. */
const listed = Object.fromEntries(["id", "event", "byOrganizer", "position"].map((name) => [name, storedItem[name]]));

const answers: Record<string, string> = {
  PutItem: "{}",
  GetItem: JSON.stringify({ Item: storedItem }),
  Query: JSON.stringify({ Items: Array<object>(21).fill(listed), Count: 21, ScannedCount: 21 }),
  UpdateItem: JSON.stringify({ Attributes: storedItem }),
  DeleteItem: "{}",
};

const refusal = JSON.stringify({
  __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
  message: "The conditional request failed",
  Item: storedItem,
});

/**
 * DynamoDB's wire protocol over TLS with answers that are always the same, so that every variant waits the same time
 * for them; with a certificate that only the variants trust. What is measured runs in other processes than this one.
 * Throws where there is no openssl.
 */
export async function startDatabaseStub(path: string, python: Python | undefined) {
  const [certificate, key] = [join(path, "certificate.pem"), join(path, "key.pem")];
  const name = "dynamodb.us-east-1.amazonaws.com";
  const command = `req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=${name} -addext subjectAltName=DNS:${name}`;
  const files = ["-keyout", key, "-out", certificate];
  const made = spawnSync("openssl", [...command.split(" "), ...files], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.error?.message ?? made.stderr}`);
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
    void text(request).then((body) => {
      const operation = String(request.headers["x-amz-target"]).replace("DynamoDB_20120810.", "");
      const isTaken = operation === "PutItem" && body.includes('"taken"');
      const answer = isTaken ? refusal : body.includes('"unknown"') ? "{}" : answers[operation];
      const headers = {
        "content-type": "application/x-amz-json-1.0",
        "content-length": Buffer.byteLength(answer ?? ""),
      };
      response.writeHead(isTaken || answer === undefined ? 400 : 200, headers).end(answer);
    });
  });
  // A variant that stops cuts its connections; that is no error of ours.
  server.on("tlsClientError", () => undefined);
  server.keepAliveTimeout = 60_000;
  const { port } = await listen(server, 0);
  // As many certificates as it has in Lambda, and this one.
  const trusted = join(path, "trusted.pem");
  if (python) writeFileSync(trusted, Buffer.concat([readFileSync(python.certificates), readFileSync(certificate)]));
  return {
    port,
    environment: { NODE_EXTRA_CA_CERTS: certificate, AWS_CA_BUNDLE: trusted },
    stop: () => stop(server),
  };
}
