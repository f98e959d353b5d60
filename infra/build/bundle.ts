import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type BuildOptions, type Metafile, type OnLoadResult, type Plugin } from "esbuild";
import { zipSync } from "fflate";
import { readFunctions, root, type FunctionFolder } from "./functions.ts";

/** The maximum size of a zip: every byte makes a cold start slower. */
const budget_bytes = 64 * 1024;

/**
 * Parts of the SDK that make up more than half of a bundle and are never used: a client with every
 * option set reads none from the environment, files or the default credential chain (SSO, STS,
 * profiles, instance metadata) and need not choose an endpoint, no DynamoDB operation streams events, and
 * endpoint discovery is off. The bundler cannot know this. trimmed-sdk.test.ts compares the requests with
 * those of the whole SDK.
 */
const replacements = {
  "./runtimeConfig": `
    import { calculateBodyLength } from "@smithy/core/serde";
    import { getRuntimeConfig as getSharedConfig } from "./runtimeConfig.shared";
    export const getRuntimeConfig = (options) => ({
      ...getSharedConfig(options),
      runtime: "node",
      bodyLengthChecker: calculateBodyLength,
      ...options,
    });`,
  "./runtimeExtensions": "export const resolveRuntimeExtensions = (config) => config;",
  // Would resolve six parameters of an endpoint for each command.
  "@smithy/core/endpoints": `
    import { parseUrl } from "@smithy/core/protocols";
    export const resolveEndpointConfig = (config) => {
      const endpoint = parseUrl(new URL(config.endpoint));
      return Object.assign(config, { endpoint: async () => endpoint });
    };
    const position = { name: "endpointV2Middleware", relation: "before", toMiddleware: "serializerMiddleware" };
    export const getEndpointPlugin = () => ({
      applyToStack: (stack) => stack.addRelativeTo((next) => next, { ...position, override: true }),
    });
    export let EndpointError, isIpAddress, isValidHostLabel, resolveEndpoint, toEndpointV1;`,
  "./endpoint/endpointResolver": "export let defaultEndpointResolver;",
  "./util-endpoints/aws": "export let awsEndpointFunctions;",
  "@aws-sdk/middleware-endpoint-discovery": "export const resolveEndpointDiscoveryConfig = (config) => config;",
  "@smithy/core/event-streams": "",
  // Reading the global `crypto` makes Node compile WebCrypto.
  "./uuid/v4": 'import { randomUUID } from "node:crypto"; export const bindV4 = () => () => randomUUID();',
  // Never created, or never called.
  "../util-retry/AdaptiveRetryStrategy": "export class AdaptiveRetryStrategy {}",
  "./HeaderFormatter": "export class HeaderFormatter {}",
  "./Sha256Js": "export class Sha256Js {}",
  "@aws/lambda-invoke-store": "",
  // Reads ~/.aws.
  "./node-config-provider/configLoader": "export const loadConfig = () => undefined;",
  // Would parse times in responses, of which the functions read none, and a Retry-After that is a date, which the
  // SDK then ignores.
  "./date-utils":
    "export let dateToUtcString, parseEpochTimestamp, parseRfc3339DateTime, parseRfc3339DateTimeWithOffset, parseRfc7231DateTime;",
};

/**
 * The SDK checks whether a body is one of these. Reading the global ReadableStream makes Node compile web
 * streams, which takes 5 ms.
 */
const define = { Blob: "undefined", ReadableStream: "undefined" };

/** In a bundle these show that an SDK update has moved its parts past the settings below. */
const denied = /node_modules\/.*(credential-provider-|nested-clients|endpoint-cache|event-streams|dist-cjs)/;

/**
 * The handler is `index.handler`. Lambda's init phase ends when this module has been evaluated, so it awaits
 * here what the function does while it loads; a promise without an await would be frozen with the
 * environment. `import "./main.cjs"` would scan the bundle for its exports, which takes as long as loading it.
 */
const index = `import { createRequire } from "node:module";
export const { handler, primed } = createRequire(import.meta.url)("./main.cjs");
await primed;
`;

export interface Bundle {
  name: string;
  /** The contents of the zip, by file name. */
  files: Record<string, Uint8Array>;
  zip: Uint8Array;
  sourceMap: Uint8Array;
}

/**
 * Bundles each function with its imports, the AWS SDK included, and zips it: the same source gives the
 * same bytes in any folder, at any time, on any machine. Writes nothing.
 *
 * Throws, with the cause, if a zip is over budget or the SDK was not trimmed as intended.
 */
export async function bundleFunctions(functionsPath?: string, limit_bytes = budget_bytes): Promise<Bundle[]> {
  return Promise.all(readFunctions(functionsPath).map((folder) => bundleFunction(folder, limit_bytes)));
}

