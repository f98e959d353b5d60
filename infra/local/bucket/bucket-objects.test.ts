import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { objectsIn, remedy, type StoredObject } from "./bucket-objects.ts";

function object(text: string, contentType = "image/png"): StoredObject {
  return { bytes: Buffer.from(text), metadata: { "content-type": contentType }, lastModified: new Date() };
}

test("keeps an object with its type, even for the next process that opens the folder", () => {
  const folder = join(scratchFolder(), "images");
  const objects = objectsIn(folder);
  expect([objects.has("a"), objects.get("a"), [...objects.keys()]]).toEqual([false, undefined, []]);
  objects.set("a", object("hello"));
  for (const each of [objects, objectsIn(folder)]) {
    expect([each.has("a"), [...each.keys()]]).toEqual([true, ["a"]]);
    expect(each.get("a")).toEqual({
      bytes: Buffer.from("hello"),
      metadata: { "content-type": "image/png" },
      lastModified: expect.any(Date) as Date,
    });
  }
});

test("replaces and deletes, even what does not exist", () => {
  const objects = objectsIn(scratchFolder());
  objects.set("a", object("old"));
  objects.set("a", object("new", "image/jpeg"));
  expect(objects.get("a")).toMatchObject({ bytes: Buffer.from("new"), metadata: { "content-type": "image/jpeg" } });
  objects.delete("a");
  objects.delete("a");
  expect([objects.has("a"), objects.get("a"), [...objects.keys()]]).toEqual([false, undefined, []]);
});

const keys = [
  "a",
  "A",
  "",
  ".",
  "..",
  "../../x",
  "/etc/x",
  "a/b",
  "a\\b",
  "con",
  "a ",
  "ä\u0000😀",
  "\ud800",
  "x".repeat(1024),
  "a.json",
];

test("maps every key to a safe file name of its own", () => {
  const parent = scratchFolder();
  const objects = objectsIn(join(parent, "images"));
  for (const [index, key] of keys.entries()) objects.set(key, object(String(index)));
  expect(keys.map((key) => objects.get(key)?.bytes.toString())).toEqual(keys.map((_key, index) => String(index)));
  expect([...objects.keys()].sort()).toEqual([...keys].sort());
  const names = readdirSync(join(parent, "images"));
  expect([readdirSync(parent), names.length, names.filter((name) => !/^[0-9a-f]{64}(\.json)?$/.test(name))]).toEqual([
    ["images"],
    keys.length * 2,
    [],
  ]);
});

test("ignores what a kill or rm left of an object", () => {
  const folder = scratchFolder();
  const objects = objectsIn(folder);
  objects.set("a", object("hello"));
  const [name = ""] = readdirSync(folder).filter((each) => !each.endsWith(".json"));
  for (const left of ["0".repeat(64), `${name}.new`, `${name}.json.new`]) writeFileSync(join(folder, left), "{");
  expect([[...objects.keys()], objects.get("a")?.bytes.toString()]).toEqual([["a"], "hello"]);
  rmSync(join(folder, name));
  expect([objects.has("a"), objects.get("a")]).toEqual([false, undefined]);
});

describe("refuses to open, and names the file, if", () => {
  const name = createHash("sha256").update("a").digest("hex");
  test.each([
    ["a description is empty", `${name}.json`, ""],
    ["a description is cut off", `${name}.json`, '{"key": "a", "si'],
    ["a description lacks what it needs", `${name}.json`, '{"key": "a"}'],
    ["a description is null", `${name}.json`, "null"],
    [
      "a description belongs to another object",
      `${name}.json`,
      '{"key": "b", "metadata": {"content-type": "image/png"}}',
    ],
    ["a JSON file is not a description", "notes.json", '{"hello": "world"}'],
    ["the file of the bytes is empty", name, ""],
    ["some of the bytes are missing", name, "hell"],
  ])("%s", (_what, file, content) => {
    const folder = scratchFolder();
    objectsIn(folder).set("a", object("hello"));
    writeFileSync(join(folder, file), content);
    expect(() => objectsIn(folder)).toThrow(
      new Error(`${join(folder, file)} is damaged, or not an image's file. ${remedy}`),
    );
  });

  test("its folder is a file", () => {
    const folder = join(scratchFolder({ images: "" }), "images");
    expect(() => objectsIn(folder)).toThrow(/^Images cannot be kept in .*images: Error: EEXIST: .*\. Repair it/);
  });
});

test("opens objects stored before descriptions had a size", () => {
  const folder = scratchFolder();
  objectsIn(folder).set("a", object("hello"));
  const [file = ""] = readdirSync(folder).filter((each) => each.endsWith(".json"));
  writeFileSync(join(folder, file), '{"key":"a","metadata":{"content-type":"image/png"}}');
  expect(objectsIn(folder).get("a")).toMatchObject({ bytes: Buffer.from("hello") });
});

test("keeps the old object if the new one cannot be written, and nothing of the new one", () => {
  const folder = scratchFolder();
  const objects = objectsIn(folder);
  objects.set("a", object("old"));
  const before = readdirSync(folder);
  const [file = ""] = before.filter((each) => each.endsWith(".json"));
  mkdirSync(join(folder, `${file}.new`));
  expect(() => objects.set("a", object("newer"))).toThrow(/cannot be written: Error: EISDIR: /);
  expect([readdirSync(folder), objects.get("a")?.bytes.toString()]).toEqual([before, "old"]);
});
