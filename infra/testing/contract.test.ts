import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createConfig, lint } from "@redocly/openapi-core";
import { describe, expect, test } from "vitest";
import { root } from "../build/functions.ts";
import type { Answer } from "./call.ts";
import { complaintsAboutFields, fieldComplaints, propertiesOf } from "./_tests/complaints.ts";
import { complaintsAbout, documentPath, operations } from "./contract.ts";
import { needsRouteOf } from "./left-out.ts";

const readme = readFileSync(join(root, "functions/README.md"), "utf8");

test("functions/openapi.yaml passes redocly", async () => {
  const config = await createConfig({
    extends: ["recommended"],
    rules: {
      "info-contact": "error", // a rule of Spectral
      "operation-description": "error", // a rule of Spectral
      "no-unused-components": "off", // routes.test.ts reports all of them at once
    },
  });
  const problems = await lint({ ref: documentPath, config });
  expect(
    problems.map(({ message, ruleId, location: [place] }) => `${place?.pointer ?? ""}: ${message} (${ruleId})`),
  ).toEqual([]);
});

/** The names in the first column of the table in functions/README.md with this header. */
function namesIn(header: string): string[] {
  const [, table = ""] = readme.split(`${header}\n| --- | --- |\n`);
  const [rows = ""] = table.split("\n\n");
  return rows
    .split("\n")
    .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name = ""]) => name));
}

describe("the fields are the same", () => {
  test("in functions/_shared/event.ts and functions/openapi.yaml", () => {
    const complaints = complaintsAboutFields();
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  });

  test("or the error says what to add where", () => {
    expect(fieldComplaints(["title", "venue"], ["title", "host"], ["title", "host"])).toEqual([
      "functions/openapi.yaml: add venue to Fields: functions/_shared/event.ts has it in rules.",
      "functions/openapi.yaml: add venue to Changes, and allow null, as for location.",
      "functions/_shared/event.ts: add host to rules: functions/openapi.yaml has it in Fields.",
    ]);
  });
});

test("functions/README.md has only fields of functions/openapi.yaml, and the same parameters", () => {
  const fields = ["Fields", "NewEvent", "ListedEvent"].flatMap(propertiesOf);
  expect(namesIn("| field | rule |").filter((name) => !fields.includes(name))).toEqual([]);
  const list = operations.find(({ routeKey }) => routeKey === "GET /events")?.operation;
  expect(namesIn("| parameter | of `GET /events` |").sort()).toEqual(
    (list?.parameters ?? []).map(({ name }) => name).sort(),
  );
});

describe("of an answer", () => {
  const headers = { "apigw-requestid": "x", "content-type": "application/json", date: "Sat, 21 Nov 2026 11:00:00 GMT" };
  const event = {
    id: "1",
    type: "event",
    status: "active",
    createdAt: "2026-03-15T10:00:00.000Z",
    updatedAt: "2026-03-15T10:00:00.000Z",
    version: 1,
  };
  const found: Answer = { status: 200, headers: { ...headers, etag: '"a-1"' }, body: event };
  const problem = { type: "urn:problem-type:not-found", title: "Not found", status: 404, detail: "x", requestId: "x" };
  const missing: Answer = {
    status: 404,
    headers: { ...headers, "content-type": "application/problem+json" },
    body: problem,
  };
  const badRequest: Answer = { status: 400, headers, body: { message: "Bad Request" } };
  const { etag, ...withoutETag } = found.headers;

  test.each<[string, string, Answer]>([
    ["an event", "GET /events/1?x", found],
    ["a path that is encoded", "GET /%65vents/1", found],
    ["a path that is encoded twice", "GET /%2565vents/1", found],
    ["a refusal", "GET /events/1", missing],
    ["no body", "DELETE /events/1", { status: 204, headers: { "apigw-requestid": "x" } }],
    ["no route", "GET /event", { status: 404, headers, body: { message: "Not Found" } }],
    ["a path that cannot be decoded", "GET /events/%zz", badRequest],
    ["a path that cannot be decoded twice", "GET /events/50%25", badRequest],
    ["a HEAD", "HEAD /events", { status: 404, headers }],
    [
      "a head too large to be routed",
      "GET /events/1",
      { status: 431, headers, body: { message: "Request Header Fields Too Large" } },
    ],
  ])("what is documented passes: %s", (_what, request, answer) => {
    needsRouteOf(request);
    expect(complaintsAbout(request, answer)).toEqual([]);
  });

  test.each<[string, string, Answer, string[]]>([
    [
      "another status",
      "GET /events/1",
      { ...found, status: 202 },
      ["Status 202 is not documented, only 200, 304, 401, 403, 404, 413, 429, 500, 503."],
    ],
    ["no route", "GET /event", { ...found, status: 200 }, ["Status 200 is not documented, only 400, 404, 413, 431."]],
    [
      "an extra header",
      "GET /events/1",
      { ...found, headers: { ...found.headers, "x-powered-by": "y" } },
      ["The header x-powered-by is not documented."],
    ],
    ["a missing header", "GET /events/1", { ...found, headers: withoutETag }, ["The header etag is missing."]],
    [
      "another header",
      "GET /events/1",
      { ...found, headers: { ...headers, etag: `W/${etag ?? ""}` } },
      ['The header etag must match pattern "^"[!#-~]+"$"'],
    ],
    [
      "an extra field",
      "GET /events/1",
      { ...found, body: { ...event, owner: "x" } },
      ["The body must NOT have unevaluated properties"],
    ],
    [
      "a missing field",
      "GET /events/1",
      { ...found, body: { ...event, version: undefined } },
      ["The body must have required property 'version'"],
    ],
    [
      "another value",
      "GET /events/1",
      { ...found, body: { ...event, version: "1" } },
      ["The body/version must be integer"],
    ],
    ["no body", "GET /events/1", { status: 200, headers: found.headers }, ["The body is missing."]],
    [
      "a body",
      "DELETE /events/1",
      { status: 204, headers, body: {} },
      ["A body of content type application/json is not documented, only ."],
    ],
    [
      "another content type",
      "GET /events/1",
      { ...missing, headers },
      ["A body of content type application/json is not documented, only application/problem+json."],
    ],
    [
      "another status in the body",
      "GET /events/1",
      { ...missing, body: { ...problem, status: 400 } },
      ["The body's status must be 404."],
    ],
  ])("what is not documented is reported: %s", (_what, request, answer, complaints) => {
    needsRouteOf(request);
    expect(complaintsAbout(request, answer)).toEqual(complaints);
  });
});
