import { BatchWriteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import type { Event } from "../../../functions/_shared/event.ts";
import { toItem } from "../../../functions/_shared/stored-event.ts";
import { startLocalApi, type Call } from "../../testing/api.ts";

/** Two APIs on one table, before and after the number of shards is raised. */
const { call: callBefore, databaseUrl } = await startLocalApi();
const { call: callAfter } = await startLocalApi({
  environment: { AWS_ENDPOINT_URL_DYNAMODB: databaseUrl, INDEX_SHARDS: "8" },
});

/** Thousands of writes, and a hundred pages of 8 and 40 queries, take longer on a busy machine. */
const patience_ms = 300_000;

interface Page {
  events: { id: string }[];
  next?: string;
}

const common = ["draft", "published", "completed", "active"] as const;

/** Every three share a millisecond, and one in twenty is cancelled. */
function eventOf(n: number): Event {
  const createdAt = new Date(Date.UTC(2026, 0, 1) + Math.floor(n / 3)).toISOString();
  const id = `event-${String(n).padStart(5, "0")}`;
  return {
    id,
    type: "common",
    title: "x",
    organizer: "Everyone",
    status: n % 20 === 0 ? "cancelled" : (common[n % 4] ?? "active"),
    createdAt,
    updatedAt: createdAt,
    version: 1,
    incarnation: "x",
  };
}

async function write(from: number, to: number, shards: number): Promise<void> {
  const client = new DynamoDBClient({
    region: "local",
    endpoint: databaseUrl,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  for (let start = from; start < to; start += 25) {
    const events = Array.from({ length: 25 }, (_, n) => eventOf(start + n));
    await client.send(
      new BatchWriteItemCommand({
        RequestItems: { events: events.map((event) => ({ PutRequest: { Item: toItem(event, event, "x", shards) } })) },
      }),
    );
  }
  client.destroy();
}

/** Pages through a list and acts after each page. Returns the ids of each page. */
async function walk(
  callOfPage: (page: number) => Call,
  query: string,
  between: (page: number) => Promise<unknown> = () => Promise.resolve(),
): Promise<string[][]> {
  const pages: string[][] = [];
  for (let next: string | undefined = ""; next !== undefined;) {
    const { status, body } = await callOfPage(pages.length)(
      `GET /events?${["limit=100", query, next && `cursor=${next}`].filter((part) => part !== "").join("&")}`,
    );
    expect(status).toBe(200);
    const page = body as Page;
    pages.push(page.events.map(({ id }) => id));
    expect(pages.length).toBeLessThanOrEqual(1_000);
    next = page.next;
    await between(pages.length);
  }
  return pages;
}

/** Newest first. */
function idsOf(numbers: number[]): string[] {
  return numbers.map((n) => eventOf(n).id).reverse();
}

test(
  "2,000 events in 8 shards page completely, each exactly once, while the number is raised from 1 and events change",
  { timeout: patience_ms },
  async () => {
    const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
    const id = (n: number) => `/events/${eventOf(n).id}`;
    await write(0, 1_000, 1);

    // After the third page the number is raised and 1,000 events are added; after each page one later event is deleted, one changes its status and one its type.
    const fate = (page: number) => ({ gone: 10 + page, moved: 200 + page, renamed: 400 + page });
    const fates = numbers(7).map(fate);
    const underway = await walk(
      (page) => (page < 3 ? callBefore : callAfter),
      "type=common",
      async (page) => {
        if (page === 3) await write(1_000, 2_000, 8);
        if (page > 6) return;
        const { gone, moved, renamed } = fate(page);
        const call = page < 3 ? callBefore : callAfter;
        const answers = [
          await call(`DELETE ${id(gone)}`),
          await call(`PATCH ${id(moved)}`, { json: { status: "completed" } }),
          await call(`PATCH ${id(renamed)}`, { json: { type: "rare" } }),
        ];
        expect(answers.map(({ status }) => status)).toEqual([204, 200, 200]);
      },
    );
    const touched = (name: "gone" | "moved" | "renamed") => new Set(fates.slice(1).map((each) => each[name]));
    const [gone, moved, renamed] = [touched("gone"), touched("moved"), touched("renamed")];
    // No deleted event had been listed; some with another type had.
    const seen = underway.flat();
    expect(new Set(seen).size).toBe(seen.length);
    const isRenamed = new Set([...renamed].map((n) => eventOf(n).id));
    expect(seen.filter((each) => !isRenamed.has(each))).toEqual(
      idsOf(numbers(1_000).filter((n) => !gone.has(n) && !renamed.has(n))),
    );

    const left = numbers(2_000).filter((n) => !gone.has(n));
    const statusOf = (n: number) => (moved.has(n) ? "completed" : eventOf(n).status);
    for (const [query, expected] of [
      ["", left],
      ["type=common", left.filter((n) => !renamed.has(n))],
      ["type=rare", [...renamed]],
      ["status=completed", left.filter((n) => statusOf(n) === "completed")],
      ["organizer=Everyone", left],
    ] as const) {
      const pages = await walk(() => callAfter, query);
      expect(pages.flat()).toEqual(idsOf([...expected]));
      expect(pages.length).toBe(Math.ceil(expected.length / 100)); // full, except the last
    }
    // With several filters a page may be short: it ends where the shard that was read least far ends.
    const cancelled = (await walk(() => callAfter, "type=common&status=cancelled")).flat();
    expect(cancelled).toEqual(idsOf(left.filter((n) => !renamed.has(n) && statusOf(n) === "cancelled")));
  },
);
