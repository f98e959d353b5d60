import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../build/functions.ts";
import { startApi, startApiWithTokens } from "./api.ts";
import { examples, expectAnswered, readmes } from "./readme-examples.ts";

const open = await startApi();
const guarded = await startApiWithTokens();

describe("what the READMEs say to send is answered as they say", () => {
  // Those of "Posts" send files, and are executed in posts.test.ts.
  test.each(examples.filter(({ section }) => section !== "Posts"))("$file: $line", async (example) => {
    await expectAnswered(example, example.setup.startsWith("token=") ? guarded.url : open.url);
  });

  test("and there are examples at all, each in a block of sh", () => {
    expect(examples.length).toBeGreaterThanOrEqual(7);
    expect(examples.length).toBe(readmes.flatMap(({ text }) => [...text.matchAll(/^curl /gm)]).length);
  });
});

test("every npm script that they name exists", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = readmes.flatMap(({ text }) => [...text.matchAll(/npm run ([a-z]+)/g)]).map(([, name = ""]) => name);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...named, "start", "test"]));
});
