import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runBundle, type Ended } from "./_tests/run-bundle.ts";
import { contractionsIn } from "./check-plan/contractions.ts";
import { exposuresIn } from "./check-plan/exposures.ts";
import { lossesIn } from "./check-plan/losses.ts";
import { readPlan } from "./check-plan/plan.ts";

type Values = Record<string, unknown>;

const advice = 'If this is intended, deploy by hand: infra/README.md, "Deploy by hand".';
const passed =
  "The plan keeps the API and every table, index, bucket and user pool with its protection, lets nothing expire sooner, " +
  "keeps logs as long as before, and opens no bucket, queue, topic, function or route.";
const dynamodb = "aws_dynamodb_table";
const table = "module.store.aws_dynamodb_table.this";
const bucket = "module.store.aws_s3_bucket.images";
const pool = "module.store.aws_cognito_user_pool.this";
const lost = {
  table: "the table and every event in it",
  bucket: "the bucket and every file in it",
  pool: "the user pool and every user in it",
};

/** A plan made by Terraform; see check-plan/recorded/README.md. */
function recorded(name: string): string {
  return readFileSync(join(import.meta.dirname, `check-plan/recorded/${name}.json`), "utf8");
}

const accountId = "111122223333";
const account = { mode: "data", address: "data.aws_caller_identity.this", values: { account_id: accountId } };

/** A plan with one change, otherwise as Terraform makes it. */
function planOf(type: string, change: object, more: object = {}): string {
  const resource = {
    address: `${type}.this`,
    mode: "managed",
    type,
    name: "this",
    change: { before: {}, after: {}, ...change },
    ...more,
  };
  const prior_state = { values: { root_module: { resources: [account] } } };
  return JSON.stringify({ ...(JSON.parse(recorded("nothing")) as object), prior_state, resource_changes: [resource] });
}

/** A plan that changes a table's indexes from `before` to `after`. */
function planOfIndexes(before: Values[], after: Values[] | undefined, block = "global_secondary_index"): string {
  return planOf(dynamodb, {
    actions: ["update"],
    before: { [block]: before },
    after: { ...(after && { [block]: after }) },
  });
}

function contractions(plan: string): string[] {
  return contractionsIn(readPlan(plan).changes).map((line) => line.split(". ")[0] ?? "");
}

function losses(plan: string): string[] {
  return lossesIn(readPlan(plan).changes);
}

/** The refusal when all three objects of a recorded plan share a fate. */
function everything(fate: string, loss: string): string[] {
  const things = [
    [pool, lost.pool],
    [table, lost.table],
    [bucket, lost.bucket],
  ];
  return things.map(([address = "", what = ""]) => `${address} would be ${fate}: ${what} ${loss}`);
}

function gone(index: string): string {
  return `the index ${index} would be deleted, and its queries would fail`;
}

function rebuilt(index: string, reason: string): string {
  return `the index ${index} would be deleted and rebuilt, because ${reason}: its queries would fail until then`;
}

describe("warns of a plan that removes", () => {
  const policyOf = (...statements: object[]) => JSON.stringify({ Version: "2012-10-17", Statement: statements });
  const allow = (Action: string | string[], Resource: string | string[]) => ({ Effect: "Allow", Action, Resource });
  const policy = (before: string, after?: object, actions = ["update"]) =>
    planOf("aws_iam_role_policy", { actions, before: { policy: before }, after: after ?? null });
  const route = (actions: string[], before: object | null, after: object | null) =>
    planOf("aws_apigatewayv2_route", { actions, before, after });
  const both = policyOf(allow(["a:Get", "a:Put"], ["table"]), allow("a:Query", "index"));
  const rights = (lost: string) => [`aws_iam_role_policy.this would no longer allow ${lost}`];

  test.each([
    [
      "an action",
      policy(both, { policy: policyOf(allow("a:Put", "table"), allow("a:Query", ["index"])) }),
      rights("a:Get on table"),
    ],
    [
      "a resource",
      policy(policyOf(allow("a:Get", ["table", "other"])), { policy: policyOf(allow("a:Get", "table")) }),
      rights("a:Get on other"),
    ],
    [
      "a statement, by denying it",
      policy(both, {
        policy: policyOf(allow(["a:Get", "a:Put"], "table"), { ...allow("a:Query", "index"), Effect: "Deny" }),
      }),
      rights("a:Query on index"),
    ],
    ["all rights", policy(both, undefined, ["delete"]), rights("a:Get on table, a:Put on table, a:Query on index")],
    [
      "a route",
      route(["delete"], { route_key: "GET /events" }, null),
      ["aws_apigatewayv2_route.this would no longer answer GET /events"],
    ],
    [
      "a route's name",
      route(["update"], { route_key: "GET /events" }, { route_key: "GET /all" }),
      ["aws_apigatewayv2_route.this would no longer answer GET /events"],
    ],
  ])("%s", (_what, plan, expected) => {
    expect(contractions(plan)).toEqual(expected);
  });

  test.each([
    ["adds an action", policy(policyOf(allow("a:Get", "table")), { policy: both })],
    [
      "reorders a policy",
      policy(both, { policy: policyOf(allow("a:Query", "index"), allow(["a:Put", "a:Get"], "table")) }),
    ],
    ["makes a policy", planOf("aws_iam_role_policy", { actions: ["create"], before: null, after: { policy: both } })],
    ["has a policy known only after apply", policy(both, {})],
    ["makes a route", route(["create"], null, { route_key: "GET /events" })],
    ["recreates a route", route(["delete", "create"], { route_key: "GET /events" }, { route_key: "GET /events" })],
    [
      "deletes something else",
      planOf("aws_lambda_permission", { actions: ["delete"], before: { route_key: "GET /events" }, after: null }),
    ],
  ])("but not of one that %s", (_what, plan) => {
    expect(contractions(plan)).toEqual([]);
  });

  test.each([
    ["true", "::warning title=The plan removes something::"],
    ["", "Warning: "],
  ])("and continues, with an annotation on GitHub (%j)", async (GITHUB_ACTIONS, begin) => {
    const plan = route(["delete"], { route_key: "GET /events" }, null);
    const { exitCode, output, errors } = await runBundle("check-plan", [], { input: plan, env: { GITHUB_ACTIONS } });
    expect([exitCode, errors, output.split("\n")]).toEqual([
      0,
      "",
      [
        `${begin}aws_apigatewayv2_route.this would no longer answer GET /events. Versions that callers still get, or get again after a rollback, ` +
          "may need it: an alias is rolled back, a role is not. Expand in one release, contract in a later one, when no version needs it any more.",
        passed,
        "",
      ],
    ]);
  });
});

