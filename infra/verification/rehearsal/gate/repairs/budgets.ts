import type { Repair } from "./repair.ts";
import { jsonAnswer, jsonOf, listOf, operationOf, textOf, type Fields } from "../service-request.ts";

/** moto has no tags and no subscribers of budgets, and answers 500 to who asks: both are kept here. */
export function budgetsRepair(): Repair {
  const tags = new Map<string, Map<string, string>>();
  const subscribers = new Map<string, Fields[]>();
  return async (request, pass) => {
    const operation = operationOf(request);
    const input = jsonOf(request);
    const budget = (input["Budget"] ?? {}) as Fields;
    const name =
      textOf(input["BudgetName"]) ||
      textOf(budget["BudgetName"]) ||
      (textOf(input["ResourceARN"]).split("budget/")[1] ?? "");
    const tagsOfIt = tags.get(name) ?? new Map<string, string>();
    switch (operation) {
      case "ListTagsForResource":
        return jsonAnswer(200, { ResourceTags: [...tagsOfIt].map(([Key, Value]) => ({ Key, Value })) });
      case "TagResource":
        tags.set(name, new Map([...tagsOfIt, ...pairs(input["ResourceTags"])]));
        return jsonAnswer(200, {});
      case "UntagResource":
        for (const key of (input["ResourceTagKeys"] ?? []) as string[]) tagsOfIt.delete(key);
        return jsonAnswer(200, {});
      case "DescribeSubscribersForNotification":
        return jsonAnswer(200, { Subscribers: subscribers.get(keyOf(name, input["Notification"])) ?? [] });
    }
    const answer = await pass();
    if (answer.status !== 200) return answer;
    if (operation === "CreateBudget") {
      tags.set(name, new Map(pairs(input["ResourceTags"])));
      for (const each of listOf(input["NotificationsWithSubscribers"]))
        subscribers.set(keyOf(name, each["Notification"]), listOf(each["Subscribers"]));
    }
    if (operation === "CreateNotification")
      subscribers.set(keyOf(name, input["Notification"]), listOf(input["Subscribers"]));
    if (operation === "DeleteNotification") subscribers.delete(keyOf(name, input["Notification"]));
    if (operation === "DeleteBudget") {
      tags.delete(name);
      for (const key of subscribers.keys()) if (key.startsWith(`${name}/`)) subscribers.delete(key);
    }
    return answer;
  };
}

function pairs(list: unknown): [string, string][] {
  return listOf(list).map(({ Key, Value }) => [textOf(Key), textOf(Value)]);
}

/** What tells the notifications of one budget apart. */
function keyOf(budget: string, notification: unknown): string {
  const { NotificationType, ComparisonOperator, Threshold, ThresholdType } = (notification ?? {}) as Fields;
  return `${budget}/${[NotificationType, ComparisonOperator, Number(Threshold), ThresholdType ?? "PERCENTAGE"].join("/")}`;
}
