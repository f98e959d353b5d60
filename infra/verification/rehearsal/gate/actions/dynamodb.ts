import type { Account, Ask } from "./actions.ts";
import { jsonOf, listOf, operationOf, textOf, type Fields, type ServiceRequest } from "../service-request.ts";

const onTable = [
  "CreateTable",
  "DescribeTable",
  "UpdateTable",
  "DeleteTable",
  "DescribeContinuousBackups",
  "UpdateContinuousBackups",
  "DescribeTimeToLive",
  "UpdateTimeToLive",
  "DescribeKinesisStreamingDestination",
  "GetItem",
  "PutItem",
  "UpdateItem",
  "DeleteItem",
  "Query",
  "Scan",
];
const onArn = [
  "ListTagsOfResource",
  "TagResource",
  "UntagResource",
  "GetResourcePolicy",
  "PutResourcePolicy",
  "DeleteResourcePolicy",
];
const onAll = ["ListTables", "DescribeLimits", "DescribeEndpoints"];
const inTransactions: Record<string, string> = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem",
  Get: "GetItem",
};

export function asksOfDynamodb(request: ServiceRequest, { accountId }: Account): Ask[] | undefined {
  const operation = operationOf(request) ?? "";
  const input = jsonOf(request);
  const tableArn = (name: unknown) =>
    textOf(name).startsWith("arn:")
      ? textOf(name)
      : `arn:aws:dynamodb:${request.region}:${accountId}:table/${textOf(name)}`;
  const ask = (name: string, resource: string) => ({ action: `dynamodb:${name}`, resource });
  if (onTable.includes(operation)) {
    const arn = tableArn(input["TableName"]);
    const index = typeof input["IndexName"] === "string" ? `/index/${input["IndexName"]}` : "";
    return [
      ask(operation, arn + index),
      ...(operation === "CreateTable" && listOf(input["Tags"]).length > 0 ? [ask("TagResource", arn)] : []),
    ];
  }
  if (onArn.includes(operation)) return [ask(operation, textOf(input["ResourceArn"]))];
  if (onAll.includes(operation)) return [ask(operation, "*")];
  if (operation === "BatchGetItem" || operation === "BatchWriteItem") {
    return Object.keys((input["RequestItems"] ?? {}) as Fields).map((name) => ask(operation, tableArn(name)));
  }
  if (operation === "TransactWriteItems" || operation === "TransactGetItems") {
    // A transaction has no action of its own: each of its items is asked for by itself.
    return listOf(input["TransactItems"]).flatMap((item) =>
      Object.entries(item as Record<string, Fields>).map(([kind, { TableName }]) =>
        ask(inTransactions[kind] ?? kind, tableArn(TableName)),
      ),
    );
  }
  return undefined;
}
