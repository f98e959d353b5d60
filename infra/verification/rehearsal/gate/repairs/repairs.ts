import { randomUUID } from "node:crypto";
import pLimit from "p-limit";
import { detectLabels, type DetectLabels } from "../../../../local/bucket/labels.ts";
import { jsonAnswer, jsonOf, listOf, textOf, withJson, type Fields, type Repair } from "../service-request.ts";
import { lambdaRepair, type InvokerOf } from "./lambda.ts";
import { s3Repair } from "./s3.ts";

export type Repairs = ReturnType<typeof makeRepairs>;

/** Corrections of moto 5.2.1's errors for this project; each part documents its own. */
export function makeRepairs(
  invokerOf: InvokerOf,
  readObject: (bucket: string, key: string) => Promise<Buffer | undefined>,
) {
  const lambda = lambdaRepair(invokerOf);
  const s3 = s3Repair();
  const repairs: Record<string, Repair> = {
    budgets: budgetsRepair(),
    dynamodb: dynamodbRepair(),
    lambda: lambda.repair,
    logs: logsRepair(),
    s3: s3.repair,
    /** moto gives every file the same labels, even if it is no image: the local run's labels replace it. */
    async rekognition(request) {
      const input: DetectLabels = jsonOf(request);
      const { Bucket = "", Name = "" } = input.Image?.S3Object ?? {};
      return detectLabels(input, await readObject(Bucket, Name));
    },
  };
  const repair: Repair = (request, pass) => repairs[request.service]?.(request, pass) ?? pass();
  return { ...lambda, ...s3, repair };
}

/**
 * moto drops OnDemandThroughput of tables and their indexes. It also checks a condition and writes in two steps, between
 * which another write can come: here writes pass one at a time.
 */
function dynamodbRepair(): Repair {
  /** By table, then by index; the table's own has no name. */
  const maxima = new Map<string, Fields>();
  const oneAtATime = pLimit(1);
  return async (request, pass) => {
    const { operation } = request;
    if (/^(Put|Update|Delete)Item$/.test(operation)) return oneAtATime(pass);
    const answer = await pass();
    if (!/^(Create|Update|Describe|Delete)Table$/.test(operation) || answer.status !== 200) return answer;
    const input = jsonOf(request);
    const table = textOf(input["TableName"]).split("/").at(-1) ?? "";
    const known = (/^(Create|Delete)/.test(operation) ? undefined : maxima.get(table)) ?? {};
    maxima.set(table, known);
    for (const { IndexName, OnDemandThroughput } of [input, ...listOf(input["GlobalSecondaryIndexes"])])
      if (OnDemandThroughput !== undefined) known[textOf(IndexName)] = OnDemandThroughput;
    const output = jsonOf(answer);
    const described = (output["Table"] ?? output["TableDescription"] ?? {}) as Fields;
    for (const each of [described, ...listOf(described["GlobalSecondaryIndexes"])])
      each["OnDemandThroughput"] = known[textOf(each["IndexName"])];
    return withJson(answer, output);
  };
}

/** moto has no tags of budgets, and answers 500. */
function budgetsRepair(): Repair {
  const tags = new Map<string, unknown>();
  return async (request, pass) => {
    const { Budget, ResourceARN, ResourceTags } = jsonOf(request);
    if (request.operation === "CreateBudget")
      tags.set(textOf((Budget as Fields | undefined)?.["BudgetName"]), ResourceTags);
    if (request.operation !== "ListTagsForResource") return pass();
    return jsonAnswer(200, { ResourceTags: tags.get(textOf(ResourceARN).split("budget/")[1] ?? "") ?? [] });
  };
}

/** moto has no saved queries of CloudWatch Logs, and answers 500. */
function logsRepair(): Repair {
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
