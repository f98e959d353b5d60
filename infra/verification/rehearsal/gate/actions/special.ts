import { jsonOf, listOf, operationOf, textOf, type Fields } from "../service-request.ts";
import type { Ask, Asks } from "./ask.ts";
import { asksByName } from "./named.ts";

const inTransactions: Record<string, string> = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem",
  Get: "GetItem",
};

/** A transaction has no action of its own: each of its items is asked for by itself. */
export const asksOfDynamodb: Asks = (request, account) => {
  if (!/^Transact(Write|Get)Items$/.test(operationOf(request) ?? "")) return asksByName["dynamodb"]?.(request, account);
  const arn = `arn:aws:dynamodb:${request.region}:${account.accountId}:table`;
  return listOf(jsonOf(request)["TransactItems"]).flatMap((item) =>
    Object.entries(item as Record<string, Fields>).map(([kind, { TableName }]) => ({
      action: `dynamodb:${inTransactions[kind] ?? kind}`,
      resource: `${arn}/${textOf(TableName)}`,
    })),
  );
};

/** A user pool's id is made up by AWS, so its tags must tell it; those of a new one are in the request. */
export const asksOfCognito: Asks = async (request, account) => {
  const asks = await asksByName["cognito-idp"]?.(request, account);
  const { UserPoolTags, Tags } = jsonOf(request);
  const requested = tagKeys("requesttag", (UserPoolTags ?? Tags ?? {}) as Fields);
  const [, id] = asks?.[0]?.resource.split("/") ?? [];
  const has = id === undefined ? {} : tagKeys("resourcetag", await account.userPoolTags(id, request.region));
  return asks?.map((ask) => ({ ...ask, context: { ...has, ...requested } }));
};

function tagKeys(kind: "requesttag" | "resourcetag", tags: Fields): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [`aws:${kind}/${key.toLowerCase()}`, [textOf(value)]]),
  );
}

/** An image that lies in S3 is read with the rights of who asks. */
export const asksOfRekognition: Asks = (request) => {
  if (operationOf(request) !== "DetectLabels") return undefined;
  const { S3Object: object } = (jsonOf(request)["Image"] ?? {}) as { S3Object?: { Bucket?: unknown; Name?: unknown } };
  const read = object && {
    action: "s3:GetObject",
    resource: `arn:aws:s3:::${textOf(object.Bucket)}/${textOf(object.Name)}`,
  };
  return [{ action: "rekognition:DetectLabels", resource: "*" }, ...(read ? [read] : [])];
};

/** Budgets knows two actions for all that is read and written in one. */
export const asksOfBudgets: Asks = (request, { accountId }) => {
  const operation = operationOf(request) ?? "";
  const { Budget, BudgetName, ResourceARN, ResourceTags } = jsonOf(request);
  if (/^(List|Tag|Untag)\w*Resource$/.test(operation))
    return [{ action: `budgets:${operation}`, resource: textOf(ResourceARN) }];
  const [, verb = ""] =
    /^(Create|Update|Delete|Describe)(Budgets?|Notification|NotificationsForBudget|Subscribers?|SubscribersForNotification)$/.exec(
      operation,
    ) ?? [];
  if (verb === "") return undefined;
  const name = textOf(BudgetName) || textOf((Budget as { BudgetName?: unknown } | undefined)?.BudgetName);
  const resource = `arn:aws:budgets::${accountId}:budget/${name || "*"}`;
  const action = verb === "Describe" ? "budgets:ViewBudget" : "budgets:ModifyBudget";
  return [{ action, resource }, ...(ResourceTags === undefined ? [] : [{ action: "budgets:TagResource", resource }])];
};

/** An alias is not a resource: who asks for one needs the key, which is unknown here, and has the alias in a condition key. */
export const asksOfKms: Asks = (request, { accountId }) => {
  if (operationOf(request) !== "DescribeKey") return undefined;
  const name = textOf(jsonOf(request)["KeyId"]).replace(/^arn:aws:kms:[^:]*:\d*:/, "");
  const isAlias = name.startsWith("alias/");
  const key = isAlias ? "of-the-alias" : name.replace("key/", "");
  const ask: Ask = { action: "kms:DescribeKey", resource: `arn:aws:kms:${request.region}:${accountId}:key/${key}` };
  return [isAlias ? { ...ask, context: { "kms:requestalias": [name] } } : ask];
};
