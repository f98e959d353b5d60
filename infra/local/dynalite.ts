import { createRequire } from "node:module";
import type { Server } from "node:http";

const require = createRequire(import.meta.url);

/** Starts dynalite, which has no types of its own; without a path it keeps its data in memory. */
export const dynalite = require("dynalite") as (options: { path?: string; createTableMs: number }) => Server;

interface Failure {
  body: Record<string, unknown>;
}

interface Table {
  TableName: string;
  GlobalSecondaryIndexes?: object[];
}

interface Store {
  db: { batch: (operations: object[], done: (error?: Error) => void) => void };
}

interface IndexAction {
  index: string;
  key: string;
  item?: object;
}

const database = require("dynalite/db") as {
  checkConditional: (request: Record<string, unknown>, existing?: object) => Failure | null | undefined;
  updateIndexes: (store: Store, table: Table, existing: object | undefined, item: object | null, done: (error?: Error) => void) => void;
  getIndexActions: (indexes: object[], existing: object | undefined, item: object | null, table: Table) => Record<"puts" | "deletes", IndexAction[]>;
  createKey: (item: object, table: Table) => string;
};

// Dynalite drops the parameters it does not know and has no place to add one, so what our handlers
// need of it and it does not do is put into it here; database.test.ts and main.test.ts fail when that
// no longer works. The first thing: the existing item in the error of a failed condition.
for (const operation of ["putItem", "updateItem", "deleteItem"]) {
  const { types } = require(`dynalite/validations/${operation}`) as { types: Record<string, unknown> };
  types["ReturnValuesOnConditionCheckFailure"] = { type: "String", enum: ["ALL_OLD", "NONE"] };
}

const { checkConditional } = database;
database.checkConditional = (request, existing) => {
  const failure = checkConditional(request, existing);
  if (failure && existing && request["ReturnValuesOnConditionCheckFailure"] === "ALL_OLD") failure.body["Item"] = existing;
  return failure;
};

// The second: it writes an item after the indexes, one by one, so that a kill in between left events
// in lists that nobody could get. Written here together with the indexes, the item is written again.
database.updateIndexes = (store, table, existing, item, done) => {
  const { puts, deletes } = database.getIndexActions(table.GlobalSecondaryIndexes ?? [], existing, item, table);
  const indexKey = ({ index, key }: IndexAction) => `index-global~${table.TableName}~${index}~${key}`;
  const itemKey = (stored: object) => `item-${table.TableName}~${database.createKey(stored, table)}`;
  store.db.batch(
    [
      ...deletes.map((action) => ({ type: "del", key: indexKey(action) })),
      ...puts.map((action) => ({ type: "put", key: indexKey(action), value: action.item })),
      ...(item ? [{ type: "put", key: itemKey(item), value: item }] : []),
      ...(existing && !item ? [{ type: "del", key: itemKey(existing) }] : []),
    ],
    done,
  );
};
