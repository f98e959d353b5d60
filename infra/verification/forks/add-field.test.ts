import { execFile } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../build/functions.ts";
import { copyProject } from "../../testing/project-copy.ts";
import { lossesIn } from "../../release/check-plan/losses.ts";
import { scratchFolder } from "../../testing/scratch.ts";

/** It runs the type check and suites of a copy, in processes of their own. */
const patience_ms = 300_000;

const copy = scratchFolder();
copyProject(root, copy);
cpSync(join(root, "tsconfig.json"), join(copy, "tsconfig.json"));
cpSync(join(root, "eslint.config.js"), join(copy, "eslint.config.js"));
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

const [, section = ""] = readFileSync(join(root, "README.md"), "utf8").split("\n## Add a field\n");

/** The first block of the README's section in this language, without its indentation. */
function blockOf(language: string): string {
  const [, block = ""] = new RegExp(`\`\`\`${language}\n(.*?)\n *\`\`\``, "s").exec(section) ?? [];
  return block.replaceAll(/^ {3}/gm, "");
}

/** Puts lines behind the one that is there once, as far to the right. */
function addBehind(file: string, line: RegExp, lines: string): void {
  const path = join(copy, file);
  const before = readFileSync(path, "utf8");
  const after = before.replace(line, (found) => `${found}\n${lines.replaceAll(/^/gm, /^ */.exec(found)?.[0] ?? "")}`);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
}

/** What a program of the project says in the copy, and whether it is content. */
async function run(program: string, ...parameters: string[]): Promise<{ isContent: boolean; said: string }> {
  const { PATH = "", HOME = "" } = process.env; // not that these are tests already
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join("node_modules", program), ...parameters],
      { cwd: copy, env: { PATH, HOME } },
      (error, output, errors) => {
        resolve({ isContent: error === null, said: output + errors });
      },
    );
  });
}

const runSuites = (...parameters: string[]) =>
  run("vitest/vitest.mjs", "run", "--config", "infra/testing/vitest.config.ts", ...parameters);

async function expectContent(ran: ReturnType<typeof run>): Promise<void> {
  const { isContent, said } = await ran;
  expect(isContent, said).toBe(true);
}

/** The plan for a table with the indexes of a table.json, over one with those of another. */
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

test("a field is added by what the README says, and by nothing else", { timeout: patience_ms }, async () => {
  addBehind("functions/_shared/event.ts", /^ {2}location: text\(200\),$/m, blockOf("ts"));
  const half = await runSuites("infra/testing/contract.test.ts", "--testNamePattern", "the fields are the same");
  expect(half).toEqual({
    isContent: false,
    said: expect.stringContaining(
      "venue of rules in functions/_shared/event.ts is missing in functions/openapi.yaml: add it to Fields.",
    ) as string,
  });

  addBehind("functions/openapi.yaml", /(?<=^ {4}Fields:\n(?: {6}.*\n)+?) {8}location:\n.*$/m, blockOf("yaml"));
  const [, parameters = ""] = /`npx vitest run --config infra\/vitest.config.ts (.*?)`/.exec(section) ?? [];
  await expectContent(runSuites(...parameters.split(" ")));

  writeFileSync(join(copy, "functions/_shared/venue.test.ts"), venueTest);
  await expectContent(run("typescript/bin/tsc"));
  const callers = ["create-event", "get-event", "list-events", "update-event", "_shared/venue"].map(
    (name) => `functions/${name}`,
  );
  await expectContent(
    runSuites(
      "--project",
      "source",
      "--project",
      "infra",
      ...callers,
      "infra/testing/contract.test.ts",
      "infra/verification/contract/client.test.ts",
    ),
  );
  expect(lossesBetween(root, copy)).toEqual([]);
});

const venueTest = `
import { expect, test } from "vitest";
import { startApi } from "../../infra/testing/api.ts";
import type { NewEvent } from "./event.ts";

const { call } = await startApi();

test("a field that was added is stored, shown, listed, changed, removed and checked", async () => {
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
  expect(await call("POST /events", { json: { title: "x", venue: 1 } })).toMatchObject({ status: 400, body: { errors: [{ pointer: "/venue", detail: "must be text of 1 to 200 characters" }] } });
});
`;
