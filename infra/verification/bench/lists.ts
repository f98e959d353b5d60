import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { BatchWriteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { statuses, type Event } from "../../../functions/_shared/event.ts";
import { toItem, type Item } from "../../../functions/_shared/stored-event.ts";
import { startDatabase } from "../../local/database/database.ts";
import { listen, stop } from "../../local/gateway/server.ts";
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
  const url = database.environment["AWS_ENDPOINT_URL_DYNAMODB"] ?? "";
  let itemsRead = 0;
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const headers = request.headers as Record<string, string>;
    const answer = await (await fetch(url, { method: "POST", headers, body: await text(request) })).text();
    itemsRead += (JSON.parse(answer) as { ScannedCount: number }).ScannedCount;
    response.end(answer);
  };
  const counting = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  const { port } = await listen(counting, 0);
  const environment = {
    ...database.environment,
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}`,
    INDEX_SHARDS: String(shards),
    AUTH: "off",
    AWS_LAMBDA_LOG_LEVEL: "FATAL",
  };
  const list = runInThread(bundle, { name: "list-events", memory_mb: 256, timeout_s: 10, environment });
  const results: { query: string; events: number; itemsRead: number }[] = [];
  try {
    let written = 0;
    for (const events of sizes) {
      tell(`list: writing ${events - written} events`);
      await write(url, written, events, shards);
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
    await stop(counting);
    await database.stop();
  }
  return results;
}

async function write(endpoint: string, from: number, to: number, shards: number): Promise<void> {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new DynamoDBClient({ region: "local", endpoint, credentials });
  for (let start = from; start < to; start += 400) {
    const batches = Array.from({ length: 16 }, (_, n) => [start + n * 25, Math.min(start + (n + 1) * 25, to)] as const);
    await Promise.all(
      batches
        .filter(([first, end]) => first < end)
        .map(([first, end]) => {
          const puts = Array.from({ length: end - first }, (_, n) => {
            const status = statuses[(first + n) % statuses.length] ?? "active";
            const item = itemOf(first + n, shards, { organizer: `organizer-${(first + n) % 10}`, status });
            return { PutRequest: { Item: item } };
          });
          return client.send(new BatchWriteItemCommand({ RequestItems: { events: puts } }));
        }),
    );
  }
  client.destroy();
}

/** What a partition of DynamoDB writes in a second, and so one key of an index: new events are all at its end. */
const partition_writes_per_s = 1_000;

/**
 * How many creates per second get through where so many are tried, all of one status and one type, and
 * each key of an index takes 1,000 writes a second: an index that cannot follow throttles the table. The
 * clock is a count of seconds, and nothing is carried from one to the next: DynamoDB lets a partition
 * that was idle write more for some minutes.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/gsi-throttling.html
 */
export function createsPerSecond(shards: number, tried_per_s: number, seconds = 3): number {
  let created = 0;
  for (let second = 0; second < seconds; second++) {
    const written = new Map<string, number>();
    for (let n = 0; n < tried_per_s; n++) {
      const at = second * tried_per_s + n;
      const item = itemOf(at, shards, { organizer: `organizer-${at % 10_000}`, status: "active" });
      const keys = ["byStatus", "byType", "byOrganizer"].map((name) => `${name} ${item[name]?.S ?? ""}`);
      if (keys.some((key) => (written.get(key) ?? 0) >= partition_writes_per_s)) continue;
      for (const key of keys) written.set(key, (written.get(key) ?? 0) + 1);
      created++;
    }
  }
  return Math.round(created / seconds);
}

/** An event as the functions write it. */
function itemOf(n: number, shards: number, fields: Pick<Event, "organizer" | "status">): Item {
  const createdAt = new Date(Date.UTC(2026, 0, 1) + n).toISOString();
  const event: Event = {
    ...fields,
    id: `event-${n}`,
    type: "workshop",
    title: "Workshop",
    createdAt,
    updatedAt: createdAt,
    version: 1,
    incarnation: "x",
  };
  return toItem(event, event, "x", shards);
}
