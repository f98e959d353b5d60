import { isDeepStrictEqual } from "node:util";
import { isTexts } from "../_shared/json.ts";
import { blocks, byHand, isMade, unless, type Change, type Plan, type Values } from "./plan.ts";
import { otherCallers, otherListeners, otherTarget, strangers } from "./strangers.ts";

/** What a change would do; follows the address in a sentence. */
type Rule = (change: Change, plan: Plan) => string[];

/** What the bucket holds only for a while: uploads, and records of deletions (infra/images.tf). */
const passing = ["deletions/", "incoming/"];
const settings = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

const rules = new Map(
  Object.entries<Rule>({
    aws_apigatewayv2_authorizer: otherIssuer,
    aws_apigatewayv2_integration: otherTarget,
    aws_apigatewayv2_route: (change, plan) => [...openedRoute(change, plan), ...lostScopes(change)],
    aws_cloudwatch_log_group: ({ actions, before, after }) => [
      ...unless(!actions.includes("delete"), "lose its log"),
      ...unless(days(after) >= days(before), "keep its logs for a shorter time"),
    ],
    aws_cloudwatch_log_resource_policy: strangers,
    aws_cognito_user_pool: (change) => [
      ...lost(change, ({ deletion_protection: state }) => state === "ACTIVE", "deletion protection"),
      ...unless(!isClosed(change.before) || isClosed(change.after), "let anyone sign up"),
    ],
    aws_dynamodb_table: (change) => [
      ...newExpiry(change),
      ...shorter(change, recovery_days, "recovery points"),
      ...lost(change, ({ deletion_protection_enabled: isOn }) => isOn === true, "deletion protection"),
      ...lost(change, (values) => isOn(values, "point_in_time_recovery"), "point-in-time recovery"),
    ],
    aws_lambda_permission: otherCallers,
    aws_s3_account_public_access_block: openedBlock,
    aws_s3_bucket: (change, plan) => [...strangers(change, plan), ...expiries(ofOwnRules(change))],
    aws_s3_bucket_public_access_block: openedBlock,
    aws_s3_bucket_lifecycle_configuration: expiries,
    aws_s3_bucket_notification: otherListeners,
    aws_dynamodb_resource_policy: strangers,
    aws_s3_bucket_policy: strangers,
    aws_sns_topic: strangers,
    aws_sns_topic_policy: strangers,
    aws_sqs_queue: (change, plan) => [
      ...strangers(change, plan),
      ...shorter(change, ({ message_retention_seconds: kept }) => Number(kept), "messages"),
    ],
    aws_sqs_queue_policy: strangers,
  }),
);

/**
 * One line for each thing that a plan would let expire, leave unprotected or open to strangers without deleting
 * anything itself. A value known only after apply counts as the worst possible.
 */
export function exposuresIn(plan: Plan): string[] {
  return plan.changes.flatMap((change) => {
    const { address, actions, type } = change;
    const opens = actions.includes("delete") && type.endsWith("_public_access_block");
    const found = isMade(change) || opens ? rules.get(type)?.(change, plan) : undefined;
    return (found ?? []).map((what) => `${address} would ${what}. ${byHand}`);
  });
}

function lost({ before, after }: Change, has: (values: Values) => boolean, what: string): string[] {
  return unless(!has(before) || has(after), `lose its ${what}`);
}

function isGuarded({ authorization_type: type }: Values): boolean {
  return type !== undefined && type !== "NONE";
}

function openedRoute({ type, before, after }: Change, { changes }: Plan): string[] {
  if (isGuarded(before))
    return unless(isGuarded(after) && after["authorizer_id"] === before["authorizer_id"], "lose its authorizer");
  const isOld = Object.keys(before).length > 0;
  const areAllOpen = !changes.some((each) => each.type === type && isGuarded(each.before));
  return unless(isOld || isGuarded(after) || areAllOpen, "have no authorizer, unlike other routes");
}

