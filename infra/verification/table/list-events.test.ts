import { BatchWriteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { beforeAll, describe, expect, test } from "vitest";
import { toItem } from "../../../functions/_shared/stored-event.ts";
import { startLocalApi, type FaultyCall } from "../../testing/api.ts";

const { call, database, databaseUrl } = await startLocalApi();

const statuses = ["draft", "published", "cancelled", "completed", "active"] as const;

/** Thousands of writes and hundreds of pages take seconds, or much longer on a busy machine. */
const patience_ms = 300_000;

interface Page {
  events: { id: string }[];
  next?: string;
}

interface Walked {
  ids: string[];
  /** The items that DynamoDB read for the page, including those that a filter dropped. */
  itemsRead: number;
}

/** Pages through a list to its end, from a cursor or the start. Each query names one of these values. */
async function walk(query: string, values: readonly string[], cursor = ""): Promise<Walked[]> {
  const pages: Walked[] = [];
  let itemsRead = 0;
  const count = async ({ act, response }: FaultyCall) => {
    const { status, body } = await act();
    itemsRead += (JSON.parse(body.toString()) as { ScannedCount: number }).ScannedCount;
    response.writeHead(status).end(body);
  };
  for (const value of values) database.setFault(value, (asked) => void count(asked));
  for (let next: string | undefined = cursor; next !== undefined;) {
    itemsRead = 0;
    const { status, body } = await call(`GET /events?${query}${next && `&cursor=${next}`}`);
    expect(status).toBe(200);
    const page = body as Page;
    pages.push({ ids: page.events.map(({ id }) => id), itemsRead });
    expect(pages.length).toBeLessThanOrEqual(10_000);
    next = page.next;
  }
  for (const value of values) database.clearFault(value);
  return pages;
}

describe("with 4,000 events", { timeout: patience_ms }, () => {
  /** Newest first. Every three share a millisecond, one in 1,000 is rare, and the oldest 500 have one status. */
  const events = Array.from({ length: 4_000 }, (_, n) => {
    const createdAt = new Date(Date.UTC(2026, 0, 1) - Math.floor(n / 3)).toISOString();
    return {
      id: `event-${String(4_000 - n).padStart(5, "0")}`,
      type: n % 1000 === 999 ? "rare" : "common",
      organizer: "Everyone",
      status: (n < 3_500 ? statuses[n % 5] : undefined) ?? "active",
      createdAt,
      updatedAt: createdAt,
      version: 1,
      incarnation: "x",
    };
  });

  const idsOf = (matches: (event: (typeof events)[number]) => boolean) => events.filter(matches).map(({ id }) => id);

  beforeAll(async () => {
    const client = new DynamoDBClient({
      region: "local",
      endpoint: databaseUrl,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    for (let from = 0; from < events.length; from += 25) {
      const puts = events
        .slice(from, from + 25)
        .map((event) => ({ PutRequest: { Item: toItem(event, event, "x", 1) } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { events: puts } }));
    }
    client.destroy();
  }, patience_ms);

  test.each([
    ["no filter", "limit=100", statuses.map((status) => `0#${status}`), 5 * 101, () => true],
    ["an organizer", "limit=100&organizer=Everyone", ["Everyone"], 101, () => true],
    ["a type", "limit=100&type=common", ["0#common"], 101, ({ type }: { type: string }) => type === "common"],
    ["a status", "limit=100&status=draft", ["0#draft"], 101, ({ status }: { status: string }) => status === "draft"],
  ] as const)(
    "and %s: full pages of 100 visit each once, newest first, and the last costs no more than the first",
    async (_what, query, values, most, matches) => {
      const pages = await walk(query, values);
      const expected = idsOf(matches);
      expect(pages.flatMap(({ ids }) => ids)).toEqual(expected);
      expect(pages.length).toBe(Math.ceil(expected.length / 100));
      expect(Math.max(...pages.map(({ itemsRead }) => itemsRead))).toBeLessThanOrEqual(most);
      expect(pages.at(-1)?.itemsRead).toBeLessThanOrEqual(pages[0]?.itemsRead ?? 0);
    },
  );

  test.each([
    ["1 in 1,000", "organizer=Everyone&type=rare", 4],
    ["1 in 1,000 by three filters", "organizer=Everyone&type=rare&status=active", 4],
    ["none", "organizer=Everyone&type=rare&status=draft", 0],
  ])(
    "and filters that match %s: each page reads at most 1,000, and together they hold each match once",
    async (_what, query, count) => {
      const pages = await walk(query, ["Everyone"]);
      expect(pages.flatMap(({ ids }) => ids)).toEqual(idsOf(({ type }) => type === "rare").slice(0, count));
      expect(Math.max(...pages.map(({ itemsRead }) => itemsRead))).toBeLessThanOrEqual(1_000);
    },
  );

  test("and filters that match 1 in 5: a page reads little more than it needs", async () => {
    const pages = await walk("organizer=Everyone&status=active&limit=100", ["Everyone"]);
    expect(pages.flatMap(({ ids }) => ids)).toEqual(idsOf(({ status }) => status === "active"));
    expect(Math.max(...pages.map(({ itemsRead }) => itemsRead))).toBeLessThanOrEqual(505);
  });
});