describe("the command", () => {
  const check = (input: string): Promise<Ended> => runBundle("check-plan", [], { input });

  test("passes a plan that keeps everything", async () => {
    expect(await check(recorded("harmless"))).toEqual({ exitCode: 0, output: `${passed}\n`, errors: "" });
  });

  test("refuses a plan with a loss and an exposure with a line for each", async () => {
    const [lossOf, exposureOf] = [
      planOf("aws_s3_bucket", { actions: ["delete"] }, { address: bucket }),
      planOf("aws_apigatewayv2_route", { actions: ["update"], before: { authorization_type: "JWT" } }),
    ].map((plan) => JSON.parse(plan) as { resource_changes: object[] });
    const both = { ...lossOf, resource_changes: [lossOf, exposureOf].flatMap((plan) => plan?.resource_changes ?? []) };
    expect(await check(JSON.stringify(both))).toEqual({
      exitCode: 1,
      output: "",
      errors: `${bucket} would be deleted: ${lost.bucket} would be lost. ${advice}\naws_apigatewayv2_route.this would lose its authorizer. ${advice}\n`,
    });
  });

  test("refuses a plan with a line for each loss", async () => {
    const errors = everything("deleted", "would be lost")
      .map((loss) => `${loss}. ${advice}\n`)
      .join("");
    expect(await check(recorded("destroy"))).toEqual({ exitCode: 1, output: "", errors });
  });

  test("refuses other input without quoting it", async () => {
    const errors = "The plan is not JSON, or is truncated: pipe in what terraform show -json prints.\n";
    expect(await check('{"variables": {"token": {"value": "secret"}}')).toEqual({ exitCode: 1, output: "", errors });
  });
});

describe("passes Terraform's plan", () => {
  test.each(["create", "nothing", "harmless"])("%s", (name) => {
    expect(losses(recorded(name))).toEqual([]);
  });
});

describe("refuses Terraform's plan", () => {
  const fewer = [
    `${table}: ${gone("by-organizer")}`,
    `${table}: ${rebuilt("by-status", "its keys or its projection change")}`,
  ];

  test.each([
    ["replace", everything("replaced", "would be lost")],
    ["deposed", [`${bucket} (deposed object ccbbd04f) would be deleted: ${lost.bucket} would be lost`]],
    ["forget", everything("forgotten", "would no longer belong to this stack")],
    ["indexes", fewer],
    ["unknown-names", fewer],
  ])("%s", (name, expected) => {
    expect(losses(recorded(name))).toEqual(expected.map((loss) => `${loss}. ${advice}`));
  });
});

