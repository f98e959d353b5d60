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

const all = [200, 201, 204, 400, 404, 409];

const peers = [
  { name: floor, file: "empty.ts", statuses: [200, 201], usesDatabase: false },
  { name: limit, file: "raw-https.ts", statuses: [200, 201, 404], usesDatabase: true },
  { name: "the same code, AWS SDK as it comes", file: "no-framework.ts", statuses: all, usesDatabase: true },
  { name: "hono", file: "hono.ts", statuses: all, usesDatabase: true },
  { name: "Powertools event handler", file: "powertools.ts", statuses: all, usesDatabase: true },
  { name: middy, file: "middy-zod.ts", statuses: all, usesDatabase: true },
  { name: express, file: "express.ts", statuses: all, usesDatabase: true },
  { name: "fastify + @fastify/aws-lambda", file: "fastify.ts", statuses: all, usesDatabase: true },
];

const peersPath = join(import.meta.dirname, "peers");

/**
 * Builds every Node.js variant into `path`: our functions as `npm run build` makes them, the others by
 * the same bundler with the same settings, but with an SDK from which nothing is left out.
 */
export async function buildVariants(path: string): Promise<Variant[]> {
  mkdirSync(path, { recursive: true });
  symlinkSync(join(root, "node_modules"), join(path, "node_modules")); // for what is not bundled
  return [
    await buildOurs(path),
    ...(await Promise.all(peers.map((peer) => buildPeer(path, peer)))),
    await buildUnbundled(path),
  ];
}

const functions: Record<Operation, string> = {
  create: "create-event",
  get: "get-event",
  list: "list-events",
  update: "update-event",
  delete: "delete-event",
  upload: "create-upload-url",
};

async function buildOurs(path: string): Promise<Variant> {
  const bundles = new Map((await bundleFunctions()).map((bundle) => [bundle.name, bundle]));
  writeBundles([...bundles.values()], path);
  const variant: Variant = {
    name: ours,
    runtime: "node",
    artifacts: {},
    zip_bytes: {},
    statuses: all,
    usesDatabase: true,
  };
  for (const [operation, name] of Object.entries(functions) as [Operation, string][]) {
    const bundle = bundles.get(name);
    if (!bundle) continue; // a fork may have no need of it
    variant.artifacts[operation] = join(path, name, "index.cjs");
    variant.zip_bytes[operation] = bundle.zip.length;
  }
  return variant;
}

async function buildPeer(path: string, { name, file, ...about }: (typeof peers)[number]): Promise<Variant> {
  const { files, zip } = await bundleModule(join(peersPath, file));
  const artifact = write(path, file, files);
  return {
    name,
    runtime: "node",
    ...about,
    artifacts: { create: artifact, get: artifact },
    zip_bytes: { create: zip.length, get: zip.length },
  };
}

/** The SDK in node_modules, as Lambda finds it in a zip with all packages in it. */
async function buildUnbundled(path: string): Promise<Variant> {
  const { files } = await bundleModule(join(peersPath, "no-framework.ts"), { packages: "external" });
  const artifact = write(path, "unbundled", files);
  return {
    name: unbundled,
    runtime: "node",
    artifacts: { create: artifact, get: artifact },
    zip_bytes: {},
    statuses: all,
    usesDatabase: true,
  };
}

function write(path: string, name: string, files: Record<string, Uint8Array>): string {
  mkdirSync(join(path, name));
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(path, name, file), bytes);
  return join(path, name, "index.cjs");
}

const pythonPeers = { "boto3 alone": "boto3_alone.py", [fastapi]: "fastapi_mangum.py" };

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
    return {
      name,
      runtime: "python",
      artifacts: { create: artifact, get: artifact },
      zip_bytes: {},
      statuses: all,
      usesDatabase: true,
    };
  });
  return { python: JSON.parse(stdout) as Python, variants };
}