/** A token needs one of a route's scopes, so one more lets in more tokens. */
function lostScopes({ before, after }: Change): string[] {
  const [was, is] = [before, after].map(({ authorization_scopes: scopes }) => (isTexts(scopes) ? scopes : []));
  const areKept = is?.every((scope) => was?.includes(scope)) === true && is.length > 0;
  return unless(was?.length === 0 || areKept, "accept tokens without the scopes that it requires");
}

/** A new authorizer opens nothing alone: a route that gets it is open, or loses the one that it has. */
function otherIssuer({ before, after }: Change): string[] {
  const [was, is] = [before, after].map((values) => blocks(values["jwt_configuration"])[0]);
  return unless(!was || is?.["issuer"] === was["issuer"], "accept the tokens of another issuer");
}

/** Whether only an administrator adds users. */
function isClosed({ admin_create_user_config: config }: Values): boolean {
  return blocks(config)[0]?.["allow_admin_create_user_only"] === true;
}

function recovery_days({ point_in_time_recovery: recovery }: Values): number {
  return Number(blocks(recovery)[0]?.["recovery_period_in_days"]);
}

/** Unknown is shorter. What is off has NaN or 0. */
function shorter({ before, after }: Change, time: (values: Values) => number, what: string): string[] {
  return unless(!(time(before) > 0) || time(after) >= time(before), `keep its ${what} for a shorter time`);
}

/** 0 means forever. */
function days({ retention_in_days: days }: Values): number {
  return days === 0 ? Infinity : Number(days ?? -1);
}

function isOn(values: Values, block: string, ifUnknown = false): boolean {
  return blocks(values[block]).some(({ enabled }) => (enabled ?? ifUnknown) === true);
}

function newExpiry({ actions, before, after }: Change): string[] {
  const isOld = !actions.includes("update") || isOn(before, "ttl");
  return unless(isOld || !isOn(after, "ttl", true), "let its events expire");
}

function openedBlock(change: Change): string[] {
  const { actions, before, after } = change;
  if (!isMade(change)) return ["be deleted, which may open a bucket to the public"];
  const open = settings.filter((name) => after[name] !== true && (before[name] === true || actions.includes("create")));
  return open.map((name) => `not have ${name} on`);
}

/** The deprecated rules of a bucket itself, as those of a lifecycle configuration. Unless they are set, AWS fills them in. */
function ofOwnRules({ before, after }: Change): Pick<Change, "before" | "after"> {
  const converted = ({ lifecycle_rule: rules }: Values): Values => ({
    rule: blocks(rules).map((rule) => ({ ...rule, status: rule["enabled"] === false ? "Disabled" : "Enabled" })),
  });
  return { before: converted(before), after: converted(after) };
}

/** Only what is below a passing prefix may expire, and no sooner than before. */
function expiries({ before, after }: Pick<Change, "before" | "after">): string[] {
  const earlier = expiriesIn(before);
  const isNew = earlier.length === 0 && !("rule" in before);
  const expiring = expiriesIn(after).flatMap(({ prefix, age_days }) => {
    if (!passing.some((each) => prefix.startsWith(each))) return [`let objects below "${prefix}" expire`];
    const isCovered = earlier.some((each) => prefix.startsWith(each.prefix) && age_days >= each.age_days);
    return unless(isNew || isCovered, `let more objects below "${prefix}" expire, or sooner`);
  });
  const [was, is] = [movesIn(before), movesIn(after)];
  return [
    ...expiring,
    ...unless(is.length === 0 || isDeepStrictEqual(is, was), "move objects to another storage class"),
  ];
}

/** To an archive, from which only a person could get an image back. */
function movesIn({ rule: rules }: Values): unknown[] {
  return blocks(rules).flatMap((rule) => [
    ...blocks(rule["transition"]),
    ...blocks(rule["noncurrent_version_transition"]),
  ]);
}

/**
 * What expires after how many days: 0 if that may be at once. Unknown rules count as one that lets everything expire
 * at once.
 */
function expiriesIn(values: Values): { prefix: string; age_days: number }[] {
  if (Object.keys(values).length > 0 && !Array.isArray(values["rule"])) return [{ prefix: "", age_days: 0 }];
  const enabled = blocks(values["rule"]).filter(({ status }) => status !== "Disabled");
  return enabled.flatMap((rule) =>
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