describe("an exposure by an update", () => {
  const [route, integration] = ["aws_apigatewayv2_route", "aws_apigatewayv2_integration"];
  const [permission, api, s3] = ["aws_lambda_permission", "apigateway.amazonaws.com", "s3.amazonaws.com"];
  const [bucketPolicy, lifecycle] = ["aws_s3_bucket_policy", "aws_s3_bucket_lifecycle_configuration"];
  const [log, publicAccess] = ["aws_cloudwatch_log_group", "aws_s3_bucket_public_access_block"];
  const [jwt, none] = [{ authorization_type: "JWT" }, { authorization_type: "NONE" }];
  const letsIn = "let in everyone or another account";
  const letsInService = "let in a service for every customer of AWS";
  const letsExpire = (prefix: string) => `let objects below "${prefix}" expire`;
  const forEveryone = "let everyone or another account call the function";
  const policyOf = (Principal: unknown, more: object = {}) => ({
    bucket: "events",
    policy: JSON.stringify({ Statement: [{ Effect: "Allow", Principal, Action: "*", Resource: "*", ...more }] }),
  });
  const ofOwn = { Condition: { StringEquals: { "aws:SourceAccount": accountId } } };
  const scoped = (...authorization_scopes: string[]) => ({ ...jwt, authorization_scopes });
  const signUp = (allow_admin_create_user_only: boolean) => ({
    admin_create_user_config: [{ allow_admin_create_user_only }],
  });
  const recovery = (recovery_period_in_days: number) => ({
    point_in_time_recovery: [{ enabled: true, recovery_period_in_days }],
  });
  const recoverable = { point_in_time_recovery: [{ enabled: true }] };
  const ownRule = (prefix: string) => ({ lifecycle_rule: [{ enabled: true, prefix, expiration: [{ days: 1 }] }] });
  const expiry = (filter: object, days: number | undefined, more: object = {}) => ({
    rule: [{ status: "Enabled", filter: [filter], expiration: [{ days }], ...more }],
  });
  const passing = expiry({ prefix: "incoming/" }, 2);
  const moving = { rule: [{ status: "Enabled", transition: [{ days: 30, storage_class: "STANDARD_IA" }] }] };
  const block = (last: boolean) => ({
    block_public_acls: true,
    block_public_policy: true,
    ignore_public_acls: true,
    restrict_public_buckets: last,
  });
  const call = (principal: unknown, source_arn: unknown, source_account: unknown = null) => ({
    principal,
    source_arn,
    source_account,
  });
  const authorizer = (issuer: string | undefined, ...audience: string[]) => ({
    jwt_configuration: [{ ...(issuer !== undefined && { issuer }), audience }],
  });
  const exposures = (type: string, before: object | null, after: object | null, actions: string[]) =>
    exposuresIn(readPlan(planOf(type, { actions, before, after })));

  test.each<[what: string, type: string, before: Values, after: Values, sentence: string]>([
    ["a route without its authorizer", route, jwt, none, "lose its authorizer"],
    ["a route whose authorizer is unknown", route, jwt, {}, "lose its authorizer"],
    [
      "a route with another authorizer",
      route,
      { ...jwt, authorizer_id: "a" },
      { ...jwt, authorizer_id: "b" },
      "lose its authorizer",
    ],
    [
      "a route that takes another scope",
      route,
      scoped("events/admin"),
      scoped("events/admin", "events/read"),
      "accept tokens without the scopes that it requires",
    ],
    [
      "a route that requires no scope any more",
      route,
      scoped("events/admin"),
      scoped(),
      "accept tokens without the scopes that it requires",
    ],
    [
      "requests for another host",
      integration,
      { integration_type: "AWS_PROXY" },
      { integration_type: "HTTP_PROXY", integration_uri: "https://x.example" },
      "send requests and their tokens elsewhere than to a function",
    ],
    [
      "requests for another account's function",
      integration,
      {},
      {
        integration_type: "AWS_PROXY",
        integration_uri:
          "arn:aws:apigateway:eu-north-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-north-1:444455556666:function:x/invocations",
      },
      "send requests and their tokens to another account",
    ],
    [
      "an authorizer of another issuer",
      "aws_apigatewayv2_authorizer",
      authorizer("https://a.example", "a"),
      authorizer("https://b.example", "a"),
      "accept the tokens of another issuer",
    ],
    [
      "an authorizer whose issuer is unknown",
      "aws_apigatewayv2_authorizer",
      authorizer("https://a.example", "a"),
      authorizer(undefined, "a"),
      "accept the tokens of another issuer",
    ],
    ["a shorter log", log, { retention_in_days: 30 }, { retention_in_days: 14 }, "keep its logs for a shorter time"],
    [
      "a log that was kept forever",
      log,
      { retention_in_days: 0 },
      { retention_in_days: 3653 },
      "keep its logs for a shorter time",
    ],
    [
      "users without protection",
      "aws_cognito_user_pool",
      { deletion_protection: "ACTIVE" },
      { deletion_protection: "INACTIVE" },
      "lose its deletion protection",
    ],
    ["users who sign themselves up", "aws_cognito_user_pool", signUp(true), signUp(false), "let anyone sign up"],
    [
      "a table with recovery for fewer days",
      dynamodb,
      recovery(35),
      recovery(1),
      "keep its recovery points for a shorter time",
    ],
    [
      "a table without protection",
      dynamodb,
      { deletion_protection_enabled: true },
      { deletion_protection_enabled: false },
      "lose its deletion protection",
    ],
    [
      "a table without recovery",
      dynamodb,
      recoverable,
      { point_in_time_recovery: [{ enabled: false }] },
      "lose its point-in-time recovery",
    ],
    ["a table whose recovery is unknown", dynamodb, recoverable, {}, "lose its point-in-time recovery"],
    [
      "events that expire",
      dynamodb,
      { ttl: [{ enabled: false }] },
      { ttl: [{ enabled: true }] },
      "let its events expire",
    ],
    ["events whose expiry is unknown", dynamodb, { ttl: [] }, { ttl: [{}] }, "let its events expire"],
    ["a function for everyone", permission, {}, call("*", null), forEveryone],
    ["a function for an account", permission, {}, call(accountId, "arn"), forEveryone],
    [
      "a function for any API",
      permission,
      {},
      call(api, null),
      `let ${api} call the function for every customer of AWS`,
    ],
    [
      "a function for another account's API",
      permission,
      {},
      call(api, "arn:aws:execute-api:eu-north-1:444455556666:a/prod/GET/events"),
      "let another account call the function",
    ],
    [
      "a function for a bucket of any account",
      permission,
      {},
      call(s3, "arn:aws:s3:::images"),
      `let ${s3} call the function for every customer of AWS`,
    ],
    [
      "a function for another account's bucket",
      permission,
      {},
      call(s3, "arn:aws:s3:::images", "444455556666"),
      "let another account call the function",
    ],
    ["a bucket that opens", publicAccess, block(true), block(false), "not have restrict_public_buckets on"],
    [
      "an account that opens",
      "aws_s3_account_public_access_block",
      block(true),
      block(false),
      "not have restrict_public_buckets on",
    ],
    ["images that expire", lifecycle, passing, expiry({ prefix: "images/" }, 9), letsExpire("images/")],
    ["all that expires", lifecycle, passing, expiry({}, 9), letsExpire("")],
    [
      "all that has a tag",
      lifecycle,
      passing,
      expiry({ and: [{ prefix: "images/", tags: {} }] }, 9),
      letsExpire("images/"),
    ],
    [
      "old versions that expire",
      lifecycle,
      passing,
      { rule: [{ noncurrent_version_expiration: [{ noncurrent_days: 1 }] }] },
      letsExpire(""),
    ],
    [
      "uploads that expire sooner",
      lifecycle,
      passing,
      expiry({ prefix: "incoming/" }, 1),
      'let more objects below "incoming/" expire, or sooner',
    ],
    [
      "records that did not expire",
      lifecycle,
      passing,
      expiry({ prefix: "deletions/" }, 2),
      'let more objects below "deletions/" expire, or sooner',
    ],
    ["unknown rules", lifecycle, passing, { bucket: "events" }, letsExpire("")],
    [
      "old versions that move to an archive",
      lifecycle,
      passing,
      { rule: [...passing.rule, { noncurrent_version_transition: [{ storage_class: "GLACIER" }] }] },
      "move objects to another storage class",
    ],
    [
      "images that move to an archive",
      lifecycle,
      passing,
      { rule: [...passing.rule, { transition: [{ days: 0, storage_class: "DEEP_ARCHIVE" }] }] },
      "move objects to another storage class",
    ],
    ...["topic", "queue", "lambda_function"].map((kind): [string, string, Values, Values, string] => [
      `a bucket that notifies another account's ${kind}`,
      "aws_s3_bucket_notification",
      {},
      { [kind]: [{ [`${kind}_arn`]: "arn:aws:x:eu-north-1:444455556666:x" }] },
      "notify another account",
    ]),
    [
      "a bucket for every customer of a service",
      bucketPolicy,
      {},
      policyOf({ Service: "cloudfront.amazonaws.com" }),
      letsInService,
    ],
    [
      "a bucket for another account's distribution",
      bucketPolicy,
      {},
      policyOf(
        { Service: "cloudfront.amazonaws.com" },
        { Condition: { ArnLike: { "aws:SourceArn": "arn:aws:cloudfront::444455556666:distribution/a" } } },
      ),
      letsInService,
    ],
    [
      "a bucket for a service that names no account",
      bucketPolicy,
      {},
      policyOf({ Service: "a" }, { Condition: { StringEqualsIfExists: { "aws:SourceAccount": accountId } } }),
      letsInService,
    ],
    [
      "a bucket for a service in another account, too",
      bucketPolicy,
      {},
      policyOf(
        { Service: "cloudfront.amazonaws.com" },
        { Condition: { StringEquals: { "AWS:SourceAccount": [accountId, "444455556666"] } } },
      ),
      letsInService,
    ],
    [
      "logs for everyone",
      "aws_cloudwatch_log_resource_policy",
      {},
      { policy_document: policyOf({ AWS: "*" }).policy },
      letsIn,
    ],
    [
      "failures that are kept for a minute",
      "aws_sqs_queue",
      { message_retention_seconds: 1209600 },
      { message_retention_seconds: 60 },
      "keep its messages for a shorter time",
    ],
    ["a bucket for everyone", bucketPolicy, policyOf({ Service: "a" }), policyOf("*"), letsIn],
    ["a bucket for an account", bucketPolicy, {}, policyOf({ Service: "a", AWS: accountId }), letsIn],
    ["a bucket for all but one account", bucketPolicy, {}, policyOf(undefined, { NotPrincipal: { AWS: "1" } }), letsIn],
    [
      "a bucket whose policy is unknown",
      bucketPolicy,
      policyOf({ Service: "a" }),
      { bucket: "events" },
      "have a policy that cannot be checked before it is applied",
    ],
    ["a bucket whose policy is no policy", bucketPolicy, {}, { bucket: "events", policy: "x" }, letsIn],
    ["a bucket's own policy for an account", "aws_s3_bucket", { policy: "" }, policyOf({ AWS: accountId }), letsIn],
    [
      "images that a bucket's own rule lets expire",
      "aws_s3_bucket",
      { lifecycle_rule: [] },
      ownRule("images/"),
      letsExpire("images/"),
    ],
    [
      "all that a bucket's own rule lets expire",
      "aws_s3_bucket",
      {},
      { lifecycle_rule: [{ expiration: [{ days: 9 }] }] },
      letsExpire(""),
    ],
    ["a queue for everyone", "aws_sqs_queue", {}, policyOf({ AWS: "*" }), letsIn],
    ["a queue's policy for everyone", "aws_sqs_queue_policy", {}, policyOf({ AWS: "*" }), letsIn],
    ["a topic for everyone", "aws_sns_topic", {}, policyOf({ AWS: "*" }), letsIn],
    ["a topic's policy for everyone", "aws_sns_topic_policy", {}, policyOf({ AWS: "*" }), letsIn],
    ["a table for an account", "aws_dynamodb_resource_policy", {}, policyOf({ AWS: "1" }), letsIn],
  ])("is refused: %s", (_what, type, before, after, sentence) => {
    expect(exposures(type, before, after, ["update"])).toEqual([`${type}.this would ${sentence}. ${advice}`]);
  });

  test("is refused: a new open route, if others have an authorizer", () => {
    const { changes } = readPlan(planOf(route, { actions: ["create"], after: none }));
    const [guarded] = readPlan(planOf(route, { actions: ["no-op"], before: jwt })).changes;
    if (!guarded) throw new Error("There should be a change.");
    expect(exposuresIn({ changes: [...changes, guarded], accountId })).toEqual([
      `${route}.this would have no authorizer, unlike other routes. ${advice}`,
    ]);
  });

  test("is refused: a replaced log", () => {
    const values = { retention_in_days: 30 };
    expect(exposures(log, values, values, ["delete", "create"])).toEqual([`${log}.this would lose its log. ${advice}`]);
  });

  test("is refused: a deleted block of public access", () => {
    const sentence = `${publicAccess}.this would be deleted, which may open a bucket to the public. ${advice}`;
    expect(exposures(publicAccess, block(true), null, ["delete"])).toEqual([sentence]);
  });

  test.each<[what: string, type: string, before: Values | null, after: Values | null, action: string]>([
    ["a deleted route", route, jwt, null, "delete"],
    ["a new open route", route, null, none, "create"],
    ["a route that gets an authorizer", route, none, jwt, "update"],
    ["a longer log", log, { retention_in_days: 30 }, { retention_in_days: 0 }, "update"],
    ["a deleted log", log, { retention_in_days: 30 }, null, "delete"],
    ["a new table whose items expire", dynamodb, null, { ttl: [{ enabled: true }] }, "create"],
    ["a table that never had protection", dynamodb, { deletion_protection_enabled: false }, {}, "update"],
    ["a function for one API with an unknown id", permission, null, { principal: api, source_account: null }, "create"],
    ["a function for one account's buckets", permission, null, call(s3, null, accountId), "create"],
    [
      "a function for one of the account's APIs",
      permission,
      null,
      call(api, `arn:aws:execute-api:eu-north-1:${accountId}:a/prod/GET/events`),
      "create",
    ],
    ["a first authorizer", "aws_apigatewayv2_authorizer", null, authorizer("https://a.example", "a"), "create"],
    [
      "an authorizer of one more client",
      "aws_apigatewayv2_authorizer",
      authorizer("https://a.example", "a"),
      authorizer("https://a.example", "a", "b"),
      "update",
    ],
    ["a bucket that closes", publicAccess, block(false), block(true), "update"],
    ["a forgotten block", publicAccess, block(true), null, "forget"],
    ["uploads that expire later", lifecycle, passing, expiry({ prefix: "incoming/a/" }, 3), "update"],
    ["new rules for uploads", lifecycle, null, passing, "create"],
    ["a disabled rule", lifecycle, passing, expiry({}, 1, { status: "Disabled" }), "update"],
    [
      "expiring unfinished uploads",
      lifecycle,
      passing,
      { rule: [{ filter: [{}], abort_incomplete_multipart_upload: [{ days_after_initiation: 1 }] }] },
      "update",
    ],
    ["a bucket for the account's own service", bucketPolicy, null, policyOf({ Service: "a" }, ofOwn), "create"],
    [
      "a bucket for one of the account's distributions",
      bucketPolicy,
      null,
      policyOf(
        { Service: "cloudfront.amazonaws.com" },
        { Condition: { ArnLike: { "aws:SourceArn": `arn:aws:cloudfront::${accountId}:distribution/a` } } },
      ),
      "create",
    ],
    ["a route with fewer scopes", route, scoped("a", "b"), scoped("a"), "update"],
    ["a first scope", route, scoped(), scoped("a"), "update"],
    ["a new function's integration", integration, null, { integration_type: "AWS_PROXY" }, "create"],
    ["objects that move as before", lifecycle, moving, moving, "update"],
    ["a longer recovery", dynamodb, recovery(1), recovery(35), "update"],
    [
      "a first recovery, for how long is unknown",
      dynamodb,
      { point_in_time_recovery: [{ enabled: false, recovery_period_in_days: 0 }] },
      recoverable,
      "update",
    ],
    ["a new log", log, null, { retention_in_days: 14 }, "create"],
    ["a bucket that denies everyone something", bucketPolicy, null, policyOf("*", { Effect: "Deny" }), "create"],
    ["a new bucket whose policy is unknown", bucketPolicy, null, {}, "create"],
    ["a new bucket, whose own policy and rules are unknown", "aws_s3_bucket", null, { bucket: "events" }, "create"],
    ["a bucket with the rules that it had", "aws_s3_bucket", ownRule("incoming/"), ownRule("incoming/"), "update"],
    [
      "a bucket's own disabled rule",
      "aws_s3_bucket",
      { lifecycle_rule: [] },
      { lifecycle_rule: [{ enabled: false, expiration: [{ days: 1 }] }] },
      "update",
    ],
    ["a queue without a policy", "aws_sqs_queue", null, { policy: "" }, "create"],
    ["a queue with a separate policy", "aws_sqs_queue", null, { name: "failures" }, "create"],
    ["a policy that stays", bucketPolicy, policyOf("*"), policyOf("*"), "no-op"],
    ["something else", "constructor", null, policyOf("*"), "create"],
  ])("is not %s", (_what, type, before, after, action) => {
    expect(exposures(type, before, after, [action])).toEqual([]);
  });
});

