import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  waitUntilTableExists,
  type CreateTableCommandInput,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import { ClassicLevel } from "classic-level";
import { root } from "../../build/functions.ts";
import { account, accountEnvironment } from "../bucket/account.ts";
import { dynalite } from "./dynalite.ts";
import { listen, stop } from "../gateway/server.ts";

/** The SDK warns of Node 20 at every start; the functions run on 22. */
const quiet = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
Object.assign(process.env, quiet);

interface TableFile {
  attributes: Record<string, "S" | "N" | "B">;
  hash_key: string;
  range_key?: string;
  indexes: { name: string; hash_key: string; range_key?: string; projected: string[] }[];
}

const tableName = "events";

/**
 * Starts dynalite with the table of infra/table.json. Its data is in the folder `path`, which one process at a time can
 * use, or without one in memory.
 */
export async function startDatabase(path?: string, tableFile = join(root, "infra/table.json")) {
  const unlock = path === undefined ? () => Promise.resolve() : await lock(path);
  const server = dynalite({ createTableMs: 0, ...(path === undefined ? {} : { path: join(path, "table") }) });
  const { port } = await listen(server, 0);
  const environment = {
    ...quiet,
    ...accountEnvironment,
    TABLE_NAME: tableName,
    INDEX_SHARDS: "1",
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}`,
  };
  const stopDatabase = async () => {
    await stop(server);
    await unlock();
  };
  try {
    await prepareTable(environment.AWS_ENDPOINT_URL_DYNAMODB, path, tableFile);
  } catch (error) {
    await stopDatabase();
    throw error;
  }
  return { environment, stop: stopDatabase };
}

/** LevelDB's own lock, which goes with the process: a lock file of ours would survive a kill. */
async function lock(path: string): Promise<() => Promise<void>> {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new Error(`The data folder '${path}' cannot be made: name a folder that can be written.`, { cause: error });
  }
  const held = new ClassicLevel(join(path, "lock"));
  try {
    await held.open();
  } catch (error) {
    if (error instanceof Error && isLocked(error.cause)) {
      throw new Error(
        `The data in ${path} is in use by another npm start: stop that one, or run npm start -- --memory.`,
        { cause: error },
      );
    }
    throw error;
  }
  return () => held.close();
}

function isLocked(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "LEVEL_LOCKED";
}

async function prepareTable(endpoint: string, path: string | undefined, tableFile: string): Promise<void> {
  const client = new DynamoDBClient({ region: account.region, endpoint, credentials: account });
  const wanted = tableInput(JSON.parse(readFileSync(tableFile, "utf8")) as TableFile);
  try {
    const { Table: found } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    if (found && shapeOf(found) !== shapeOf(wanted)) {
      throw new Error(
        `The data in ${path ?? "memory"} was stored with other keys or indexes than table.json has now: move that folder away, or put table.json back.`,
      );
    }
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    await client.send(new CreateTableCommand(wanted));
    // Created is not yet active, and what is not active is not found.
    await waitUntilTableExists({ client, minDelay: 0.01, maxDelay: 0.1, maxWaitTime: 60 }, { TableName: tableName });
  } finally {
    client.destroy();
  }
}

function tableInput({ attributes, hash_key, range_key, indexes }: TableFile): CreateTableCommandInput {
  return {
    TableName: tableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: Object.entries(attributes).map(([name, type]) => ({
      AttributeName: name,
      AttributeType: type,
    })),
    KeySchema: keys(hash_key, range_key),
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: keys(index.hash_key, index.range_key),
        Projection: { ProjectionType: "INCLUDE" as const, NonKeyAttributes: index.projected },
      })),
    }),
  };
}

function keys(hash: string, range?: string) {
  const hashKey = { AttributeName: hash, KeyType: "HASH" as const };
  return range === undefined ? [hashKey] : [hashKey, { AttributeName: range, KeyType: "RANGE" as const }];
}

/** What of a table cannot change while it holds data, in an order that does not matter. */
function shapeOf({ KeySchema, GlobalSecondaryIndexes = [] }: CreateTableCommandInput | TableDescription): string {
  const indexes = GlobalSecondaryIndexes.map((index) => [
    index.IndexName,
    index.KeySchema,
    [...(index.Projection?.NonKeyAttributes ?? [])].sort(),
  ]);
  return JSON.stringify([KeySchema, indexes.map((index) => JSON.stringify(index)).sort()]);
}
