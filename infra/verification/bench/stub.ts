import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { buffer } from "node:stream/consumers";
import { listen } from "../../local/gateway/server.ts";
import { storedItem } from "./requests.ts";

// DynamoDB's wire protocol over TLS with answers that are always the same, so that every variant waits
// the same time for them. It runs in a process of its own, or its work would count as theirs.

const [certificatePath = "", keyPath = ""] = process.argv.slice(2);

const condition = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";

const answers: Record<string, string> = {
  PutItem: "{}",
  GetItem: JSON.stringify({ Item: storedItem }),
  Query: JSON.stringify({ Items: Array.from({ length: 21 }, () => listed()), Count: 21, ScannedCount: 21 }),
  UpdateItem: JSON.stringify({ Attributes: storedItem }),
  DeleteItem: "{}",
};

/** As the indexes have it. */
function listed(): object {
  return Object.fromEntries(
    Object.entries(storedItem).filter(([name]) => ["id", "event", "byOrganizer", "position"].includes(name)),
  );
}

const server = createServer(
  { cert: readFileSync(certificatePath), key: readFileSync(keyPath) },
  (request, response) => {
    void buffer(request).then((body) => {
      const operation = String(request.headers["x-amz-target"]).replace("DynamoDB_20120810.", "");
      const isTaken = operation === "PutItem" && body.includes('"taken"');
      const text = isTaken
        ? JSON.stringify({ __type: condition, message: "The conditional request failed", Item: storedItem })
        : body.includes('"unknown"')
          ? "{}"
          : (answers[operation] ?? "");
      const status = isTaken || text === "" ? 400 : 200;
      response
        .writeHead(status, { "content-type": "application/x-amz-json-1.0", "content-length": Buffer.byteLength(text) })
        .end(text);
    });
  },
);
// A variant that stops cuts its connections; that is no error of ours.
server.on("tlsClientError", () => undefined);
server.keepAliveTimeout = 60_000;

const { port } = await listen(server, 0);
process.send?.(port);
process.on("disconnect", () => {
  process.exit();
});