describe("a lost", () => {
  const fates = [
    [["delete"], "deleted", "would be lost"],
    [["delete", "create"], "replaced", "would be lost"],
    [["create", "delete"], "replaced", "would be lost"],
    [["forget"], "forgotten", "would no longer belong to this stack"],
    [["create", "forget"], "forgotten", "would no longer belong to this stack"],
    [["shred"], "changed by shred", "might be lost"],
  ] as const;

  test.each([
    [dynamodb, lost.table],
    ["aws_dynamodb_table_replica", "the table's copy in another region"],
    ["aws_dynamodb_global_table", "the table's copies in other regions"],
    ["aws_dynamodb_global_secondary_index", "an index of the table"],
    ["aws_dynamodb_vector_index", "an index of the table"],
    ["aws_s3_bucket", lost.bucket],
    ["aws_cognito_user_pool", lost.pool],
    ["aws_cognito_user_pool_client", "the client and its id, which web pages have"],
    ["aws_apigatewayv2_api", "the API and its URL"],
    ["aws_s3_bucket_notification", "the calls that process uploads and finish deletions"],
    ["aws_lambda_function_event_invoke_config", "the retries of label-image, and the way of its failures to the queue"],
    ["aws_sqs_queue", "the queue and every failure in it"],
  ])("%s is reported", (type, what) => {
    for (const [actions, fate, loss] of fates) {
      expect(losses(planOf(type, { actions }))).toEqual([`${type}.this would be ${fate}: ${what} ${loss}. ${advice}`]);
    }
    for (const action of ["no-op", "create", "read", "update"])
      expect(losses(planOf(type, { actions: [action] }))).toEqual([]);
  });

  describe("notification of the bucket", () => {
    const listener = (filter_prefix: string | null, ...events: string[]) => ({ events, filter_prefix });
    const [uploads, deletions] = [
      listener("incoming/", "s3:ObjectCreated:*"),
      listener("deletions/", "s3:Expiration:*"),
    ];
    const planOfListeners = (before: object[], after: object[]) =>
      planOf("aws_s3_bucket_notification", {
        actions: ["update"],
        before: { lambda_function: before },
        after: { lambda_function: after },
      });

    test.each([
      ["in another order", [uploads, deletions], [deletions, uploads]],
      ["and one more", [uploads], [uploads, deletions]],
      ["of another version of the function", [{ ...uploads, lambda_function_arn: "a" }], [uploads]],
    ])("is not reported if it stays, %s", (_what, before, after) => {
      expect(losses(planOfListeners(before, after))).toEqual([]);
    });

    test.each([
      ["goes", [uploads, deletions], [uploads], '"deletions/"', "s3:Expiration:*"],
      ["has another prefix", [uploads], [listener("in/", "s3:ObjectCreated:*")], '"incoming/"', "s3:ObjectCreated:*"],
      ["has fewer events", [listener(null, "a", "b")], [listener(null, "a")], '""', "b"],
    ])("is reported if it %s", (_what, before, after, prefix, event) => {
      expect(losses(planOfListeners(before, after))).toEqual([
        `aws_s3_bucket_notification.this would no longer notify of ${event} of ${prefix}: the calls that process uploads and finish deletions would be lost. ${advice}`,
      ]);
    });
  });

  test.each(["aws_lambda_function", "aws_s3_object", "constructor"])("%s is not", (type) => {
    for (const [actions] of fates) expect(losses(planOf(type, { actions }))).toEqual([]);
  });

  test("data source is not", () => {
    expect(losses(planOf(dynamodb, { actions: ["delete"] }, { mode: "data" }))).toEqual([]);
  });
});

