import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleFunctions, bundleModule, writeBundles } from "../../build/bundle.ts";
import { root } from "../../build/functions.ts";
import type { Operation } from "./requests.ts";

/** One way to write the API, ready to run. */
export interface Variant {
  name: string;
  runtime: "node" | "python";
  /** The module that exports `handler`, by what it can do. */
  artifacts: Partial<Record<Operation, string>>;
  /** Absent where there is no zip to weigh. */
  zip_bytes: Partial<Record<Operation, number>>;
  /** The statuses it is built to give: the limits are no whole API. */
  statuses: number[];
  usesDatabase: boolean;
}

export const ours = "ours";
export const floor = "empty handler";
export const limit = "raw HTTPS, signed by hand";
export const unbundled = "the same code, AWS SDK not bundled";
export const express = "express + serverless-http";
export const middy = "middy + zod";
export const fastapi = "FastAPI + Mangum + boto3";

const wholeApi = { statuses: [200, 201, 204, 400, 404, 409], usesDatabase: true };
const peersPath = join(import.meta.dirname, "peers");
const peers = [
  { name: floor, file: "empty.ts", statuses: [200, 201], usesDatabase: false },
  { name: limit, file: "raw-https.ts", statuses: [200, 201, 404] },
  { name: "the same code, AWS SDK as it comes", file: "no-framework.ts" },
  { name: "hono", file: "hono.ts" },
  { name: "Powertools event handler", file: "powertools.ts" },
  { name: middy, file: "middy-zod.ts" },
  { name: express, file: "express.ts" },
  { name: "fastify + @fastify/aws-lambda", file: "fastify.ts" },
  // The SDK in node_modules, as Lambda finds it in a zip with all packages in it.
  { name: unbundled, file: "no-framework.ts", isUnbundled: true },
];
const pythonPeers = { "boto3 alone": "boto3_alone.py", [fastapi]: "fastapi_mangum.py" };

const functions: Record<Operation, string> = {
  create: "create-event",
  get: "get-event",
  list: "list-events",
  update: "update-event",
  delete: "delete-event",
  upload: "create-upload-url",
};

/**
 * Builds every Node.js variant into `path`: our functions as `npm run build` makes them, the others by
 * the same bundler with the same settings, but with an SDK from which nothing is left out.
 */
export async function buildVariants(path: string): Promise<Variant[]> {
  mkdirSync(path, { recursive: true });
  symlinkSync(join(root, "node_modules"), join(path, "node_modules")); // for what is not bundled
  return Promise.all([buildOurs(path), ...peers.map((peer) => buildPeer(path, peer))]);
}

async function buildOurs(path: string): Promise<Variant> {
  const bundles = await bundleFunctions();
  writeBundles(bundles, path);
  const variant: Variant = { ...wholeApi, name: ours, runtime: "node", artifacts: {}, zip_bytes: {} };
  for (const [operation, name] of Object.entries(functions) as [Operation, string][]) {
    const bundle = bundles.find((each) => each.name === name);
    if (!bundle) continue; // a fork may have no need of it
    variant.artifacts[operation] = join(path, name, "index.cjs");
    variant.zip_bytes[operation] = bundle.zip.length;
  }
  return variant;
}

async function buildPeer(
  path: string,
  { name, file, isUnbundled = false, ...about }: (typeof peers)[number],
): Promise<Variant> {
  const { files, zip } = await bundleModule(join(peersPath, file), isUnbundled ? { packages: "external" } : {});
  const folder = join(path, name.replaceAll(/\W+/g, "-"));
  mkdirSync(folder);
  for (const [part, bytes] of Object.entries(files)) writeFileSync(join(folder, part), bytes);
  const artifact = join(folder, "index.cjs");
  return {
    ...wholeApi,
    ...about,
    name,
    runtime: "node",
    artifacts: { create: artifact, get: artifact },
    zip_bytes: isUnbundled ? {} : { create: zip.length, get: zip.length },
  };
}

export interface Python {
  /** The interpreter itself: a shim of a version manager would take 50 ms before it. */
  executable: string;
  version: string;
  /** Where its packages are; it runs without `site`, which Lambda's does not need to find them. */
  paths: string[];
  /** Certificates that botocore trusts. */
  certificates: string;
  versions: Record<string, string>;
}

const pythonQuestion = `
import importlib.metadata, json, os, sys
import boto3, botocore, fastapi, mangum, pydantic
packages = ["boto3", "fastapi", "mangum", "pydantic", "starlette"]
print(json.dumps({
    "executable": sys.executable,
    "version": sys.version.split()[0],
    "paths": [path for path in sys.path if path.endswith("-packages")],
    "certificates": os.path.join(os.path.dirname(botocore.__file__), "cacert.pem"),
    "versions": {name: importlib.metadata.version(name) for name in packages},
}))
`;

/** The Python variants where PYTHON (python3 if not set) has the packages of requirements.txt, else why there are none. */
export function findPython(): { python?: Python; variants: Variant[]; missing?: string } {
  const command = process.env["PYTHON"] ?? "python3";
  const { status, stdout, stderr, error } = spawnSync(command, ["-c", pythonQuestion], { encoding: "utf8" });
  if (status !== 0)
    return { variants: [], missing: `${command}: ${error?.message ?? stderr.trim().split("\n").at(-1) ?? ""}` };
  const variants = Object.entries(pythonPeers).map(([name, file]): Variant => {
    const artifact = join(peersPath, file);
    return { ...wholeApi, name, runtime: "python", artifacts: { create: artifact, get: artifact }, zip_bytes: {} };
  });
  return { python: JSON.parse(stdout) as Python, variants };
}
