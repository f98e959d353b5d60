import { DynamoDBClient, ScanCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import { afterAll, expect, test } from "vitest";
import { startLocalApi } from "../../testing/api.ts";

const { call, databaseUrl } = await startLocalApi();

const client = new DynamoDBClient({
  region: "local",
  endpoint: databaseUrl,
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
});
afterAll(() => {
  client.destroy();
});

/** The bytes of one write unit. */
const unit_bytes = 1024;
const indexes = ["by-status", "by-organizer", "by-type"];

type Item = Record<string, AttributeValue>;

/**
 * The size of an item as DynamoDB counts it for capacity: names and values; 3 bytes for each list or map
 * and 1 for each of its elements; half a byte for each digit of a number, plus 1.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
function sizeOf(item: Item): number {
  return sum(Object.entries(item).map(([name, value]) => Buffer.byteLength(name) + sizeOfValue(value)));
}

function sizeOfValue({ S: text, N: number, L: list, M: map }: AttributeValue): number {
  if (text !== undefined) return Buffer.byteLength(text);
  if (number !== undefined)
    return Math.ceil(number.replace(/^-|\./g, "").length / 2) + 1 + (number.startsWith("-") ? 1 : 0);
  if (list) return 3 + sum(list.map((element) => 1 + sizeOfValue(element)));
  if (map) return 3 + Object.keys(map).length + sizeOf(map);
  throw new Error("The item has an attribute of an unknown type: add here how DynamoDB counts it.");
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The size of the only item in the table, or of its projection in an index; 0 if the index has none. */
async function sizeIn(index?: string): Promise<number> {
  const { Items: items = [] } = await client.send(
    new ScanCommand({ TableName: "events", ...(index !== undefined && { IndexName: index }) }),
  );
  return sum(items.map(sizeOf));
}

/** An event of 500 bytes of JSON: this field is padded. */
function contentOf(name: string, fields: object): object {
  return { ...fields, [name]: "x".repeat(500 - JSON.stringify({ ...fields, [name]: "" }).length) };
}

const usual = {
  type: "workshop",
  title: "Workshop 2026",
  date: "2026-12-20T18:00:00+08:00",
  location: "Online",
  capacity: 100,
  organizer: "Dev Community",
  status: "published",
};
const withoutText = JSON.stringify({ ...usual, payload: { text: "" } }).length;

// The indexes' keys repeat the id, the type and the organizer: only with two of these at their longest it is more than a unit.
test.each<[string, object, indexes: string[]]>([
  [
    "every field",
    contentOf("description", { ...usual, payload: { key: "value", tags: ["serverless", "typescript"] } }),
    indexes,
  ],
  ["most of it in its payload", { ...usual, payload: { text: "x".repeat(500 - withoutText) } }, indexes],
  [
    "a user's sub as its organizer",
    contentOf("description", { ...usual, organizer: "0197f1d2-2c1e-7d5c-8f3a-5d8a6c1b2e4f" }),
    indexes,
  ],
  ["the longest organizer", contentOf("description", { ...usual, organizer: "o".repeat(100) }), indexes],
  ["the longest type", contentOf("description", { ...usual, type: "t".repeat(100) }), indexes],
  ["the longest id", contentOf("description", { ...usual, id: "i".repeat(128) }), indexes],
  [
    "no organizer, and so no entry in that index",
    contentOf("description", { title: "Workshop" }),
    ["by-status", "by-type"],
  ],
])(
  "an event with 500 bytes of content is one write unit in the table and one in each index that holds it: with %s",
  async (_what, content, holding) => {
    expect(JSON.stringify(content).length).toBe(500);
    const { status, body } = await call("POST /events", { json: content });
    const sizes = await Promise.all([undefined, ...indexes].map(sizeIn));
    await call(`DELETE /events/${(body as { id: string }).id}`);
    const units = sizes.map((size_bytes) => Math.ceil(size_bytes / unit_bytes));
    expect([status, units]).toEqual([201, [1, ...indexes.map((index) => (holding.includes(index) ? 1 : 0))]]);
  },
);
