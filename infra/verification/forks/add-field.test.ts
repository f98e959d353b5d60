import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../build/functions.ts";
import { lossesIn } from "../../release/check-plan/losses.ts";
import { needs } from "../../testing/api.ts";
import { expectSuccess, makeFork } from "./_tests/fork.ts";

/** Runs a fork's type check and suites in separate processes. */
const patience_ms = 1_800_000;

const fork = makeFork();
const [, section = ""] = readFileSync(join(root, "README.md"), "utf8").split("\n## Add a field\n");

/** The blocks in this language in the README's section. */
function blocksOf(language: string): string[] {
  const blocks = section.split("\n## ")[0]?.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\n *\`\`\``, "gs")) ?? [];
  return [...blocks].map(([, block = ""]) => block);
}

/** Inserts lines after a line that occurs once, at the same indentation. */
function addBehind(file: string, line: RegExp, lines = ""): void {
  fork.edit(file, (text) =>
    text.replace(line, (found) => `${found}\n${lines.replaceAll(/^/gm, /^ */.exec(found)?.[0] ?? "")}`),
  );
}

/** The plan that changes a table from the indexes of one table.json to those of another. */
function lossesBetween(before: string, after: string): string[] {
  const [was, is] = [before, after].map((folder) => {
    const { indexes } = JSON.parse(readFileSync(join(folder, "infra/table.json"), "utf8")) as {
      indexes: { projected: string[] }[];
    };
    return {
      global_secondary_index: indexes.map(({ projected, ...index }) => ({
        ...index,
        projection_type: "INCLUDE",
        non_key_attributes: projected,
      })),
    };
  });
  return lossesIn([
    {
      address: "aws_dynamodb_table.this",
      type: "aws_dynamodb_table",
      deposed: undefined,
      actions: ["update"],
      before: was ?? {},
      after: is ?? {},
      secret: {},
    },
  ]);
}

test("the README's steps, all of them needed, add a field", { timeout: patience_ms }, async () => {
  needs("list-events", "update-event");
  const [rule] = blocksOf("ts");
  const [inFields, inChanges] = blocksOf("yaml")[0]?.split("\n") ?? [];
  addBehind("functions/_shared/event.ts", /^ {2}location: text\(200\),$/m, rule);
  const { complaintsAboutFields } = await fork.complaints();
  expect(complaintsAboutFields()).toEqual([
    "functions/openapi.yaml: add venue to Fields: functions/_shared/event.ts has it in rules.",
    "functions/openapi.yaml: add venue to Changes, and allow null, as for location.",
  ]);

  addBehind("functions/openapi.yaml", /(?<=^ {4}Fields:\n(?: {6}.*\n)+?) {8}location:\n.*$/m, inFields);
  addBehind("functions/openapi.yaml", /(?<=^ {4}Changes:\n(?: {6}.*\n)+?) {8}location:\n.*\n.*\n.*$/m, inChanges);
  writeFileSync(join(fork.path, "functions/_shared/venue.test.ts"), venueTest);
  writeFileSync(join(fork.path, "tsconfig.fields.json"), JSON.stringify(whereFieldsAre));
  await expectSuccess(fork.run("typescript/bin/tsc", "--project", "tsconfig.fields.json"));
  await expectSuccess(
    fork.runSuites(
      "--project",
      "source",
      "--project",
      "tooling",
      "functions/get-event",
      "functions/_shared/venue",
      "infra/testing/contract.test.ts",
    ),
  );
  expect(lossesBetween(root, fork.path)).toEqual([]);
});

/** The functions, and the test of the field with what it imports: nothing else depends on the types of fields. */
const whereFieldsAre = {
  extends: "./tsconfig.json",
  compilerOptions: { incremental: false, tsBuildInfoFile: null },
  files: ["functions/_shared/venue.test.ts"],
  include: ["functions"],
  exclude: ["functions/**/*.test.ts"],
};

const venueTest = `
import { expect, test } from "vitest";
import { startApi } from "../../infra/testing/api.ts";
import type { NewEvent } from "./event.ts";

const { call } = await startApi();

test("an added field is stored, shown, listed, changed, removed and validated", async () => {
  const content: Omit<NewEvent, "id" | "status"> = { type: "at-a-venue", title: "x", venue: "Hall 1" };
  const { status, body } = await call("POST /events", { json: content });
  const event = body as { id: string };
  const path = \`/events/\${event.id}\`;
  expect([status, body]).toEqual([201, expect.objectContaining(content)]);
  expect(Object.keys(event).slice(-5)).toEqual(["venue", "status", "createdAt", "updatedAt", "version"]);
  expect((await call(\`GET \${path}\`)).body).toEqual(body);
  expect((await call("GET /events?type=at-a-venue")).body).toEqual({ events: [body] });
  expect((await call(\`PATCH \${path}\`, { json: { venue: "Hall 2" } })).body).toMatchObject({ venue: "Hall 2" });
  expect((await call(\`PATCH \${path}\`, { json: { venue: null } })).body).not.toHaveProperty("venue");
  expect(await call("POST /events", { json: { title: "x", venue: 1 } })).toMatchObject({ status: 400, body: { errors: [{ pointer: "/venue", detail: "must be a string of 1 to 200 characters" }] } });
});
`;