/** Writes NAME.zip, NAME/ (the zip's files) and NAME.map to a folder; leaves unchanged files alone. */
export function writeBundles(bundles: Bundle[], path = join(root, "dist")): void {
  for (const { name, files, zip, sourceMap } of bundles) {
    mkdirSync(join(path, name), { recursive: true });
    for (const [file, bytes] of Object.entries(files)) writeFile(join(path, name, file), bytes);
    writeFile(join(path, `${name}.zip`), zip);
    // Not in the zip: Node reads the map at startup, and the bundle would load a fifth slower.
    writeFile(join(path, `${name}.map`), sourceMap);
  }
}

async function bundleFunction({ name, path }: FunctionFolder, limit_bytes: number): Promise<Bundle> {
  const replaced = new Set<string>();
  const { metafile, ...bundle } = await bundleModule(join(path, "handler.ts"), {
    define,
    plugins: [replace(replaced)],
  });
  expectTrimmed(name, metafile, replaced);
  if (bundle.zip.length > limit_bytes) {
    throw new Error(
      `${name}: the zip has ${bundle.zip.length} bytes, at most ${limit_bytes} are allowed. Its largest parts: ${largest(metafile)}.`,
    );
  }
  return { name, ...bundle };
}

/**
 * Bundles a module that exports `handler` with its imports, which `metafile` lists. Only `bundleFunctions`
 * leaves parts of the SDK out. Throws if it cannot be bundled.
 */
export async function bundleModule(
  path: string,
  options: BuildOptions = {},
): Promise<Omit<Bundle, "name"> & { metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [path],
    outfile: "main.cjs",
    bundle: true,
    write: false,
    platform: "node",
    target: "node22",
    format: "cjs", // as ESM the SDK loads slower, and its `require` of Node's modules fails
    mainFields: ["module", "main"], // "main" first would take the SDK's CommonJS, which cannot be trimmed
    minify: true,
    legalComments: "none",
    sourcemap: "external",
    metafile: true,
    logLevel: "silent", // errors are thrown
    tsconfigRaw: { compilerOptions: { alwaysStrict: true, verbatimModuleSyntax: true } },
    ...options,
  });
  const [sourceMap, main] = outputFiles?.map(({ contents }) => contents) ?? [];
  if (!sourceMap || !main || !metafile) throw new Error(`${path}: the bundler wrote no bundle or no source map.`);
  const files = { "index.mjs": Buffer.from(index), "main.cjs": main };
  return { files, zip: zipFiles(files), sourceMap, metafile };
}

function replace(replaced: Set<string>): Plugin {
  const contents = new Map(Object.entries(replacements));
  return {
    name: "replace",
    setup(bundler) {
      bundler.onResolve({ filter: /^(@|\.)/ }, ({ path, resolveDir }) => {
        const content = contents.get(path);
        if (content === undefined || !resolveDir.includes("node_modules")) return undefined;
        replaced.add(path);
        // Each client has a ./runtimeConfig of its own.
        const unique = path.startsWith(".") ? join(resolveDir, path) : path;
        return {
          path: unique,
          namespace: "replaced",
          sideEffects: false,
          pluginData: { contents: content, resolveDir },
        };
      });
      bundler.onLoad({ filter: /.*/, namespace: "replaced" }, ({ pluginData }) => pluginData as OnLoadResult);
    },
  };
}

function expectTrimmed(name: string, metafile: Metafile, replaced: Set<string>): void {
  const inputs = Object.keys(metafile.inputs);
  if (!inputs.some((path) => path.includes("@aws-sdk/client-dynamodb/"))) return;
  const idle = Object.keys(replacements).filter((module) => !replaced.has(module));
  if (idle.length > 0)
    throw new Error(
      `${name}: nothing imports ${idle.join(", ")} any more: the SDK's layout has changed, see infra/build/bundle.ts.`,
    );
  const heavy = partsOf(metafile).filter(([path]) => denied.test(path));
  if (heavy.length > 0)
    throw new Error(`${name}: the bundle must not contain ${heavy.map(([path]) => path).join(", ")}.`);
}

/** The files in a bundle and their bytes, largest first. */
function partsOf({ outputs }: Metafile): [path: string, bytes: number][] {
  return Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .map(([path, { bytesInOutput }]): [string, number] => [path, bytesInOutput])
    .filter(([, bytes]) => bytes > 0)
    .sort(([, one], [, other]) => other - one);
}

function largest(metafile: Metafile): string {
  return partsOf(metafile)
    .slice(0, 5)
    .map(([path, bytes]) => `${path} (${bytes} bytes)`)
    .join(", ");
}

/** Deflates in JavaScript: zlib's output differs between processors. */
function zipFiles(files: Record<string, Uint8Array>): Uint8Array {
  const readable = (0o100644 << 16) >>> 0;
  // Zip times are local and without a zone, so a local date gives the same bytes everywhere.
  return zipSync(files, { level: 9, mem: 12, mtime: new Date(1980, 0, 1, 12), os: 3, attrs: readable });
}

/** Renames into place, so that a function that starts at that moment never reads half a bundle. */
export function writeFile(path: string, bytes: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(bytes)) return;
  const unfinished = `${path}.${process.pid}.unfinished`;
  writeFileSync(unfinished, bytes);
  renameSync(unfinished, path);
}
