import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { root } from "../functions.ts";
import { startApi, startApiWithTokens } from "./api.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");
const published = "http://localhost:3000";

const open = await startApi();
const guarded = await startApiWithTokens();

/**
 * Each line of the README that begins with curl, with the line below it: `# STATUS BODY`. Where the
 * lines of a block begin with one for a token, they are for npm start -- --auth.
 */
const examples = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = ""]) => {
  const [signIn] = /^token=.*$/m.exec(block) ?? [];
  return [...block.matchAll(/^(curl .*)\n(.*)$/gm)].map(([, line = "", answer = ""]) => ({ line, answer, signIn }));
});

describe("what the README says to send is answered as it says", () => {
  test.each(examples)("$line", async ({ line, answer, signIn }) => {
    const [, status = "", body = ""] = /^# (\d{3}) ?(.*)$/.exec(answer) ?? [];
    expect(line).toContain(`${published}/prod`);
    const command = `${signIn ?? ""}\n${line} --silent --show-error --write-out '\\n%{http_code}'`;
    const { origin } = new URL(signIn === undefined ? open.url : guarded.url);
    const { stdout } = await promisify(execFile)("sh", ["-c", command.replaceAll(published, origin)]);
    const [received = "", receivedStatus] = stdout.split("\n");
    expect(receivedStatus).toBe(status);
    const expected = body && (JSON.parse(body, (_key, value: unknown) => (value === "…" ? (expect.stringMatching(/./) as unknown) : value)) as unknown);
    expect(received && (JSON.parse(received) as unknown)).toEqual(expected);
  });

  test("and there are examples at all, each in a block of sh", () => {
    expect(examples.length).toBeGreaterThanOrEqual(7);
    expect(examples.length).toBe([...readme.matchAll(/^curl /gm)].length);
  });
});

test("every npm script that it names exists", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
  const named = [...readme.matchAll(/npm run ([a-z]+)/g)].map(([, name = ""]) => name);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...named, "start", "test"]));
});
