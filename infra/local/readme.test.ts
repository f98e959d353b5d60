import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { readFunctions, root } from "../functions.ts";
import { startApi } from "./api.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");
const published = "http://localhost:3000/prod";

const { url } = await startApi();

/** Each line of the README that begins with curl, with the line below it: `# STATUS BODY`. */
const examples = [...readme.matchAll(/^(curl .*)\n(.*)$/gm)].map(([, line = "", answer = ""]) => ({ line, answer }));

describe("what the README says to send is answered as it says", () => {
  test.each(examples)("$line", async ({ line, answer }) => {
    const [, status = "", body = ""] = /^# (\d{3}) (.*)$/.exec(answer) ?? [];
    expect(line).toContain(published);
    const command = `${line.replaceAll(published, url)} --silent --show-error --write-out '\\n%{http_code}'`;
    const { stdout } = await promisify(execFile)("sh", ["-c", command]);
    const [received = "", receivedStatus] = stdout.split("\n");
    expect(receivedStatus).toBe(status);
    expect(JSON.parse(received)).toEqual(JSON.parse(body, (_key, value: unknown) => (value === "…" ? (expect.stringMatching(/./) as unknown) : value)));
  });

  test("and there are examples at all", () => {
    expect(examples.length).toBeGreaterThanOrEqual(7);
  });
});

test("the table of requests has the routes that there are", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z]+ \/\S*)` \|/gm)].map(([, route]) => route);
  expect(rows.sort()).toEqual(readFunctions().flatMap(({ routes }) => routes).sort());
});

test("every npm script that it names exists", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
  const named = [...readme.matchAll(/npm run ([a-z]+)/g)].map(([, name = ""]) => name);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...named, "start", "test"]));
});