describe("the number of shards of the indexes", () => {
  const variables = (shards?: string) => ({
    environment: [{ variables: { TABLE_NAME: "events", ...(shards !== undefined && { INDEX_SHARDS: shards }) } }],
  });
  const planOfShards = (before: object | null, after: object | null, actions = ["update"]) =>
    planOf("aws_lambda_function", { actions, before, after });

  test.each([
    ["raised", planOfShards(variables("1"), variables("16"))],
    ["raised further", planOfShards(variables("4"), variables("16"))],
    ["left alone", planOfShards(variables("4"), variables("4"))],
    ["set on a function that lacked it", planOfShards(variables(), variables("4"))],
    ["deleted with its function", planOfShards(variables("4"), null, ["delete"])],
    ["set on a new function", planOfShards(null, variables("4"), ["create"])],
    ["set on a recreated function", planOfShards(variables("4"), variables("4"), ["delete", "create"])],
  ])("may be %s", (_what, plan) => {
    expect(losses(plan)).toEqual([]);
  });

  test.each([
    ["lowered", variables("4"), 4, 1],
    ["lowered from two digits to one", variables("16"), 16, 1],
  ])("may not be %s, whether the plan knows the new value or not", (_what, before, was, is) => {
    const sentence = `index_shards would go down from ${was} to ${is}: lists would miss the events in the other shards. Leave it at ${was}.`;
    for (const after of [variables(String(is)), variables(), { environment: [] }, {}])
      expect(losses(planOfShards(before, after))).toEqual([sentence]);
    expect(losses(planOfShards(before, variables(String(is)), ["delete", "create"]))).toEqual([sentence]);
  });

  test("is reported once for all functions", () => {
    const { resource_changes: changes, ...plan } = JSON.parse(planOfShards(variables("16"), variables("4"))) as {
      resource_changes: object[];
    };
    const sentence =
      "index_shards would go down from 16 to 4: lists would miss the events in the other shards. Leave it at 16.";
    expect(losses(JSON.stringify({ ...plan, resource_changes: [...changes, ...changes] }))).toEqual([sentence]);
  });
});

