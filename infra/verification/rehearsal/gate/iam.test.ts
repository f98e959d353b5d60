import { describe, expect, test } from "vitest";
import {
  denialBy,
  denialByResource,
  type Ask,
  type Asked,
  type Policy,
  type Principal,
  type Statement,
} from "./iam.ts";

const table = "arn:aws:dynamodb:eu-central-1:123456789012:table/events-api-prod";
const role = "arn:aws:iam::123456789012:role/events-api/prod/events-api-prod-get-event";
const caller: Principal = { kind: "AWS", value: role };
/** Its keys are absent. */
const context = { "aws:some": [], "aws:securetransport": [] };
const read: Asked = { action: "dynamodb:GetItem", resource: table, context, principal: caller };

function policy(...statements: Statement[]): Policy {
  return { Version: "2012-10-17", Statement: statements };
}

function allow(changes: Partial<Statement> = {}): Statement {
  return { Sid: "Read", Effect: "Allow", Action: "dynamodb:GetItem", Resource: table, ...changes };
}

function deny(changes: Partial<Statement> = {}): Statement {
  return { Sid: "Never", Effect: "Deny", Action: "*", Resource: "*", ...changes };
}

const allowed = undefined;
const denied = "denied by Never";
const notAllowed = "no policy allows it";
const notBounded = "the boundary does not allow it";

describe("a caller with", () => {
  test.each<[what: string, statements: Statement[], denial: string | undefined]>([
    ["no statement", [], notAllowed],
    ["exactly this", [allow()], allowed],
    ["another statement before it", [allow({ Action: "dynamodb:PutItem" }), allow()], allowed],
    ["a Deny without a name", [{ Effect: "Deny", Action: "*", Resource: "*" }], "denied by statement 1"],
    ["another letter case in the action", [allow({ Action: "DynamoDB:getitem" })], allowed],
    ["another letter case in the resource", [allow({ Resource: table.toUpperCase() })], notAllowed],
    ["a pattern for the action", [allow({ Action: "dynamodb:?et*" })], allowed],
    ["a pattern for the resource", [allow({ Resource: "arn:aws:dynamodb:*:*:table/events-api-*" })], allowed],
    ["only the indexes of the table", [allow({ Resource: `${table}/index/*` })], notAllowed],
    ["other actions", [allow({ Action: ["dynamodb:Query", "dynamodb:GetItems"] })], notAllowed],
    [
      "all but another resource",
      [{ Sid: "Read", Effect: "Allow", Action: "dynamodb:GetItem", NotResource: `${table}-other` }],
      allowed,
    ],
    [
      "all but this resource",
      [{ Sid: "Read", Effect: "Allow", Action: "dynamodb:GetItem", NotResource: [table] }],
      notAllowed,
    ],
    ["a condition that does not hold", [allow({ Condition: { Bool: { "aws:SecureTransport": "true" } } })], notAllowed],
    ["a Deny", [allow(), deny()], denied],
    ["a Deny of other actions", [allow(), deny({ Action: "dynamodb:*Table" })], allowed],
    [
      "a Deny whose condition does not hold",
      [allow(), deny({ Condition: { Bool: { "aws:SecureTransport": "false" } } })],
      allowed,
    ],
    [
      "a Deny whose condition holds because its key is absent",
      [allow(), deny({ Condition: { StringNotEquals: { "aws:Some": "x" } } })],
      denied,
    ],
  ])("%s", (_what, statements, denial) => {
    expect(denialBy({ identity: [policy(...statements)] }, read)).toEqual(denial);
    expect(
      denialBy(
        { identity: statements.map((statement) => ({ Statement: { Sid: "statement 1", ...statement } })) },
        read,
      ),
    ).toEqual(denial);
  });
});

describe("a boundary", () => {
  test.each<[what: string, boundary: Policy | undefined, denial: string | undefined]>([
    ["that is absent restricts nothing", undefined, allowed],
    ["that allows it permits it", policy(allow({ Sid: "Most", Action: "dynamodb:*" })), allowed],
    ["that does not allow it blocks it", policy(allow({ Action: "dynamodb:Query" })), notBounded],
    ["that denies it denies it", policy(allow(), deny()), denied],
  ])("%s", (_what, boundary, denial) => {
    expect(denialBy({ identity: [policy(allow())], boundary }, read)).toEqual(denial);
  });

  test("grants nothing alone", () => {
    expect(denialBy({ identity: [], boundary: policy(allow()) }, read)).toEqual(notAllowed);
  });
});

