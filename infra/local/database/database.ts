import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CreateTableCommandInput, TableDescription } from "@aws-sdk/client-dynamodb";
import { root } from "../../build/functions.ts";
import { accountEnvironment } from "../bucket/account.ts";
import { remedy } from "../bucket/bucket-objects.ts";
import { startStandIn } from "../bucket/stand-in.ts";
import { textAnswer, type HttpAnswer } from "../gateway/gateway-answer.ts";
import { openDynalite, type Dynalite, type Failure } from "./dynalite.ts";

/** The SDK warns about Node 20 at every start; the functions run on 22. */
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
 * Emulates DynamoDB, with the table of infra/table.json. Its data is in the folder `path`, which only one process at a
 * time can use, or without one in memory.
 */
export async function startDatabase(path?: string, tableFile = join(root, "infra/table.json")) {
  const dynalite = await open(path);
  try {
    await prepareTable(dynalite, path, tableFile);
  } catch (error) {
    await dynalite.close();
    throw error;
  }
  const standIn = await startStandIn({
    answerTo: async ({ headers, body }) => {
      try {
        const operation = headers["x-amz-target"]?.[0]?.split(".")[1] ?? "";
        return json(200, await dynalite.act(operation, JSON.parse(body.toString())));
      } catch (error) {
        if (isFailure(error)) return json(error.statusCode, error.body);
        throw error;
      }
    },
    broken: json(400, { __type: "com.amazon.coral.service#SerializationException" }),
    failed: json(500, { __type: "com.amazonaws.dynamodb.v20120810#InternalServerError" }),
  });
  return {
    act: dynalite.act,
    environment: {
      ...quiet,
      ...accountEnvironment,
      TABLE_NAME: tableName,
      INDEX_SHARDS: "1",
      AWS_ENDPOINT_URL_DYNAMODB: standIn.url,
    },
    stop: async () => {
      await standIn.stop();
      await dynalite.close();
    },
  };
}

function json(status: number, body: unknown): HttpAnswer {
  return textAnswer(status, "application/x-amz-json-1.0", JSON.stringify(body));
}

function isFailure(error: unknown): error is Failure {
  return error instanceof Error && "statusCode" in error;
}

async function open(path: string | undefined): Promise<Dynalite> {
  if (path === undefined) return openDynalite();
  const table = join(path, "table");
  try {
    mkdirSync(table, { recursive: true });
    return await openDynalite(table);
  } catch (error) {
    const { code, message } = (error instanceof Error ? (error.cause ?? error) : error) as NodeJS.ErrnoException;
    throw new Error(
      code === "LEVEL_LOCKED"
        ? `The data in ${path} is in use by another npm start: stop that one, or run npm start -- --memory.`
        : `The events in ${table} cannot be used: ${message}. ${remedy}`,
      { cause: error },
    );
  }
}

async function prepareTable({ act }: Dynalite, path: string | undefined, tableFile: string): Promise<void> {
  const wanted = tableInput(JSON.parse(readFileSync(tableFile, "utf8")) as TableFile);
  const found = await act("DescribeTable", { TableName: tableName }).catch((error: unknown) => {
    if (isFailure(error)) return undefined; // no table yet
    throw error;
  });
  if (found === undefined) await act("CreateTable", wanted);
  else if (shapeOf((found as { Table: TableDescription }).Table) !== shapeOf(wanted))
    throw new Error(
      `The data in ${path ?? "memory"} has other keys or indexes than table.json: move that folder away, or restore table.json.`,
    );
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

/** The parts of a table that cannot change while it has data, sorted. */
function shapeOf({ KeySchema, GlobalSecondaryIndexes = [] }: CreateTableCommandInput | TableDescription): string {
  const indexes = GlobalSecondaryIndexes.map((index) => [
    index.IndexName,
    index.KeySchema,
    [...(index.Projection?.NonKeyAttributes ?? [])].sort(),
  ]);
  return JSON.stringify([KeySchema, indexes.map((index) => JSON.stringify(index)).sort()]);
}