describe("an index", () => {
  const loses = (loss: string) => [`${dynamodb}.this: ${loss}. ${advice}`];
  const name = "by-status";
  const projection = { projection_type: "INCLUDE", non_key_attributes: ["title", "date"] };
  const index = {
    name,
    hash_key: "status",
    range_key: "createdAt",
    ...projection,
    read_capacity: 3,
    write_capacity: 3,
  };
  const keySchema = [
    { attribute_name: "status", key_type: "HASH" },
    { attribute_name: "createdAt", key_type: "RANGE" },
  ];
  const warm = (read: number | undefined, write: number) => ({
    warm_throughput: [{ read_units_per_second: read, write_units_per_second: write }],
  });
  /** As in version 6 of the provider with key_schema in the configuration. */
  const keyed = { name, key_schema: keySchema, hash_key: "", range_key: "", projection_type: "ALL" };

  test.each<[string, Values, Values]>([
    ["other capacity", index, { ...index, read_capacity: 9, write_capacity: 9 }],
    ["unknown capacity", index, { ...index, read_capacity: undefined, write_capacity: undefined }],
    ["another maximum on demand", index, { ...index, on_demand_throughput: [{ max_read_request_units: 9 }] }],
    ["its other attributes in another order", index, { ...index, non_key_attributes: ["date", "title"] }],
    ["null instead of an empty text", { ...index, range_key: "" }, { ...index, range_key: null }],
    [
      "no list instead of an empty one",
      { ...index, non_key_attributes: [] },
      { ...index, non_key_attributes: undefined },
    ],
    ["a key_schema beside the same keys, as version 6 reads it", { ...index, key_schema: keySchema }, index],
    ["a key_schema added beside the same keys", index, { ...index, key_schema: keySchema }],
    ["a key_schema and another maximum", keyed, { ...keyed, on_demand_throughput: [{ max_read_request_units: 9 }] }],
    ["more warm throughput", { ...index, ...warm(12_000, 4_000) }, { ...index, ...warm(13_000, 4_000) }],
    ["warm throughput unset", { ...index, ...warm(12_000, 4_000) }, { ...index, warm_throughput: [] }],
  ])("stays with %s", (_what, before, after) => {
    expect(losses(planOfIndexes([before], [after]))).toEqual([]);
  });

  test.each<[string, Values, Values]>([
    ["another hash key", index, { ...index, hash_key: "type" }],
    ["another range key", index, { ...index, range_key: "date" }],
    ["no range key", index, { ...index, range_key: "" }],
    ["another projection", index, { ...index, projection_type: "ALL" }],
    ["one attribute less", index, { ...index, non_key_attributes: ["title"] }],
    ["one attribute more", index, { ...index, non_key_attributes: ["title", "date", "type"] }],
    ["unknown attributes", index, { ...index, non_key_attributes: undefined }],
    ["an unknown hash key", index, { ...index, hash_key: undefined }],
    ["another key_schema", keyed, { ...keyed, key_schema: keySchema.slice(0, 1) }],
    ["an unknown key_schema", keyed, { ...keyed, key_schema: undefined }],
    [
      "its keys as key_schema only, which version 6 treats as other keys",
      { ...index, key_schema: keySchema },
      { ...keyed, ...projection },
    ],
    ["its keys as key_schema only, which version 5 did not know", index, { ...keyed, ...projection }],
    [
      "another key beside an added key_schema",
      index,
      { ...index, hash_key: "type", key_schema: [{ attribute_name: "type", key_type: "HASH" }] },
    ],
    ["a setting that only a later provider knows", index, { ...index, index_class: "INFREQUENT_ACCESS" }],
  ])("is rebuilt with %s", (_what, before, after) => {
    expect(losses(planOfIndexes([before], [after]))).toEqual(loses(rebuilt(name, "its keys or its projection change")));
  });

  test.each([
    ["less of it", warm(11_999, 4_000)],
    ["an unknown amount", warm(undefined, 4_000)],
  ])("is rebuilt for its warm throughput: %s", (_what, after) => {
    const plan = planOfIndexes([{ ...index, ...warm(12_000, 4_000) }], [{ ...index, ...after }]);
    expect(losses(plan)).toEqual(loses(rebuilt(name, "its warm throughput is lowered")));
  });

  test.each<[string, Values[] | undefined]>([
    ["it is removed", []],
    ["another one replaces it", [{ ...index, name: "by-kind" }]],
    ["its name is unknown", [{ ...index, name: undefined }]],
    ["all indexes are unknown", undefined],
  ])("is deleted if %s", (_what, after) => {
    for (const block of ["global_secondary_index", "local_secondary_index"])
      expect(losses(planOfIndexes([index], after, block))).toEqual(loses(gone(name)));
  });

  test.each([true, [{ name: true }]])("is not named if its name is secret: %j", (secret) => {
    const before = {
      before: { global_secondary_index: [index] },
      before_sensitive: { global_secondary_index: secret },
    };
    expect(losses(planOf(dynamodb, { actions: ["update"], ...before }))).toEqual(
      loses("an index would be deleted, and its queries would fail"),
    );
  });

  test("may be added to a table", () => {
    expect(losses(planOfIndexes([], [index]))).toEqual([]);
  });
});

