import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Substitute } from "./runner.ts";

/** The artifacts of one run of a workflow. */
export interface Artifacts {
  upload: Substitute;
  download: Substitute;
  /** The folder with an artifact's files. */
  folderOf: (name: string) => string;
}

/**
 * Stands for actions/upload-artifact and actions/download-artifact, with folders below `path`. An artifact begins at the
 * folder that all of its paths have in common, and is never written twice.
 *
 * https://github.com/actions/upload-artifact#upload-using-multiple-paths-and-exclusions
 */
export function makeArtifacts(path: string): Artifacts {
  const folderOf = (name: string) => join(path, name);
  return {
    folderOf,
    upload({ workspace }, { name = "artifact", path: patterns = "", "if-no-files-found": ifNone = "warn" }) {
      if (existsSync(folderOf(name))) throw new Error(`The artifact ${name} exists already.`);
      const searched = patterns
        .split("\n")
        .map((pattern) => pattern.trim())
        .filter((pattern) => pattern !== "");
      const found = searched.flatMap((pattern) => filesAt(join(workspace, pattern)));
      if (found.length === 0 && ifNone === "error")
        throw new Error(`No files were found with the path: ${searched.join(", ")}.`);
      const top = commonFolder(searched.map((pattern) => join(workspace, pattern)));
      for (const file of found) cpSync(file, join(folderOf(name), relative(top, file)));
      return undefined;
    },
    download({ workspace }, { name = "", pattern = "", path: to = "", "merge-multiple": merge = "false" }) {
      if (name === "" && merge !== "true")
        throw new Error("Only one artifact, or several that are merged, are downloaded here.");
      const wanted = name === "" ? matching(existsSync(path) ? path : undefined, pattern) : [name];
      for (const each of wanted) {
        if (!existsSync(folderOf(each))) throw new Error(`Artifact not found for name: ${each}`);
        cpSync(folderOf(each), join(workspace, to), { recursive: true });
      }
      mkdirSync(join(workspace, to), { recursive: true });
      return undefined;
    },
  };
}

/** The files that a path means: all below a folder, or those whose name fits, with `*` for any part of it. */
function filesAt(pattern: string): string[] {
  if (pattern.includes("*"))
    return matching(dirname(pattern), pattern.slice(dirname(pattern).length + 1)).flatMap((name) =>
      filesAt(join(dirname(pattern), name)),
    );
  if (!existsSync(pattern)) return [];
  return statSync(pattern).isDirectory()
    ? readdirSync(pattern).flatMap((name) => filesAt(join(pattern, name)))
    : [pattern];
}

function matching(folder: string | undefined, pattern: string): string[] {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return folder !== undefined && existsSync(folder)
    ? readdirSync(folder).filter((name) => new RegExp(`^${parts.join(".*")}$`).test(name))
    : [];
}

function commonFolder(patterns: string[]): string {
  const folders = patterns.map((pattern) =>
    (pattern.includes("*") || !isFolder(pattern) ? dirname(pattern) : pattern).replace(/\/$/, "").split("/"),
  );
  const [first = [], ...others] = folders;
  const end = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  return (end === -1 ? first : first.slice(0, end)).join("/");
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
