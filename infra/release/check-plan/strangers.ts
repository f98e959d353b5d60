import { isObject, parseObject } from "../_shared/json.ts";
import { blocks, unless, type Change, type Plan, type Values } from "./plan.ts";

// Whom a change would let in, besides this account and AWS's services for this account.

/** For a permission to call a function. Unset is null; a value known only after apply is absent. */
export function otherCallers({ after }: Change, { accountId }: Plan): string[] {
  const { principal, source_arn: arn, source_account: account } = after;
  if (typeof principal !== "string" || !/^[a-z0-9.-]+\.amazonaws\.com$/.test(principal))
    return ["let everyone or another account call the function"];
  const ofArn = typeof arn === "string" ? (accountOf(arn) ?? "") : arn;
  // A bucket's ARN names no account.
  const owner = account ?? (account === null && principal === "s3.amazonaws.com" ? null : ofArn);
  return [
    ...unless(owner !== null, `let ${principal} call the function for every customer of AWS`),
    ...unless(typeof owner !== "string" || owner === accountId, "let another account call the function"),
  ];
}

/** For the policy of a resource. An unknown one passes if its resource is unknown too, as it is new. */
export function strangers({ type, after }: Change, { accountId }: Plan): string[] {
  const policy = after[type === "aws_cloudwatch_log_resource_policy" ? "policy_document" : "policy"];
  if (policy === null || policy === "") return [];
  if (typeof policy !== "string") {
    const isOfNew = ["bucket", "arn", "queue_url", "resource_arn"].every((target) => after[target] === undefined);
    const isOptional = ["aws_s3_bucket", "aws_sns_topic", "aws_sqs_queue"].includes(type); // AWS fills it in
    return unless(isOfNew || isOptional, "have a policy that cannot be checked before it is applied");
  }
  const statements = [parseObject(policy)?.["Statement"]].flat();
  const allowing = statements.filter((statement) => !isObject(statement) || statement["Effect"] !== "Deny");
  if (!allowing.every(isForServices)) return ["let in everyone or another account"];
  const areLimited = allowing.every(({ Condition: condition }) => isForAccount(condition, accountId));
  return unless(areLimited, "let in a service for every customer of AWS");
}

function isForServices(statement: unknown): statement is Values {
  const principal = isObject(statement) ? statement["Principal"] : undefined;
  return isObject(principal) && Object.keys(principal).every((kind) => kind === "Service");
}

/** By aws:SourceAccount or aws:SourceArn: every customer can have a service call. */
function isForAccount(condition: unknown, accountId: unknown): boolean {
  const limits = Object.entries(isObject(condition) ? condition : {}).flatMap(([operator, keys]) =>
    ["StringEquals", "ArnLike", "ArnEquals"].includes(operator) && isObject(keys) ? Object.entries(keys) : [],
  );
  return limits.some(([key, value]) => {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    const name = key.toLowerCase();
    if (name === "aws:sourceaccount") return values.every((each) => each === accountId);
    return name === "aws:sourcearn" && values.every((each) => accountOf(each) === accountId);
  });
}

/** For a bucket's notifications. ARNs that are known only after apply are of what this plan makes. */
export function otherListeners({ after }: Change, { accountId }: Plan): string[] {
  const listeners = ["topic", "queue", "lambda_function"].flatMap((kind) =>
    blocks(after[kind]).map((block) => block[`${kind}_arn`]),
  );
  const areOwn = listeners.every((arn) => typeof arn !== "string" || accountOf(arn) === accountId);
  return unless(areOwn, "notify another account");
}

/** For what answers a route. The URI of a new function is known only after apply. */
export function otherTarget({ after }: Change, { accountId }: Plan): string[] {
  const { integration_type: type, integration_uri: uri } = after;
  if (type !== "AWS_PROXY") return ["send requests and their tokens elsewhere than to a function"];
  const isOwn = typeof uri !== "string" || uri.includes(`:${String(accountId)}:function:`);
  return unless(isOwn, "send requests and their tokens to another account");
}

function accountOf(arn: unknown): string | undefined {
  return typeof arn === "string" ? arn.split(":")[4] : undefined;
}
