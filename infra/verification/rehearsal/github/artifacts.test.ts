import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../../../testing/scratch.ts";
import { makeArtifacts } from "./artifacts.ts";
import type { JobAtWork } from "./runner.ts";

const built = {
  "dist/a.zip": "a",
  "dist/b.zip": "b",
  "dist/b.zip.map": "",
  "dist/release/x.mjs": "x",
  "dist/SUMS": "s",
  "plan-prod.md": "p",
};

function jobIn(workspace: string): JobAtWork {
  return { workspace, file: "", github: {}, permissions: {}, environment: undefined, variables: {}, env: {} };
}

function filesIn(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((file) => statSync(join(folder, file)).isFile())
    .sort();
}

test.each([
  [
    "several paths, from the folder that they have in common",
    "dist/*.zip\ndist/release/\ndist/SUMS\n",
    ["SUMS", "a.zip", "b.zip", "release/x.mjs"],
  ],
  ["matching names", "dist/*.zip", ["a.zip", "b.zip"]],
  ["a folder, without itself", "dist/release/", ["x.mjs"]],
  ["a folder in a folder", "dist", ["SUMS", "a.zip", "b.zip", "b.zip.map", "release/x.mjs"]],
  ["one file", "dist/release/x.mjs", ["x.mjs"]],
  [
    "files of folders that have nothing but the workspace in common",
    "dist/SUMS\nplan-*.md",
    ["dist/SUMS", "plan-prod.md"],
  ],
])("an artifact holds %s", async (_what, path, files) => {
  const { upload, download } = makeArtifacts(join(scratchFolder(), "artifacts"));
  const workspace = scratchFolder();
  await upload(jobIn(scratchFolder(built)), { name: "dist", path });
  await download(jobIn(workspace), { name: "dist", path: "to/here" });
  expect(filesIn(workspace)).toEqual(files.map((file) => `to/here/${file}`));
});

test("artifacts with matching names are merged", async () => {
  const { upload, download } = makeArtifacts(join(scratchFolder(), "artifacts"));
  const workspace = scratchFolder();
  for (const name of ["plan-a", "plan-b", "other"])
    await upload(jobIn(scratchFolder({ [`plans/${name}.json`]: "" })), { name, path: "plans/" });
  await download(jobIn(workspace), { pattern: "plan-*", path: "plans", "merge-multiple": "true" });
  expect(filesIn(workspace)).toEqual(["plans/plan-a.json", "plans/plan-b.json"]);
});

test("no matching artifact is nothing to merge", async () => {
  const workspace = scratchFolder();
  await makeArtifacts(join(scratchFolder(), "artifacts")).download(jobIn(workspace), {
    pattern: "plan-*",
    path: "plans",
    "merge-multiple": "true",
  });
  expect(filesIn(workspace)).toEqual([]);
});

test("a missing file is refused, and an artifact is not overwritten", async () => {
  const { upload, download } = makeArtifacts(join(scratchFolder(), "artifacts"));
  const job = jobIn(scratchFolder(built));
  await upload(job, { name: "dist", path: "dist/*.zip" });
  expect(() => upload(job, { name: "dist", path: "dist/*.zip" })).toThrow("The artifact dist exists already.");
  expect(() => upload(job, { name: "none", path: "dist/*.tar\nnowhere/", "if-no-files-found": "error" })).toThrow(
    "No files were found with the path: dist/*.tar, nowhere/.",
  );
  expect(() => download(job, { name: "none" })).toThrow("Artifact not found for name: none");
});
