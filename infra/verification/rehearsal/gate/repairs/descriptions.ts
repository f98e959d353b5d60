import { randomUUID } from "node:crypto";
import {
  jsonAnswer,
  jsonOf,
  listOf,
  textOf,
  withJson,
  type Fields,
  type Pass,
  type ServiceRequest,
} from "../service-request.ts";

// Settings that moto drops, so that Terraform would plan them every time, or cannot describe at all.

/**
 * moto drops OnDemandThroughput of tables and their indexes. It also checks a condition and writes in two steps, between
 * which another write can come: here writes pass one at a time.
 */
export function dynamodbRepair() {
  const maxima = new Map<string, unknown>();
  let lastWrite: Promise<unknown> = Promise.resolve();
  return async (request: ServiceRequest, pass: Pass) => {
    const { operation, region } = request;
    if (/^(Put|Update|Delete)Item$/.test(operation)) {
      const write = lastWrite.then(pass, pass);
      lastWrite = write;
      return write;
    }
    const answer = await pass();
    if (!/^(Create|Update|Describe|Delete)Table$/.test(operation) || answer.status !== 200) return answer;
    const input = jsonOf(request);
    const table = `${region} ${textOf(input["TableName"]).split("/").at(-1) ?? ""} `;
    if (/^(Create|Delete)/.test(operation))
      for (const key of maxima.keys()) if (key.startsWith(table)) maxima.delete(key);
    const updates = listOf(input["GlobalSecondaryIndexUpdates"]).flatMap((update) => Object.values(update) as Fields[]);
    for (const { IndexName, OnDemandThroughput } of [input, ...listOf(input["GlobalSecondaryIndexes"]), ...updates])
      if (OnDemandThroughput !== undefined) maxima.set(table + textOf(IndexName), OnDemandThroughput);
    const output = jsonOf(answer);
    const described = (output["Table"] ?? output["TableDescription"] ?? {}) as Fields;
    for (const each of [described, ...listOf(described["GlobalSecondaryIndexes"])])
      each["OnDemandThroughput"] = maxima.get(table + textOf(each["IndexName"]));
    return withJson(answer, output);
  };
}

/** moto has no tags of budgets, and answers 500. */
export function budgetsRepair() {
  const tags = new Map<string, unknown>();
  return async (request: ServiceRequest, pass: Pass) => {
    const { Budget, ResourceARN, ResourceTags } = jsonOf(request);
    if (request.operation === "CreateBudget")
      tags.set(textOf((Budget as Fields | undefined)?.["BudgetName"]), ResourceTags);
    if (request.operation !== "ListTagsForResource") return pass();
    return jsonAnswer(200, { ResourceTags: tags.get(textOf(ResourceARN).split("budget/")[1] ?? "") ?? [] });
  };
}

/** moto has no saved queries of CloudWatch Logs, and answers 500. */
export function logsRepair() {
  const definitions = new Map<string, Fields>();
  return async (request: ServiceRequest, pass: Pass) => {
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
