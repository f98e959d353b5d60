import { BatchWriteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { statuses } from "../../../functions/_shared/event.ts";
import { shardKey, toItem } from "../../../functions/_shared/stored-event.ts";
import { startDatabase } from "../../local/database/database.ts";
import { startFaultyDatabase } from "../../testing/faulty-database.ts";
import { runInThread } from "../../local/runtime/runner.ts";
import { exchanges } from "./requests.ts";

const queries = ["", "status=draft", "organizer=organizer-7", "type=workshop", "type=workshop&status=draft"];

/**
 * What a page of 20 costs at each of these numbers of events, in the emulator: not in time, which says
 * nothing of DynamoDB, but in items that it reads, which is what DynamoDB charges and waits for.
 * `bundle` is the index.cjs of list-events. Every fifth event has one status, every tenth one organizer.
 */
export async function countItemsRead(bundle: string, sizes: number[], tell: (line: string) => void, shards = 1) {
  const database = await startDatabase();
  const counting = await startFaultyDatabase(database.environment["AWS_ENDPOINT_URL_DYNAMODB"] ?? "");
  const environment = {
    ...database.environment,
    AWS_ENDPOINT_URL_DYNAMODB: counting.url,
    INDEX_SHARDS: String(shards),
    AUTH: "off",
    AWS_LAMBDA_LOG_LEVEL: "FATAL",
  };
  const list = runInThread(bundle, { name: "list-events", memory_mb: 256, timeout_s: 10, environment });
  let itemsRead = 0;
  for (const value of [
    "organizer-7",
    ...range(0, shards).flatMap((shard) => [...statuses, "workshop"].map((key) => shardKey(shard, key))),
  ]) {
    counting.setFault(value, ({ act, response }) => {
      void act().then(({ status, body }) => {
        itemsRead += (JSON.parse(body.toString()) as { ScannedCount: number }).ScannedCount;
        response.writeHead(status).end(body);
      });
    });
  }
  const results: { query: string; events: number; itemsRead: number }[] = [];
  try {
    let written = 0;
    for (const events of sizes) {
      tell(`list: writing ${events - written} events`);
      await write(database.environment["AWS_ENDPOINT_URL_DYNAMODB"] ?? "", written, events, shards);
      written = events;
      for (const query of queries) {
        itemsRead = 0;
        const answer = await list.invoke({ ...exchanges.list.event, rawQueryString: query });
        if ((answer as { statusCode?: number }).statusCode !== 200)
          throw new Error(`GET /events?${query}: ${JSON.stringify(answer)}`);
        results.push({ query: `GET /events?${query}`.replace(/\?$/, ""), events, itemsRead });
      }
    }
  } finally {
    await list.stop();
    await counting.stop();
    await database.stop();
  }
  return results;
}

async function write(endpoint: string, from: number, to: number, shards: number): Promise<void> {
  const client = new DynamoDBClient({
    region: "local",
    endpoint,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  for (let start = from; start < to; start += 400) {
    const batches = Array.from({ length: 16 }, (_, n) =>
      range(start + n * 25, Math.min(start + (n + 1) * 25, to)),
    ).filter((numbers) => numbers.length > 0);
    await Promise.all(
      batches.map((numbers) =>
        client.send(new BatchWriteItemCommand({ RequestItems: { events: numbers.map((n) => toPut(n, shards)) } })),
      ),
    );
  }
  client.destroy();
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
}

function toPut(n: number, shards: number) {
  const createdAt = new Date(Date.UTC(2026, 0, 1) + n).toISOString();
  const event = {
    id: `event-${n}`,
    type: "workshop",
    title: "Workshop",
    organizer: `organizer-${n % 10}`,
    status: statuses[n % statuses.length] ?? "active",
    createdAt,
    updatedAt: createdAt,
    version: 1,
    incarnation: "x",
  };
  return { PutRequest: { Item: toItem(event, event, "x", shards) } };
}
