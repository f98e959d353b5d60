import { createRequire } from "node:module";
import type { Server } from "node:http";

const require = createRequire(import.meta.url);

/** Starts dynalite, which has no types of its own; without a path it keeps its data in memory. */
export const dynalite = require("dynalite") as (options: { path?: string; createTableMs: number }) => Server;

interface Failure {
  body: Record<string, unknown>;
}

const database = require("dynalite/db") as {
  checkConditional: (request: Record<string, unknown>, existing?: object) => Failure | null | undefined;
};

// Dynalite lacks one thing that our handlers need: the existing item in the error of a failed
// condition. It drops the parameters it does not know and has no place to add one, so we reach into
// it; database.test.ts fails when that no longer works.
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
