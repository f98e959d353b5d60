import { cpSync, existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { matchesPattern } from "../gate/conditions.ts";
import type { Substitute } from "./runner.ts";

/**
 * Stands in for actions/upload-artifact and actions/download-artifact, with folders below `path`.
 *
 * https://github.com/actions/upload-artifact#upload-using-multiple-paths-and-exclusions
 */
export function makeArtifacts(path: string) {
  const folderOf = (name: string) => join(path, name);
  const upload: Substitute = ({ workspace }, { name = "", path: paths = "" }) => {
    if (existsSync(folderOf(name))) throw new Error(`The artifact ${name} exists already.`);
    const searched = paths.trim().split("\n");
    const patterns = searched.map((each) => join(workspace, each.trim()).replace(/\/$/, ""));
    const found = patterns.flatMap(matching);
    if (found.length === 0) throw new Error(`No files were found with the path: ${searched.join(", ")}.`);
    const top = commonFolder(patterns);
    for (const each of found) cpSync(each, join(folderOf(name), relative(top, each)), { recursive: true });
  };
  const download: Substitute = ({ workspace }, { name, pattern = "", path: to = "", "merge-multiple": merge }) => {
    if (name === undefined && merge !== "true")
      throw new Error("Only one artifact, or several merged ones, can be downloaded here.");
    for (const from of name === undefined ? matching(folderOf(pattern)) : [folderOf(name)]) {
      if (!existsSync(from)) throw new Error(`Artifact not found for name: ${basename(from)}`);
      cpSync(from, join(workspace, to), { recursive: true });
    }
  };
  return { folderOf, upload, download };
}

function matching(pattern: string): string[] {
  const folder = dirname(pattern);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => matchesPattern(name, basename(pattern))).map((name) => join(folder, name));
}

function commonFolder(patterns: string[]): string {
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory();
  const folders = patterns.map((pattern) => (isFolder(pattern) ? pattern : dirname(pattern)));
  let [common = ""] = folders;
  while (folders.some((folder) => relative(common, folder).startsWith(".."))) common = dirname(common);
  return common;
}
