import { randomUUID } from "node:crypto";
import { jsonAnswer, jsonOf, listOf, textOf, withJson, type Fields } from "../service-request.ts";
import type { Repair } from "./repair.ts";

// Settings that moto drops, so that Terraform would plan them every time, or cannot describe at all.

/**
 * moto drops OnDemandThroughput of tables and their indexes. It also checks a condition and writes in two steps, between
 * which another write can come: here writes pass one at a time.
 */
export function dynamodbRepair(): Repair {
  const maxima = new Map<string, unknown>();
  let lastWrite: Promise<unknown> = Promise.resolve();
  return async (request, pass) => {
    const operation = request.operation;
    if (/^(Put|Update|Delete)Item$/.test(operation)) {
      const write = lastWrite.then(pass, pass);
      lastWrite = write;
      return write;
    }
    if (!/^(Create|Update|Describe|Delete)Table$/.test(operation)) return pass();
    const input = jsonOf(request);
    const table = `${request.region} ${textOf(input["TableName"]).split("/").at(-1) ?? ""}`;
    const keyOf = ({ IndexName }: Fields) => `${table} ${textOf(IndexName)}`;
    const answer = await pass();
    if (answer.status !== 200) return answer;
    if (/^(Create|Delete)/.test(operation))
      for (const key of maxima.keys()) if (key.startsWith(`${table} `)) maxima.delete(key);
    const updates = listOf(input["GlobalSecondaryIndexUpdates"]).flatMap((update) => Object.values(update) as Fields[]);
    for (const sent of [input, ...listOf(input["GlobalSecondaryIndexes"]), ...updates])
      if (sent["OnDemandThroughput"] !== undefined) maxima.set(keyOf(sent), sent["OnDemandThroughput"]);
    const output = jsonOf(answer);
    const described = (output["Table"] ?? output["TableDescription"] ?? {}) as Fields;
    for (const each of [described, ...listOf(described["GlobalSecondaryIndexes"])]) {
      const maximum = maxima.get(keyOf(each));
      if (maximum !== undefined) each["OnDemandThroughput"] = maximum;
    }
    return withJson(answer, output);
  };
}

/** moto has no tags of budgets, and answers 500. */
export function budgetsRepair(): Repair {
  const tags = new Map<string, unknown>();
  return (request, pass) => {
    const { Budget, ResourceARN, ResourceTags } = jsonOf(request);
    const operation = request.operation;
    if (operation === "CreateBudget") tags.set(textOf((Budget as Fields | undefined)?.["BudgetName"]), ResourceTags);
    if (operation !== "ListTagsForResource") return pass();
    const found = tags.get(textOf(ResourceARN).split("budget/")[1] ?? "") ?? [];
    return Promise.resolve(jsonAnswer(200, { ResourceTags: found }));
  };
}

/** moto has no saved queries of CloudWatch Logs, and answers 500. */
export function logsRepair(): Repair {
  const definitions = new Map<string, Fields>();
  return async (request, pass) => {
    const { queryDefinitionId: known, queryDefinitionNamePrefix, ...definition } = jsonOf(request);
    switch (request.operation) {
      case "PutQueryDefinition": {
        const queryDefinitionId = textOf(known) || randomUUID();
        definitions.set(queryDefinitionId, { logGroupNames: [], ...definition, queryDefinitionId });
        return jsonAnswer(200, { queryDefinitionId });
      }
      case "DescribeQueryDefinitions": {
        const isMeant = ({ name }: Fields) => textOf(name).startsWith(textOf(queryDefinitionNamePrefix));
        return jsonAnswer(200, { queryDefinitions: [...definitions.values()].filter(isMeant) });
      }
      case "DeleteQueryDefinition":
        return jsonAnswer(200, { success: definitions.delete(textOf(known)) });
      default:
        return pass();
    }
  };
}
