import { isObject, parseObject } from "../_shared/json.ts";
import type { Change } from "./plan.ts";

type Values = Record<string, unknown>;
/** What a change would do, after the address of what it changes. */
type Rule = (change: Change) => string[];

const advice = 'If that is meant, deploy it by hand: infra/README.md, "Deploy by hand".';

/** What only passes through the bucket: uploads, and notes of deletions (infra/images.tf). */
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
        "have its events expire",
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
 * One line for each thing that a plan would have expire, leave without its protection, or open to strangers, though it
 * deletes nothing itself. What is known after apply only counts as the worst that it may be.
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

/** 0 is for ever. */
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
  if (isGone) return ["be gone, and what it closed to the public might be open"];
  const open = settings.filter((name) => after[name] !== true && (before[name] === true || actions.includes("create")));
  return open.map((name) => `not have ${name} on`);
}

function callers({ principal, source_arn: arn, source_account: account }: Values): string[] {
  if (typeof principal !== "string" || !/^[a-z0-9.-]+\.amazonaws\.com$/.test(principal))
    return ["let everybody or an account call the function"];
  // Unset is null; what is known after apply only is absent.
  return unless(arn !== null || account !== null, `let ${principal} call the function for every customer of AWS`);
}

/** Whether a policy lets in anybody but AWS's own services. One that is not known yet may pass where what it is for is not either: that is new. */
function strangers({ type, after }: Change): string[] {
  const { policy } = after;
  if (policy === null || policy === "") return [];
  if (typeof policy !== "string") {
    const isOfNew = ["bucket", "arn", "queue_url", "resource_arn"].every((target) => after[target] === undefined);
    const isOptional = type === "aws_sns_topic" || type === "aws_sqs_queue"; // AWS fills it in
    return unless(isOfNew || isOptional, "have a policy that cannot be looked at before it is applied");
  }
  const statements = [parseObject(policy)?.["Statement"]].flat();
  const allowing = statements.filter((statement) => !isObject(statement) || statement["Effect"] !== "Deny");
  return unless(allowing.every(isForServices), "let everybody or an account in");
}

function isForServices(statement: unknown): boolean {
  const principal = isObject(statement) ? statement["Principal"] : undefined;
  return isObject(principal) && Object.keys(principal).every((kind) => kind === "Service");
}

interface Expiry {
  prefix: string;
  /** Until something goes: 0 where it may be at once. */
  age_days: number;
}

/** What expires has to be below a prefix of what only passes through, and later than a rule of before said for the same. */
function expiries({ before, after }: Change): string[] {
  const earlier = expiriesIn(before);
  const isNew = earlier.length === 0 && !("rule" in before);
  return expiriesIn(after).flatMap(({ prefix, age_days }) => {
    if (!passing.some((each) => prefix.startsWith(each))) return [`have what is below "${prefix}" expire`];
    const isCovered = earlier.some((each) => prefix.startsWith(each.prefix) && age_days >= each.age_days);
    return unless(isNew || isCovered, `have more of what is below "${prefix}" expire, or sooner`);
  });
}

/** Rules that are not known yet count as one that has everything expire at once. */
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