describe("a resource's policy", () => {
  test.each<
    [what: string, statement: Statement, byItself: string | undefined, byTheCallersPolicyToo: string | undefined]
  >([
    ["names the caller", allow({ Principal: { AWS: [`${role}s`, role] } }), allowed, allowed],
    ["names everyone", allow({ Principal: "*" }), allowed, allowed],
    ["names everyone in AWS", allow({ Principal: { AWS: "*" } }), allowed, allowed],
    ["names another role", allow({ Principal: { AWS: `${role}s` } }), notAllowed, allowed],
    ["names a service", allow({ Principal: { Service: "lambda.amazonaws.com" } }), notAllowed, allowed],
    ["denies everyone", deny({ Principal: "*" }), denied, denied],
    ["denies another role of the account", deny({ Principal: { AWS: `${role}s` } }), notAllowed, allowed],
  ])("that %s", (_what, statement, byItself, byTheCallersPolicyToo) => {
    expect(denialBy({ identity: [], resource: policy(statement) }, read)).toEqual(byItself);
    expect(denialBy({ identity: [policy(allow())], resource: policy(statement) }, read)).toEqual(byTheCallersPolicyToo);
  });

  test("is restricted by the caller's boundary", () => {
    const resource = policy(allow({ Principal: { AWS: role } }));
    expect(denialBy({ identity: [], boundary: policy(allow({ Action: "s3:*" })), resource }, read)).toEqual(notBounded);
  });
});

describe("a trust policy or a function's policy", () => {
  const gateway: Principal = { kind: "Service", value: "apigateway.amazonaws.com" };
  const invoke: Ask = {
    action: "lambda:InvokeFunction",
    resource: "arn:aws:lambda:r:1:function:f:live",
    context: { "aws:sourcearn": ["arn:aws:execute-api:r:1:a/prod/GET/events"] },
  };
  const permission = {
    Sid: "Read",
    Effect: "Allow",
    Action: "lambda:InvokeFunction",
    Principal: { Service: "apigateway.amazonaws.com" },
  } as const;
  const notNamed = "the policy does not name the principal";

  test.each<[what: string, statements: Statement[], principal: Principal, denial: string | undefined]>([
    ["allows the named principal", [permission], gateway, allowed],
    ["allows it on its resource", [{ ...permission, Resource: invoke.resource }], gateway, allowed],
    [
      "does not allow it on another resource",
      [{ ...permission, Resource: "arn:aws:lambda:r:1:function:f" }],
      gateway,
      notAllowed,
    ],
    [
      "allows it from a source",
      [{ ...permission, Condition: { ArnLike: { "AWS:SourceArn": "arn:aws:execute-api:r:1:a/prod/GET/*" } } }],
      gateway,
      allowed,
    ],
    [
      "does not allow it from another source",
      [{ ...permission, Condition: { ArnLike: { "AWS:SourceArn": "arn:aws:execute-api:r:1:a/prod/POST/*" } } }],
      gateway,
      notAllowed,
    ],
    ["does not allow another service", [permission], { kind: "Service", value: "s3.amazonaws.com" }, notNamed],
    [
      "does not allow the same name as another kind",
      [permission],
      { kind: "Federated", value: gateway.value },
      notNamed,
    ],
    [
      "does not allow a principal that is not named",
      [{ Effect: "Allow", Action: "lambda:InvokeFunction" }],
      gateway,
      notNamed,
    ],
    ["does not allow another action", [{ ...permission, Action: "lambda:GetFunction" }], gateway, notAllowed],
    ["denies what it also allows", [permission, { ...permission, Sid: "Never", Effect: "Deny" }], gateway, denied],
  ])("%s", (_what, statements, principal, denial) => {
    expect(denialByResource(policy(...statements), { ...invoke, principal })).toEqual(denial);
  });
});

describe("a policy is refused", () => {
  const sentence = "Read: an account as principal is not supported here.";

  test.each<[what: string, statement: object, message: string]>([
    [
      "with a policy variable",
      allow({ Resource: "arn:aws:s3:::a/${aws:username}" }),
      "Policy variables are not supported here: write the value.",
    ],
    ["with NotAction", { ...allow(), NotAction: "s3:*" }, "Read: NotAction is not supported here."],
    ["with an account", allow({ Principal: { AWS: "123456789012" } }), sentence],
    ["with an account by its ARN", allow({ Principal: { AWS: ["arn:aws:iam::123456789012:root"] } }), sentence],
    ["with NotPrincipal", { ...allow(), NotPrincipal: "*" }, "Read: NotPrincipal is not supported here."],
    [
      "with an unknown operator",
      allow({ Condition: { StringMatches: { "aws:Some": "x" } } }),
      "The condition operator StringMatches is not supported here.",
    ],
    [
      "with a condition key that the request might have",
      allow({ Condition: { StringNotEqualsIfExists: { "s3:VersionId": "x" } } }),
      "The gate does not know whether the request has the condition key s3:VersionId.",
    ],
  ])("%s", (_what, statement, message) => {
    expect(() => denialBy({ identity: [policy(statement as Statement)] }, read)).toThrow(message);
  });
});
