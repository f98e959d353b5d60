import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { bundleFunctions, bundleModules, writeBundles, zipBundle } from "../../build/bundle.ts";
import type { Operation } from "./requests.ts";

/** One way to write the API, ready to run. */
export interface Variant {
  name: string;
  /** The module that exports `handler`: index.mjs, or one in Python. */
  artifacts: Record<Operation, string>;
  /** Its environment variables besides the common ones. */
  environment?: Record<string, string>;
  /** Statuses that it never gives: the limit is not a whole API. */
  lacks?: number[];
  /** Whether it runs another variant's code and differs only in a cold start. */
  isTwin?: boolean;
}

export const ours = "ours";
export const unprimed = "ours, not primed";
export const limit = "signed by hand";
export const primedLimit = "signed by hand, primed";
export const hono = "hono";
export const express = "express + serverless-http";
export const fastapi = "FastAPI + Mangum + boto3";

/** Those also measured with network latency. */
export const primable = [ours, unprimed, primedLimit, limit];

const notPrimed = { environment: { PRIMING: "off" } };
const peersPath = join(import.meta.dirname, "peers");
const peers = [
  { name: limit, module: "raw-https", lacks: [400, 409], ...notPrimed },
  { name: primedLimit, module: "raw-https", lacks: [400, 409], isTwin: true },
  { name: "the same code, AWS SDK as it comes", module: "no-framework" },
  { name: hono, module: "hono" },
  { name: "Powertools event handler", module: "powertools" },
  { name: "middy + zod", module: "middy-zod" },
  { name: express, module: "express" },
  { name: "fastify + @fastify/aws-lambda", module: "fastify" },
];

/**
 * Builds every variant into `path`: our functions as `npm run build` does, the others in Node.js by the same bundler
 * with the same settings, but with the complete SDK.
 */
export async function buildVariants(path: string, hasPython: boolean) {
  const bundles = await bundleFunctions();
  const [create, get] = ["create-event", "get-event"].map((name) => bundles.find((each) => each.name === name));
  if (!create || !get) throw new Error("The functions create-event and get-event are measured: one is missing.");
  const modules = [...new Set(peers.map(({ module }) => module))];
  const built = await bundleModules(modules.map((name) => ({ name, path: join(peersPath, `${name}.ts`) })));
  writeBundles([create, get, ...built], path);
  const handlerOf = (name: string) => join(path, name, "index.mjs");
  const own = { name: ours, artifacts: { create: handlerOf(create.name), get: handlerOf(get.name) } };
  const inNode = peers.map((peer) => ({ ...peer, artifacts: both(handlerOf(peer.module)) }));
  const inPython = { name: fastapi, artifacts: both(join(peersPath, "fastapi_mangum.py")) };
  const variants: Variant[] = [own, { ...own, ...notPrimed, name: unprimed, isTwin: true }, ...inNode];
  if (hasPython) variants.push(inPython);
  return { variants, zip_bytes: { create: zipBundle(create).length, get: zipBundle(get).length } };
}

function both(artifact: string): Variant["artifacts"] {
  return { create: artifact, get: artifact };
}

/** Lambda's version of Node.js, from the peers' lock file. */
export const lambdaNode = join(import.meta.dirname, `node_modules/node-linux-${process.arch}/bin/node`);

export interface Python {
  /** The interpreter itself: a version manager's shim would add 50 ms. */
  executable: string;
  /** Its version and those of its packages. */
  description: string;
  /** The path of its packages: it runs without `site`, which Lambda does not need to find them. */
  paths: string[];
  /** The certificates that botocore trusts. */
  certificates: string;
}

const pythonQuestion = `
import importlib.metadata, json, os, sys
import boto3, botocore, fastapi, mangum, pydantic
packages = ["boto3", "fastapi", "mangum", "pydantic", "starlette"]
print(json.dumps({
    "executable": sys.executable,
    "description": ", ".join([sys.version.split()[0], *(f"{name} {importlib.metadata.version(name)}" for name in packages)]),
    "paths": [path for path in sys.path if path.endswith("-packages")],
    "certificates": os.path.join(os.path.dirname(botocore.__file__), "cacert.pem"),
}))
`;

/** PYTHON, by default python3. Throws if it lacks the packages of requirements.txt. */
export function findPython(): Python {
  const command = process.env["PYTHON"] ?? "python3";
  const { status, stdout, stderr, error } = spawnSync(command, ["-c", pythonQuestion], { encoding: "utf8" });
  if (status !== 0)
    throw new Error(
      `${command}: ${error?.message ?? stderr.trim().split("\n").at(-1) ?? ""}. Set PYTHON to an interpreter with the packages of infra/verification/bench/requirements.txt`,
    );
  return JSON.parse(stdout) as Python;
}
