import { createHash } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { writeFile } from "./bundle.ts";
import { root } from "./functions.ts";

/** A file of the artifact that is built once and deployed to every stage. */
export interface BuiltFile {
  /** From dist/. */
  path: string;
  bytes: Uint8Array;
}

/**
 * Bundles the commands that the deployment runs beside credentials, where no `npm ci` may: every .ts
 * directly in `releasePath` that is no test becomes release/NAME.mjs, with all that it imports. The
 * same bytes for the same source, in whatever folder. Nothing is written.
 *
 * Throws, with the cause, what cannot be bundled.
 */
export async function bundleCommands(releasePath = join(root, "infra/release")): Promise<BuiltFile[]> {
  const names = readdirSync(releasePath, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"))
    .map((entry) => entry.name.slice(0, -".ts".length))
    .sort();
  return Promise.all(
    names.map(async (name) => ({ path: `release/${name}.mjs`, bytes: await bundleCommand(name, releasePath) })),
  );
}

async function bundleCommand(name: string, releasePath: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(releasePath, `${name}.ts`)],
    absWorkingDir: releasePath, // what the bundle says of where its parts are from begins here
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "esm",
    mainFields: ["module", "main"], // "main" first would take the SDK's CommonJS, whose `require` of Node's modules fails in here
    preserveSymlinks: true, // else the bundle would say where packages really are, which differs from one machine to another
    logLevel: "silent", // errors are thrown
    tsconfigRaw: { compilerOptions: { alwaysStrict: true, verbatimModuleSyntax: true } },
  });
  const [bundle] = outputFiles;
  if (!bundle) throw new Error(`${name}: the bundler wrote no bundle.`);
  return bundle.contents;
}

/** Puts files into a folder, and leaves what has not changed alone. */
export function writeFiles(files: BuiltFile[], path = join(root, "dist")): void {
  for (const file of files) {
    mkdirSync(dirname(join(path, file.path)), { recursive: true });
    writeFile(join(path, file.path), file.bytes);
  }
}

/**
 * Writes SHA256SUMS, for `sha256sum --check --strict` in that folder. It lists what was built and not
 * what lies there, which may be older.
 */
export function writeChecksums(files: BuiltFile[], path = join(root, "dist")): void {
  const lines = files
    .toSorted((one, other) => (one.path < other.path ? -1 : 1))
    .map((file) => `${createHash("sha256").update(file.bytes).digest("hex")}  ${file.path}\n`);
  writeFile(join(path, "SHA256SUMS"), Buffer.from(lines.join("")));
}
