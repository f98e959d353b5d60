import { randomUUID } from "node:crypto";
import type { Repair } from "./repair.ts";
import { jsonAnswer, jsonOf, operationOf, textOf, type Fields } from "../service-request.ts";

/** moto has no saved queries of CloudWatch Logs, and answers 500. */
export function logsRepair(): Repair {
  const definitions = new Map<string, Fields>();
  return async (request, pass) => {
    const input = jsonOf(request);
    switch (operationOf(request)) {
      case "PutQueryDefinition": {
        const queryDefinitionId = textOf(input["queryDefinitionId"]) || randomUUID();
        const { name, queryString, logGroupNames = [] } = input;
        definitions.set(queryDefinitionId, {
          queryDefinitionId,
          name,
          queryString,
          logGroupNames,
          lastModified: Date.now(),
        });
        return jsonAnswer(200, { queryDefinitionId });
      }
      case "DescribeQueryDefinitions": {
        const prefix = textOf(input["queryDefinitionNamePrefix"]);
        return jsonAnswer(200, {
          queryDefinitions: [...definitions.values()].filter(({ name }) => textOf(name).startsWith(prefix)),
        });
      }
      case "DeleteQueryDefinition":
        return jsonAnswer(200, { success: definitions.delete(textOf(input["queryDefinitionId"])) });
      default:
        return pass();
    }
  };
}
