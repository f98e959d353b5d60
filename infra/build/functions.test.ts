import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listForTerraform, readFunctions } from "./functions.ts";
import { scratchFolder } from "../testing/scratch.ts";

test("a function is a folder, with defaults filled in; a folder that begins with _ is not a function", () => {
  const path = scratchFolder({
    "_shared/http.ts": "",
    "get-event/function.json": '{"routes": ["GET /events/{id}"], "actions": ["dynamodb:GetItem"]}',
    "get-event/handler.ts": "",
    "label-image/function.json":
      '{"actions": ["s3:GetObject incoming/"], "scopes": ["events/write"], "memory_mb": 512, "timeout_s": 60}',
    "label-image/handler.ts": "",
    "openapi.yaml": "",
  });
  expect(readFunctions(path)).toEqual([
    {
      name: "get-event",
      path: join(path, "get-event"),
      routes: ["GET /events/{id}"],
      actions: ["dynamodb:GetItem"],
      scopes: [],
      memory_mb: 256,
      timeout_s: 10,
    },
    {
      name: "label-image",
      path: join(path, "label-image"),
      routes: [],
      actions: ["s3:GetObject incoming/"],
      scopes: ["events/write"],
      memory_mb: 512,
      timeout_s: 60,
    },
  ]);
});

describe("refused is", () => {
  const file = "functions/get-event/function.json";
  const routes = `${file}: routes must be a list like ["GET /events/{id}"], with a named method and no / at the end.`;
  const scopes = `${file}: scopes must be a list like ["events/write"] with at most 10 entries, the maximum of API Gateway.`;
  const actions = `${file}: actions must be a list like ["dynamodb:GetItem", "s3:PutObject incoming/"], without a wildcard.`;
  const unknown = (action: string) =>
    `${file}: unknown action ${action}: the actions are dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query, dynamodb:UpdateItem, rekognition:DetectLabels, s3:DeleteObject, s3:GetObject, s3:ListBucket, s3:PutObject.`;

  test.each([
    [
      "a misspelt key",
      '{"actions": [], "route": []}',
      `${file}: unknown key route: the keys are routes, actions, scopes, memory_mb and timeout_s.`,
    ],
    ["no actions", "{}", actions],
    ["a wildcard action", '{"actions": ["dynamodb:*"]}', actions],
    ["any action", '{"actions": ["*"]}', actions],
    ["the beginning of an action", '{"actions": ["dynamodb:Get*"]}', actions],
    ["one action without a list", '{"actions": "dynamodb:GetItem"}', actions],
    ["a Scan", '{"actions": ["dynamodb:Scan"]}', unknown("dynamodb:Scan")],
    [
      "other actions of allowed services",
      '{"actions": ["s3:GetObjectVersion", "dynamodb:GetItem", "rekognition:DetectFaces"]}',
      [unknown("s3:GetObjectVersion"), unknown("rekognition:DetectFaces")].join("\n"),
    ],
    [
      "an object's action without a prefix",
      '{"actions": ["s3:GetObject"]}',
      `${file}: s3:GetObject needs a key prefix, like "s3:GetObject incoming/".`,
    ],
    [
      "a prefix outside the bucket",
      '{"actions": ["dynamodb:GetItem incoming/"]}',
      `${file}: dynamodb:GetItem must have no prefix, because it is not an action on objects.`,
    ],
    ["a prefix without / at the end", '{"actions": ["s3:GetObject incoming"]}', actions],
    ["a prefix with a wildcard", '{"actions": ["s3:GetObject */"]}', actions],
    ["a space without a prefix", '{"actions": ["s3:GetObject "]}', actions],
    ["an action that is not text", '{"actions": [1]}', actions],
    ["a route with any method", '{"actions": [], "routes": ["ANY /events"]}', routes],
    ["a default route", '{"actions": [], "routes": ["$default"]}', routes],
    ["a route with / at the end", '{"actions": [], "routes": ["GET /events/"]}', routes],
    ["a greedy route", '{"actions": [], "routes": ["GET /{proxy+}"]}', routes],
    ["one route without a list", '{"actions": [], "routes": "GET /events"}', routes],
    ["a scope with a space", '{"actions": [], "scopes": ["a b"]}', scopes],
    ["a scope in quotes", '{"actions": [], "scopes": ["\\"a\\""]}', scopes],
    ["more scopes than a route may have", JSON.stringify({ actions: [], scopes: "abcdefghijk".split("") }), scopes],
    ["one scope without a list", '{"actions": [], "scopes": "events/read"}', scopes],
    [
      "too little memory",
      '{"actions": [], "memory_mb": 64}',
      `${file}: memory_mb must be an integer from 128 to 10240.`,
    ],
    [
      "a timeout that is not an integer",
      '{"actions": [], "timeout_s": 1.5}',
      `${file}: timeout_s must be an integer from 1 to 900.`,
    ],
    ["invalid JSON", "{", `${file} is not valid JSON.`],
    ["a list", "[]", `${file} must be a JSON object.`],
  ])("%s", (_what, declaration, sentence) => {
    const path = scratchFolder({ "get-event/function.json": declaration, "get-event/handler.ts": "" });
    expect(() => readFunctions(path)).toThrow(new Error(sentence));
  });

  test("a folder without a declaration or a handler and two functions on one route, all at once", () => {
    const path = scratchFolder({
      "a/handler.ts": "",
      "b/function.json": '{"actions": []}',
      "c/function.json": '{"actions": [], "routes": ["GET /events/{id}"]}',
      "c/handler.ts": "",
      "d/function.json": '{"actions": [], "routes": ["GET /events/{name}"]}',
      "d/handler.ts": "",
      "e/function.json": '{"actions": [], "routes": ["GET /events", "GET /events"]}',
      "e/handler.ts": "",
      "E/handler.ts": "",
    });
    const sentences = [
      "functions/E: a function's name is lower-case words with - between them, like create-event.",
      "functions/a has no function.json.",
      "functions/b has no handler.ts.",
      "functions/d: the route GET /events/{name} is already that of functions/c.",
      "functions/e: the route GET /events is already that of functions/e.",
    ];
    expect(() => readFunctions(path)).toThrow(new Error(sentences.join("\n")));
  });

  test("a folder without functions", () => {
    const path = scratchFolder({ "_shared/http.ts": "" });
    expect(() => readFunctions(path)).toThrow(
      `${path} has no functions: add a folder with a function.json. Deploying none would delete the whole API.`,
    );
  });

  test("a function that uses the bucket without label-image, unless it only deletes", () => {
    const path = scratchFolder({
      "create-upload-url/function.json": '{"actions": ["s3:PutObject incoming/"]}',
      "create-upload-url/handler.ts": "",
      "delete-event/function.json":
        '{"actions": ["s3:DeleteObject images/", "s3:ListBucket images/", "s3:PutObject deletions/"]}',
      "delete-event/handler.ts": "",
    });
    expect(() => readFunctions(path)).toThrow(
      new Error(
        "functions/create-upload-url uses the bucket, which exists only with functions/label-image: delete it, or restore label-image.",
      ),
    );
  });
});

