import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { runEditedBundles, type RunningFunctions } from "./running-functions.ts";

const started: RunningFunctions[] = [];
afterAll(async () => {
  await Promise.all(started.map((functions) => functions.stop()));
});

function answering(text: string): string {
  return `import { word } from "../_shared/word.ts"; export const handler = () => Promise.resolve(word + ${JSON.stringify(text)});`;
}

async function startFolder(): Promise<{ path: string; functions: RunningFunctions }> {
  const path = scratchFolder({
    "_shared/word.ts": 'export const word = "says ";',
    "get-word/function.json": '{"routes": ["GET /word"], "actions": []}',
    "get-word/handler.ts": answering("one"),
  });
  const functions = await runEditedBundles({}, { functionsPath: path, distPath: scratchFolder() });
  started.push(functions);
  return { path, functions };
}

/** Each route's current answer. */
async function answers({ routes }: RunningFunctions): Promise<Record<string, unknown>> {
  const all = await routes();
  return Object.fromEntries(
    await Promise.all(all.map(async ({ routeKey, invoke }) => [routeKey, await invoke({})] as const)),
  );
}

describe("a function is called by its name", () => {
  test("even without a route, with its latest code", async () => {
    const { path, functions } = await startFolder();
    writeFileSync(join(path, "get-word/function.json"), '{"actions": []}');
    expect([await functions.routes(), await functions.invoke("get-word", {})]).toEqual([[], "says one"]);
    writeFileSync(join(path, "get-word/handler.ts"), answering("two"));
    expect(await functions.invoke("get-word", {})).toBe("says two");
  });

  test("and its errors are thrown, as is one for an unknown name", async () => {
    const { path, functions } = await startFolder();
    writeFileSync(join(path, "get-word/handler.ts"), 'export const handler = () => Promise.reject(new Error("no"));');
    await expect(functions.invoke("get-word", {})).rejects.toThrow("get-word: Error: no");
    await expect(functions.invoke("get-words", {})).rejects.toThrow(
      "There is no function get-words: it would be the folder functions/get-words.",
    );
  });
});

describe("an edit takes effect at the next request", () => {
  test("of a handler, and of shared code", async () => {
    const { path, functions } = await startFolder();
    expect(await answers(functions)).toEqual({ "GET /word": "says one" });
    writeFileSync(join(path, "get-word/handler.ts"), answering("two"));
    expect(await answers(functions)).toEqual({ "GET /word": "says two" });
    writeFileSync(join(path, "_shared/word.ts"), 'export const word = "shouts ";');
    expect(await answers(functions)).toEqual({ "GET /word": "shouts two" });
  });

  test("of a route, a new folder, a deleted one", async () => {
    const { path, functions } = await startFolder();
    writeFileSync(join(path, "get-word/function.json"), '{"routes": ["GET /words"], "actions": []}');
    expect(await answers(functions)).toEqual({ "GET /words": "says one" });
    mkdirSync(join(path, "get-other"));
    writeFileSync(join(path, "get-other/handler.ts"), answering("other"));
    writeFileSync(join(path, "get-other/function.json"), '{"routes": ["GET /other"], "actions": []}');
    expect(await answers(functions)).toEqual({ "GET /words": "says one", "GET /other": "says other" });
    rmSync(join(path, "get-word"), { recursive: true });
    expect(await answers(functions)).toEqual({ "GET /other": "says other" });
  });

  test("of the scopes that a token needs", async () => {
    const { path, functions } = await startFolder();
    expect(await functions.routes()).toMatchObject([{ routeKey: "GET /word", scopes: [] }]);
    writeFileSync(
      join(path, "get-word/function.json"),
      '{"routes": ["GET /word"], "actions": [], "scopes": ["words/read"]}',
    );
    expect(await functions.routes()).toMatchObject([{ routeKey: "GET /word", scopes: ["words/read"] }]);
  });

  test("but not of an editor's own file", async () => {
    const { path, functions } = await startFolder();
    symlinkSync("me@host.1:2", join(path, "get-word/.#handler.ts"));
    expect(await answers(functions)).toEqual({ "GET /word": "says one" });
  });

  test("even during the build of another one", async () => {
    const { path, functions } = await startFolder();
    writeFileSync(join(path, "get-word/handler.ts"), answering("two"));
    const during = functions.routes();
    writeFileSync(join(path, "get-word/handler.ts"), answering("three"));
    expect(await answers(functions)).toEqual({ "GET /word": "says three" });
    await during;
    expect(await answers(functions)).toEqual({ "GET /word": "says three" });
  });

  test("while the old code answers running calls", async () => {
    const { path, functions } = await startFolder();
    writeFileSync(
      join(path, "get-word/handler.ts"),
      'export const handler = () => new Promise((resolve) => setTimeout(resolve, 200, "slow"));',
    );
    const [route] = await functions.routes();
    await route?.invoke({});
    const before = route?.invoke({});
    writeFileSync(join(path, "get-word/handler.ts"), answering("two"));
    expect(await answers(functions)).toEqual({ "GET /word": "says two" });
    expect(await before).toBe("slow");
  });
});

test("a new folder that is not a function yet is reported at each request until it is one, or is deleted", async () => {
  const { path, functions } = await startFolder();
  mkdirSync(join(path, "new-thing"));
  await expect(functions.routes()).rejects.toThrow("functions/new-thing has no function.json.");
  await expect(functions.routes()).rejects.toThrow("functions/new-thing has no function.json.");
  rmSync(join(path, "new-thing"), { recursive: true });
  expect(await answers(functions)).toEqual({ "GET /word": "says one" });
});

test("an edit that does not build is reported at each request until it is fixed", async () => {
  const { path, functions } = await startFolder();
  writeFileSync(join(path, "get-word/handler.ts"), "export const = 1;");
  await expect(functions.routes()).rejects.toThrow('Expected identifier but found "="');
  await expect(functions.invoke("get-word", {})).rejects.toThrow('Expected identifier but found "="');
  writeFileSync(join(path, "get-word/handler.ts"), answering("fixed"));
  expect(await answers(functions)).toEqual({ "GET /word": "says fixed" });
});
