import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { cpSync, readFileSync, symlinkSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readFunctions, root } from "./functions.ts";
import { bundleCommands, writeChecksums, writeFiles, type BuiltFile } from "./release-bundle.ts";
import { scratchFolder } from "../testing/scratch.ts";

const real = await bundleCommands();

/** Comparing a megabyte with toEqual takes seconds. */
function digests(files: BuiltFile[]): string[][] {
  return files.map(({ path, bytes }) => [path, hash("sha256", bytes)]);
}

function run(dist: string, path: string): string {
  return execFileSync(process.execPath, [join(dist, path)], { encoding: "utf8" });
}

describe("the commands of a release", () => {
  test("are the files of infra/release that are not tests", async () => {
    const folder = scratchFolder({
      "say-yes.ts": 'import { yes } from "./words/yes.ts"; console.log(yes as string);',
      "say-no.ts": 'await Promise.resolve(); console.log("no");',
      "say-no.test.ts": "throw new Error();",
      "words/yes.ts": 'export const yes = "yes";',
      "README.md": "",
    });
    const dist = scratchFolder();
    const commands = await bundleCommands(folder);
    writeFiles(commands, dist);
    expect(commands.map(({ path }) => [path, run(dist, path)])).toEqual([
      ["release/say-no.mjs", "no\n"],
      ["release/say-yes.mjs", "yes\n"],
    ]);
  });

  test("have the same bytes in another folder", async () => {
    const folder = scratchFolder();
    const elsewhere = join(folder, "infra/release");
    cpSync(join(root, "infra/release"), elsewhere, { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    expect(digests(await bundleCommands(elsewhere))).toEqual(digests(real));
  });

  test.each(real)("$path needs nothing but Node.js", ({ bytes }) => {
    const source = Buffer.from(bytes).toString();
    const imported = [...source.matchAll(/^import .* from "(.*)";$/gm)].map(([, module = ""]) => module);
    expect(imported.filter((module) => !isBuiltin(module))).toEqual([]);
  });

  test("are not built if one has an error", async () => {
    const folder = scratchFolder({ "fine.ts": "", "wrong.ts": 'import "./nowhere.ts";' });
    await expect(bundleCommands(folder)).rejects.toThrow('Could not resolve "./nowhere.ts"');
  });
});

describe("SHA256SUMS", () => {
  const file = (path: string): BuiltFile => ({ path, bytes: Buffer.from(path) });

  test("lists what was built by path, and no older files", () => {
    const dist = scratchFolder({ "old.zip": "", "release/old.mjs": "", SHA256SUMS: "old" });
    writeChecksums(
      [file("get-event.zip"), file("release/b.mjs"), file("create-event.zip"), file("release/a.mjs")],
      dist,
    );
    const lines = ["create-event.zip", "get-event.zip", "release/a.mjs", "release/b.mjs"].map(
      (path) => `${hash("sha256", path)}  ${path}\n`,
    );
    expect(readFileSync(join(dist, "SHA256SUMS"), "utf8")).toBe(lines.join(""));
  });

  test("is written by npm run build, for the zips, the list of functions and the commands that it prints", () => {
    const printed = execFileSync(process.execPath, ["--import", "tsx", "infra/build/build.ts"], {
      cwd: root,
      encoding: "utf8",
    });
    const paths = [
      ...readFunctions().map(({ name }) => `${name}.zip`),
      "functions.json",
      ...real.map(({ path }) => path),
    ];
    const bytes = new Map(paths.map((path) => [path, readFileSync(join(root, "dist", path))]));
    expect(printed).toBe([...bytes].map(([path, { length }]) => `dist/${path} ${length} bytes\n`).join(""));
    const sums = [...bytes].map(([path, content]) => `${path}\n${hash("sha256", content)}`).sort();
    expect(readFileSync(join(root, "dist/SHA256SUMS"), "utf8").replaceAll(/(.*) {2}(.*)\n/g, "$2\n$1\n")).toBe(
      `${sums.join("\n")}\n`,
    );
  });
});