describe("refuses as a plan", () => {
  const plan = JSON.parse(recorded("nothing")) as Values;
  const notAPlan = "This is not a plan: pipe in what terraform show -json PLAN prints, of Terraform 1.11 or later.";
  const noJson = "The plan is not JSON, or is truncated: pipe in what terraform show -json prints.";
  const otherFormat = "The plan's format_version is not 1.x: check what Terraform has changed, then adapt check-plan.";
  const failed = "Terraform failed while it made this plan, so the plan is incomplete: plan again.";
  const partial = "The plan does not cover everything: plan again, without -target.";
  const planWith = (values: Values) => JSON.stringify({ ...plan, ...values });
  const changed = (change: unknown) => planWith({ resource_changes: [change] });

  test.each([
    ["nothing", "", "The plan is empty: did terraform show fail?"],
    ["blanks", " \n", "The plan is empty: did terraform show fail?"],
    ["other text", "Error: secret", noJson],
    ["half a plan", recorded("destroy").slice(0, 400), noJson],
    ["a list", "[]", notAPlan],
    ["null", "null", notAPlan],
    ["no format_version", planWith({ format_version: undefined }), notAPlan],
    ["a later format_version", planWith({ format_version: "2.0" }), otherFormat],
    ["a much newer format_version", planWith({ format_version: "10.0" }), otherFormat],
    ["a format_version that is no text", planWith({ format_version: 1.2 }), notAPlan],
    ["a state", JSON.stringify({ format_version: "1.0", terraform_version: "1.14.0", values: {} }), notAPlan],
    ["a plan that does not say whether it failed", planWith({ errored: undefined }), notAPlan],
    ["a plan that does not say whether it is complete", planWith({ complete: undefined }), notAPlan],
    ["a plan that failed", recorded("errored"), failed],
    ["a partial plan", recorded("targeted"), partial],
    ["changes that are no list", planWith({ resource_changes: {} }), notAPlan],
    ["a change that is null", changed(null), notAPlan],
    ["a change without a change", changed({ address: "a.b", type: "a" }), notAPlan],
    ["a change without an address", changed({ type: "aws_s3_bucket", change: { actions: ["no-op"] } }), notAPlan],
    ["a change without a type", changed({ address: "a.b", change: { actions: ["no-op"] } }), notAPlan],
    ["a change without actions", changed({ address: "a.b", type: "a", change: {} }), notAPlan],
    ["a change with no action", changed({ address: "a.b", type: "a", change: { actions: [] } }), notAPlan],
    [
      "a change with an action that is no text",
      changed({ address: "a.b", type: "a", change: { actions: [null] } }),
      notAPlan,
    ],
  ])("%s", (_what, text, sentence) => {
    expect(() => readPlan(text)).toThrow(new Error(sentence));
  });

  test("but not a plan without resources", () => {
    expect(readPlan(planWith({ resource_changes: undefined })).changes).toEqual([]);
  });
});
