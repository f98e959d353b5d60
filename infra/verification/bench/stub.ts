import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { storedItem } from "./requests.ts";
import type { Python } from "./variants.ts";

const found = JSON.stringify({ Item: storedItem });
const refusal = JSON.stringify({
  __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
  message: "The conditional request failed",
  Item: storedItem,
});

/** No event "unknown" or "." exists, and none can be put with the id "taken" or ".". */
function answerTo(operation: string, body: string): [status: number, answer: string] {
  if (operation === "PutItem") return /"(taken|\.)"/.test(body) ? [400, refusal] : [200, "{}"];
  return [200, /"(unknown|\.)"/.test(body) ? "{}" : found];
}

export type DatabaseStub = Awaited<ReturnType<typeof startDatabaseStub>>;

/**
 * DynamoDB's wire protocol over TLS with constant answers, so that every variant waits the same time, and with a
 * certificate that only the variants trust. Listens on one port for each round trip.
 */
export async function startDatabaseStub(path: string, roundTrips_ms: number[], python: Python | undefined) {
  const [certificate, key] = [join(path, "certificate.pem"), join(path, "key.pem")];
  const name = "dynamodb.us-east-1.amazonaws.com";
  const command = `req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=${name} -addext subjectAltName=DNS:${name}`;
  const files = ["-keyout", key, "-out", certificate];
  execFileSync("openssl", [...command.split(" "), ...files], { stdio: "pipe" });
  const tls = { cert: readFileSync(certificate), key: readFileSync(key) };
  const servers = await Promise.all(roundTrips_ms.map((roundTrip_ms) => startServer(tls, roundTrip_ms)));
  // As many certificates as in Lambda, and this one.
  const trusted = join(path, "trusted.pem");
  if (python) writeFileSync(trusted, Buffer.concat([readFileSync(python.certificates), tls.cert]));
  return {
    portAt: (roundTrip_ms: number) => servers[roundTrips_ms.indexOf(roundTrip_ms)]?.port,
    environment: { NODE_EXTRA_CA_CERTS: certificate, AWS_CA_BUNDLE: trusted },
    stop: () => Promise.all(servers.map((server) => server.stop())),
  };
}

/** An answer waits one round trip; a new connection waits two more, one for TCP and one for TLS 1.3. */
async function startServer(tls: { cert: Buffer; key: Buffer }, roundTrip_ms: number) {
  const later = async (act: () => void, roundTrips: number) => {
    if (roundTrip_ms > 0) await wait(roundTrips * roundTrip_ms);
    act();
  };
  const database = createTlsServer(tls, (request, response) => {
    void text(request).then((body) => {
      const [status, answer] = answerTo(String(request.headers["x-amz-target"]).replace(/^.*\./, ""), body);
      const headers = { "content-type": "application/x-amz-json-1.0", "content-length": Buffer.byteLength(answer) };
      return later(() => response.writeHead(status, headers).end(answer), 1);
    });
  });
  // A variant that stops cuts its connections; that is no error.
  database.on("tlsClientError", () => undefined);
  database.keepAliveTimeout = 60_000;
  const network = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    socket.on("error", () => undefined);
    void later(() => database.emit("connection", socket), 2);
  });
  await once(network.listen(0, "127.0.0.1"), "listening");
  return {
    port: (network.address() as AddressInfo).port,
    stop: async () => {
      const closed = once(network.close(), "close");
      database.closeAllConnections();
      await closed;
    },
  };
}
