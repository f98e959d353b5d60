import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { build, type BuildOptions, type Metafile, type Plugin } from "esbuild";
import { zipSync } from "fflate";
import { readFunctions, root } from "./functions.ts";

/** The maximum size of a zip: every byte makes a cold start slower. */
const budget_bytes = 32 * 1024;

/** What the bundles of functions and of commands have in common. */
export const common = {
  bundle: true,
  write: false,
  platform: "node",
  mainFields: ["module", "main"], // "main" first would take the SDK's CommonJS, which cannot be trimmed and fails in ESM
  logLevel: "silent", // errors are thrown
  tsconfigRaw: { compilerOptions: { alwaysStrict: true, verbatimModuleSyntax: true } },
} satisfies BuildOptions;

/**
 * Reduces the SDK's commands to what aws-client.ts reads of them. Whole, they contain the schemas of every
 * operation and the middlewares of the SDK's client: two thirds of a bundle, and never used.
 */
const bareCommands: Plugin = {
  name: "bare-commands",
  setup(bundler) {
    bundler.onLoad({ filter: /@aws-sdk.client-[\w-]+.dist-es.commands.\w+Command\.js$/ }, ({ path }) => {
      const name = basename(path, "Command.js");
      const contents = `export class ${name}Command {
        constructor(input) { this.input = input; }
        get schema() { return [9, "", "${name}"]; }
      }`;
      return { contents };
    });
  },
};

/** Imported by parts of the SDK that a bundle leaves out, but in a way that makes the bundler wrap each module that it keeps. */
const external = ["@aws-sdk/credential-provider-node", "@smithy/core/event-streams"];

/** The SDK's client or its CommonJS, which cannot be trimmed. */
const denied = /node_modules\/.*(credential-provider-|middleware-stack|schemas_0|event-streams|dist-cjs)/;

/**
 * The handler is `index.handler`. Lambda's init phase ends when this module has been evaluated, so it awaits
 * here what the function does while it loads; a promise without an await would be frozen with the
 * environment. `import "./main.cjs"` would scan the bundle for its exports, which takes as long as loading it.
 */
const index = `import { createRequire } from "node:module";
export const { handler, primed } = createRequire(import.meta.url)("./main.cjs");
await primed;
`;

export type Bundle = Awaited<ReturnType<typeof bundleModules>>[number];

/**
 * Bundles each function with its imports, the AWS SDK included: the same source gives the same bytes in
 * any folder, at any time, on any machine. Throws if a bundle contains the SDK's client.
 */
export async function bundleFunctions(functionsPath?: string): Promise<Bundle[]> {
  const handlers = readFunctions(functionsPath).map(({ name, path }) => ({ name, path: join(path, "handler.ts") }));
  const bundles = await bundleModules(handlers, { plugins: [bareCommands], external });
  for (const { name, parts } of bundles) {
    const heavy = parts.map(([path]) => path).filter((path) => denied.test(path));
    if (heavy.length > 0)
      throw new Error(
        `${name}: the bundle must not contain ${heavy.join(", ")}. Send commands as functions/_shared/table.ts does, without the SDK's client.`,
      );
  }
  return bundles;
}

/** Writes NAME/ (the files of the zip) and NAME.map to a folder; leaves unchanged files alone. */
export function writeBundles(bundles: Bundle[], path = join(root, "dist")): void {
  for (const { name, files, sourceMap } of bundles) {
    for (const [file, bytes] of Object.entries(files)) writeFile(join(path, name, file), bytes);
    // Not in the zip: Node reads the map at startup, and the bundle would load a fifth slower.
    writeFile(join(path, `${name}.map`), sourceMap);
  }
}

/**
 * Zips a bundle for Lambda, the same bytes on any machine. Throws if the zip is over budget. Only a
 * deployment needs zips: with them `npm start` and its builds after an edit would take a sixth longer.
 */
export function zipBundle({ name, files, parts }: Bundle, limit_bytes = budget_bytes): Uint8Array {
  const readable = (0o100644 << 16) >>> 0;
  // Deflated in JavaScript: zlib's output differs between processors. Zip times are local and without a
  // zone, so a local date gives the same bytes everywhere.
  const zip = zipSync(files, { level: 9, mem: 12, mtime: new Date(1980, 0, 1, 12), os: 3, attrs: readable });
  if (zip.length <= limit_bytes) return zip;
  const largest = parts.slice(0, 5).map(([path, bytes]) => `${path} (${bytes} bytes)`);
  throw new Error(
    `${name}: the zip has ${zip.length} bytes, at most ${limit_bytes} are allowed. Its largest parts: ${largest.join(", ")}.`,
  );
}

/**
 * Bundles modules that export `handler`, each with its imports, which `parts` lists, and the whole SDK. All in one
 * build: one for each would parse the SDK again for each.
 */
export async function bundleModules(
  modules: { name: string; path: string }[],
  options: Pick<BuildOptions, "plugins" | "external"> = {},
) {
  const { outputFiles, metafile } = await build({
    ...common,
    ...options,
    entryPoints: modules.map(({ name, path }) => ({ in: path, out: name })),
    outdir: ".",
    outExtension: { ".js": ".cjs" },
    target: "node22",
    format: "cjs", // as ESM the SDK loads slower, and its `require` of Node's modules fails
    minify: true,
    legalComments: "none",
    sourcemap: "external",
    metafile: true,
  });
  const outputs = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
  return modules.map(({ name }) => {
    const [main, sourceMap] = [outputs.get(`${name}.cjs`), outputs.get(`${name}.cjs.map`)];
    if (!main || !sourceMap) throw new Error(`${name}: the bundler wrote no bundle or no source map.`);
    const files = { "index.mjs": Buffer.from(index), "main.cjs": main };
    return { name, files, sourceMap, parts: partsOf(metafile.outputs[`${name}.cjs`]) };
  });
}

/** The files in a bundle and their bytes, largest first. */
function partsOf(output: Metafile["outputs"][string] | undefined): [path: string, bytes: number][] {
  return Object.entries(output?.inputs ?? {})
    .map(([path, { bytesInOutput }]): [string, number] => [path, bytesInOutput])
    .filter(([, bytes]) => bytes > 0)
    .sort(([, one], [, other]) => other - one);
}

/** Makes the folder, and renames into place, so that a function that starts at that moment never reads half a bundle. */
export function writeFile(path: string, bytes: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(bytes)) return;
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.unfinished`;
  writeFileSync(unfinished, bytes);
  renameSync(unfinished, path);
}
