import { randomUUID } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { ClassicLevel } from "classic-level";
import { describe, expect, test, vi } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { remedy } from "../bucket/bucket-objects.ts";
import { startDatabase } from "./database.ts";

function clientOf({ environment }: Awaited<ReturnType<typeof startDatabase>>): DynamoDBClient {
  return new DynamoDBClient({
    region: "local",
    endpoint: environment.AWS_ENDPOINT_URL_DYNAMODB,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
}

describe("a failed condition", () => {
  const id = { S: randomUUID() };
  const key = { TableName: "events", Key: { id } };
  const condition = { ConditionExpression: "attribute_not_exists(id)" };
  const refused = [
    [
      "PutItem",
      (more: object) => new PutItemCommand({ TableName: "events", Item: { id, n: { N: "2" } }, ...condition, ...more }),
    ],
    [
      "UpdateItem",
      (more: object) => new UpdateItemCommand({ ...key, UpdateExpression: "SET n = id", ...condition, ...more }),
    ],
    ["DeleteItem", (more: object) => new DeleteItemCommand({ ...key, ...condition, ...more })],
  ] as const;

  test.each(refused)("of %s returns the existing item only with ALL_OLD", async (_operation, command) => {
    const database = await startDatabase();
    const client = clientOf(database);
    try {
      await client.send(new PutItemCommand({ TableName: "events", Item: { id, n: { N: "1" } } }));
      const failures = await Promise.all(
        [{ ReturnValuesOnConditionCheckFailure: "ALL_OLD" }, { ReturnValuesOnConditionCheckFailure: "NONE" }, {}].map(
          (more) =>
            (client as { send: (command: unknown) => Promise<unknown> })
              .send(command(more))
              .catch((error: unknown) => error),
        ),
      );
      expect(failures.map((failure) => failure instanceof ConditionalCheckFailedException)).toEqual([true, true, true]);
      expect(failures.map((failure) => (failure as ConditionalCheckFailedException).Item)).toEqual([
        { id, n: { N: "1" } },
        undefined,
        undefined,
      ]);
    } finally {
      client.destroy();
      await database.stop();
    }
  });
});

describe("data on disk", () => {
  test("is kept after a restart", async () => {
    const path = join(scratchFolder(), "data");
    const item = { id: { S: "1" }, payload: { S: "{}" } };
    const first = await startDatabase(path);
    await clientOf(first).send(new PutItemCommand({ TableName: "events", Item: item }));
    await first.stop();
    const second = await startDatabase(path);
    expect(
      (await clientOf(second).send(new GetItemCommand({ TableName: "events", Key: { id: { S: "1" } } }))).Item,
    ).toEqual(item);
    await second.stop();
  });

  test("serves one process at a time: a second start fails and harms nothing", async () => {
    const path = scratchFolder();
    const first = await startDatabase(path);
    await expect(startDatabase(path)).rejects.toThrow(
      `The data in ${path} is in use by another npm start: stop that one, or run npm start -- --memory.`,
    );
    await clientOf(first).send(new PutItemCommand({ TableName: "events", Item: { id: { S: "1" } } }));
    await first.stop();
  });

  test.each([undefined, 1, 10])("is released after a query, with a limit of %s", async (Limit) => {
    const opened = vi.spyOn(ClassicLevel.prototype, "values");
    const database = await startDatabase(join(scratchFolder(), "data"));
    const client = clientOf(database);
    try {
      for (const id of ["1", "2", "3"])
        await client.send(new PutItemCommand({ TableName: "events", Item: { id: { S: id } } }));
      expect((await client.send(new ScanCommand({ TableName: "events", Limit }))).Count).toBe(Math.min(Limit ?? 3, 3));
      const iterators = opened.mock.results.map(({ value }) => value as ReturnType<ClassicLevel["values"]>);
      expect(iterators).not.toEqual([]);
      for (const iterator of iterators)
        await expect(iterator.next()).rejects.toHaveProperty("code", "LEVEL_ITERATOR_NOT_OPEN");
    } finally {
      opened.mockRestore();
      client.destroy();
      await database.stop();
    }
  });

  test("of another table is refused and unchanged", async () => {
    const path = scratchFolder();
    await (await startDatabase(path)).stop();
    const table = scratchFolder({ "table.json": '{"attributes": {"key": "S"}, "hash_key": "key", "indexes": []}' });
    const sentence = `The data in ${path} has other keys or indexes than table.json: move that folder away, or restore table.json.`;
    await expect(startDatabase(path, join(table, "table.json"))).rejects.toThrow(sentence);
    await (await startDatabase(path)).stop();
  });

  /** With one of LevelDB's table files, not only its log. */
  async function folderWithData(): Promise<string> {
    const path = scratchFolder();
    for (const id of ["1", "2"]) {
      const database = await startDatabase(path);
      await clientOf(database).send(new PutItemCommand({ TableName: "events", Item: { id: { S: id } } }));
      await database.stop();
    }
    return path;
  }

  test.each<[what: string, damaged: string, content: string | undefined, reason: string]>([
    ["is a file", "", "", "E(NOTDIR|EXIST): .*"],
    ["has a file for its table", "table", "", "EEXIST: .*"],
    ["has an empty file in its table", "table/*.ldb", "", "IO error: .*\\.ldb: Invalid argument"],
    ["has an unrelated file in its table", "table/*.ldb", "hello\n".repeat(1000), "Corruption: not an sstable .*"],
    ["lacks a file of its table", "table/*.ldb", undefined, "Corruption: 1 missing files; e\\.g\\.: .*\\.ldb"],
    ["has an unrelated list of its table's files", "table/CURRENT", "hello\n", "IO error: .*hello: .*"],
  ])("is refused in one sentence if the folder %s", async (_what, damaged, content, reason) => {
    const path = await folderWithData();
    const [ldb = ""] = readdirSync(join(path, "table")).filter((name) => name.endsWith(".ldb"));
    const file = join(path, damaged.replace("*.ldb", ldb));
    rmSync(file, { recursive: true });
    if (content !== undefined) writeFileSync(file, content);
    const sentence = `^The events in ${join(path, "table")} cannot be used: ${reason}\\. ${remedy}$`;
    await expect(startDatabase(path)).rejects.toThrow(new RegExp(sentence));
  });
});
