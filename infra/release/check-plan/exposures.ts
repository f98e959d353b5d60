import { isObject, parseObject } from "../_shared/json.ts";
import type { Change } from "./plan.ts";

type Values = Record<string, unknown>;
/** What a change would do; follows the address in a sentence. */
type Rule = (change: Change) => string[];

const advice = 'If this is intended, deploy by hand: infra/README.md, "Deploy by hand".';

/** What the bucket holds only for a while: uploads, and records of deletions (infra/images.tf). */
const passing = ["deletions/", "incoming/"];
const settings = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

const rules = new Map<string, Rule>([
  [
    "aws_apigatewayv2_route",
    ({ before, after }) => unless(!isGuarded(before) || isGuarded(after), "lose its authorizer"),
  ],
  [
    "aws_cloudwatch_log_group",
    ({ before, after }) => unless(days(after) >= days(before), "keep its logs for a shorter time"),
  ],
  [
    "aws_cognito_user_pool",
    ({ before, after }) =>
      lost(
        before["deletion_protection"] === "ACTIVE",
        after["deletion_protection"] === "ACTIVE",
        "deletion protection",
      ),
  ],
  [
    "aws_dynamodb_table",
    ({ actions, before, after }) => [
      ...unless(
        !actions.includes("update") || isOn(before, "ttl") || !isOn(after, "ttl", true),
        "let its events expire",
      ),
      ...lost(
        before["deletion_protection_enabled"] === true,
        after["deletion_protection_enabled"] === true,
        "deletion protection",
      ),
      ...lost(isOn(before, "point_in_time_recovery"), isOn(after, "point_in_time_recovery"), "point-in-time recovery"),
    ],
  ],
  ["aws_lambda_permission", ({ after }) => callers(after)],
  ["aws_s3_account_public_access_block", openedBlock],
  ["aws_s3_bucket_public_access_block", openedBlock],
  ["aws_s3_bucket_lifecycle_configuration", expiries],
  ...[
    "aws_dynamodb_resource_policy",
    "aws_s3_bucket_policy",
    "aws_sns_topic",
    "aws_sns_topic_policy",
    "aws_sqs_queue",
    "aws_sqs_queue_policy",
  ].map((type): [string, Rule] => [type, strangers]),
]);

/**
 * One line for each thing that a plan would let expire, leave unprotected or open to strangers without deleting
 * anything itself. A value known only after apply counts as the worst possible.
 */
export function exposuresIn(changes: Change[]): string[] {
  return changes.flatMap((change) => {
    const { actions, type } = change;
    const stays = actions.includes("create") || actions.includes("update");
    const opens = actions.includes("delete") && type.endsWith("_public_access_block");
    return (stays || opens ? (rules.get(type)?.(change) ?? []) : []).map(
      (what) => `${change.address} would ${what}. ${advice}`,
    );
  });
}

function unless(holds: boolean, what: string): string[] {
  return holds ? [] : [what];
}

function lost(was: boolean, is: boolean, what: string): string[] {
  return unless(!was || is, `lose its ${what}`);
}

function isGuarded({ authorization_type: type }: Values): boolean {
  return type !== undefined && type !== "NONE";
}

/** 0 means forever. */
function days(values: Values): number {
  return values["retention_in_days"] === 0 ? Infinity : Number(values["retention_in_days"] ?? -1);
}

function blocks(value: unknown): Values[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isOn(values: Values, block: string, ifUnknown = false): boolean {
  return blocks(values[block]).some(({ enabled }) => (enabled ?? ifUnknown) === true);
}

function openedBlock({ actions, before, after }: Change): string[] {
  const isGone = !actions.includes("create") && !actions.includes("update");
  if (isGone) return ["be deleted, which may open a bucket to the public"];
  const open = settings.filter((name) => after[name] !== true && (before[name] === true || actions.includes("create")));
  return open.map((name) => `not have ${name} on`);
}

function callers({ principal, source_arn: arn, source_account: account }: Values): string[] {
  if (typeof principal !== "string" || !/^[a-z0-9.-]+\.amazonaws\.com$/.test(principal))
    return ["let everyone or another account call the function"];
  // Unset is null; a value known only after apply is absent.
  return unless(arn !== null || account !== null, `let ${principal} call the function for every customer of AWS`);
}

/** Whether a policy lets in anyone but AWS's own services. An unknown policy passes if its resource is unknown too, as it is new. */
function strangers({ type, after }: Change): string[] {
  const { policy } = after;
  if (policy === null || policy === "") return [];
  if (typeof policy !== "string") {
    const isOfNew = ["bucket", "arn", "queue_url", "resource_arn"].every((target) => after[target] === undefined);
    const isOptional = type === "aws_sns_topic" || type === "aws_sqs_queue"; // AWS fills it in
    return unless(isOfNew || isOptional, "have a policy that cannot be checked before it is applied");
  }
  const statements = [parseObject(policy)?.["Statement"]].flat();
  const allowing = statements.filter((statement) => !isObject(statement) || statement["Effect"] !== "Deny");
  return unless(allowing.every(isForServices), "let in everyone or another account");
}

function isForServices(statement: unknown): boolean {
  const principal = isObject(statement) ? statement["Principal"] : undefined;
  return isObject(principal) && Object.keys(principal).every((kind) => kind === "Service");
}

interface Expiry {
  prefix: string;
  /** Days until something expires: 0 if that may be at once. */
  age_days: number;
}

/** Only what is below a passing prefix may expire, and no sooner than before. */
function expiries({ before, after }: Change): string[] {
  const earlier = expiriesIn(before);
  const isNew = earlier.length === 0 && !("rule" in before);
  return expiriesIn(after).flatMap(({ prefix, age_days }) => {
    if (!passing.some((each) => prefix.startsWith(each))) return [`let objects below "${prefix}" expire`];
    const isCovered = earlier.some((each) => prefix.startsWith(each.prefix) && age_days >= each.age_days);
    return unless(isNew || isCovered, `let more objects below "${prefix}" expire, or sooner`);
  });
}

/** Unknown rules count as one that lets everything expire at once. */
function expiriesIn(values: Values): Expiry[] {
  if (Object.keys(values).length > 0 && !Array.isArray(values["rule"])) return [{ prefix: "", age_days: 0 }];
  return blocks(values["rule"])
    .filter(({ status }) => status !== "Disabled")
    .flatMap((rule) =>
      [...blocks(rule["expiration"]), ...blocks(rule["noncurrent_version_expiration"])].map((each) => ({
        prefix: prefixOf(rule),
        age_days: Number(each["days"] ?? each["noncurrent_days"] ?? 0),
      })),
    );
}

function prefixOf(rule: Values): string {
  const [filter] = blocks(rule["filter"]);
  const [and] = blocks(filter?.["and"]);
  const prefixes = [filter?.["prefix"], and?.["prefix"], rule["prefix"]];
  return prefixes.find((prefix): prefix is string => typeof prefix === "string" && prefix !== "") ?? "";
}