test("Terraform gets each function by name, with its actions grouped by resource and prefixes", () => {
  const path = scratchFolder({
    "create-event/function.json": '{"routes": ["POST /events"], "actions": ["dynamodb:PutItem"], "scopes": ["a/b"]}',
    "create-event/handler.ts": "",
    "label-image/function.json":
      '{"actions": ["s3:GetObject incoming/", "dynamodb:Query", "s3:ListBucket", "s3:DeleteObject incoming/", "s3:PutObject b/", "s3:PutObject a/"], "memory_mb": 512}',
    "label-image/handler.ts": "",
  });
  expect(JSON.parse(Buffer.from(listForTerraform(readFunctions(path))).toString())).toEqual({
    "create-event": {
      routes: ["POST /events"],
      permissions: [{ on: "table", prefixes: [], actions: ["dynamodb:PutItem"] }],
      scopes: ["a/b"],
      memory_mb: 256,
      timeout_s: 10,
    },
    "label-image": {
      routes: [],
      permissions: [
        { on: "objects", prefixes: ["incoming/"], actions: ["s3:GetObject", "s3:DeleteObject"] },
        { on: "indexes", prefixes: [], actions: ["dynamodb:Query"] },
        { on: "bucket", prefixes: [], actions: ["s3:ListBucket"] },
        { on: "objects", prefixes: ["a/", "b/"], actions: ["s3:PutObject"] },
      ],
      scopes: [],
      memory_mb: 512,
      timeout_s: 10,
    },
  });
});
