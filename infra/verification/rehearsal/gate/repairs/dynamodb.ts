import type { Repair } from "./repair.ts";
import { jsonOf, listOf, operationOf, textOf, withJson, type Fields } from "../service-request.ts";

/** The maximum throughput of a table and of its indexes. */
interface Maximum {
  table?: unknown;
  indexes: Map<string, unknown>;
}

/**
 * moto drops OnDemandThroughput, so that Terraform would plan it again and again: it is remembered here
 * and put into descriptions. And it checks a condition and writes in two steps, between which another
 * write can come: here they pass one at a time.
 */
export function dynamodbRepair(): Repair {
  const tables = new Map<string, Maximum>();
  let lastWrite: Promise<unknown> = Promise.resolve();
  return async (request, pass) => {
    const operation = operationOf(request) ?? "";
    if (["PutItem", "UpdateItem", "DeleteItem"].includes(operation)) {
      const write = lastWrite.then(pass, pass);
      lastWrite = write;
      return write;
    }
    if (!["CreateTable", "UpdateTable", "DescribeTable", "DeleteTable"].includes(operation)) return pass();
    const input = jsonOf(request);
    const name = `${request.region} ${textOf(input["TableName"]).split("/").at(-1) ?? ""}`;
    const answer = await pass();
    if (answer.status !== 200) return answer;
    if (operation === "CreateTable") tables.set(name, { indexes: new Map() });
    const maximum = tables.get(name);
    if (!maximum) return answer;
    if (operation === "CreateTable" || operation === "UpdateTable") remember(maximum, input);
    if (operation === "DeleteTable") tables.delete(name);
    const described = jsonOf(answer);
    for (const key of ["Table", "TableDescription"]) describe(described[key] as Fields | undefined, maximum);
    return withJson(answer, described);
  };
}

function remember(maximum: Maximum, input: Fields): void {
  if (input["OnDemandThroughput"] !== undefined) maximum.table = input["OnDemandThroughput"];
  for (const index of listOf(input["GlobalSecondaryIndexes"])) setIndex(maximum, index);
  for (const update of listOf(input["GlobalSecondaryIndexUpdates"])) {
    for (const [kind, index] of Object.entries(update as Record<string, Fields>)) {
      if (kind === "Delete") maximum.indexes.delete(textOf(index["IndexName"]));
      else setIndex(maximum, index);
    }
  }
  if (input["BillingMode"] === "PROVISIONED") Object.assign(maximum, { table: undefined, indexes: new Map() });
}

function setIndex({ indexes }: Maximum, { IndexName, OnDemandThroughput }: Fields): void {
  if (OnDemandThroughput !== undefined) indexes.set(textOf(IndexName), OnDemandThroughput);
}

function describe(table: Fields | undefined, maximum: Maximum): void {
  if (!table) return;
  if (maximum.table !== undefined) table["OnDemandThroughput"] = maximum.table;
  for (const index of listOf(table["GlobalSecondaryIndexes"])) {
    const found = maximum.indexes.get(textOf(index["IndexName"]));
    if (found !== undefined) index["OnDemandThroughput"] = found;
  }
}
