import { hash } from "node:crypto";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { common, writeFile } from "./bundle.ts";
import { root } from "./functions.ts";

/** A file of the artifact that is built once and deployed to every stage. */
export interface BuiltFile {
  /** Relative to dist/. */
  path: string;
  bytes: Uint8Array;
}

/**
 * Bundles the commands that the deployment runs with credentials, where `npm ci` must not run: every
 * .ts directly in `releasePath` that is not a test becomes release/NAME.mjs, with all its imports. The
 * same source gives the same bytes in any folder.
 */
export async function bundleCommands(releasePath = join(root, "infra/release")): Promise<BuiltFile[]> {
  const commands = readdirSync(releasePath, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"),
  );
  const { outputFiles } = await build({
    ...common,
    entryPoints: commands.map(({ name }) => join(releasePath, name)).sort(),
    absWorkingDir: releasePath, // the paths in the bundle's comments are relative to it
    outdir: ".",
    outExtension: { ".js": ".mjs" },
    target: "node20",
    format: "esm",
    preserveSymlinks: true, // else the bundle would contain the packages' real paths, which differ between machines
  });
  return outputFiles.map(({ path, contents }) => ({ path: `release/${basename(path)}`, bytes: contents }));
}

/** Writes files to a folder; leaves unchanged ones alone. */
export function writeFiles(files: BuiltFile[], path = join(root, "dist")): void {
  for (const file of files) writeFile(join(path, file.path), file.bytes);
}

/**
 * Writes SHA256SUMS, for `sha256sum --check --strict` in that folder. It lists what was built, not what
 * is in the folder, which may be older.
 */
export function writeChecksums(files: BuiltFile[], path = join(root, "dist")): void {
  const lines = files
    .toSorted((one, other) => (one.path < other.path ? -1 : 1))
    .map((file) => `${hash("sha256", file.bytes)}  ${file.path}\n`);
  writeFile(join(path, "SHA256SUMS"), Buffer.from(lines.join("")));
}
