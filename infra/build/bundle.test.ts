import { hash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { bundleFunctions, writeBundles, zipBundle } from "./bundle.ts";
import { root } from "./functions.ts";
import { scratchFolder } from "../testing/scratch.ts";

/** A folder of functions that can import this project's packages. */
function functionsFolder(files: Record<string, string>): string {
  const folder = scratchFolder(files);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** The bundles and their zips. */
async function build(functionsPath?: string, limit_bytes?: number) {
  const bundles = await bundleFunctions(functionsPath);
  return bundles.map((bundle) => ({ ...bundle, zip: zipBundle(bundle, limit_bytes) }));
}

/** A name and a digest for each: toEqual takes a tenth of a second for two bundles. */
function digestsOf(files: Record<string, Uint8Array>): string[][] {
  return Object.entries(files).map(([name, bytes]) => [name, hash("sha256", bytes)]);
}

function zipsOf(bundles: Awaited<ReturnType<typeof build>>): Record<string, Uint8Array> {
  return Object.fromEntries(bundles.map(({ name, zip }) => [name, zip]));
}

const real = await build();
const names = ["index.mjs", "main.cjs"];

describe("a build", () => {
  test("has the same bytes in another folder, at another time, in another time zone", async () => {
    const elsewhere = functionsFolder({});
    cpSync(join(root, "functions"), elsewhere, { recursive: true });
    vi.stubEnv("TZ", "Asia/Tokyo");
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(digestsOf(zipsOf(await build(elsewhere)))).toEqual(digestsOf(zipsOf(real)));
  });

  test.each(real)("zips $name as two readable files, within 32 KB", ({ zip, files }) => {
    expect(zip.length).toBeLessThanOrEqual(32 * 1024);
    expect(Object.keys(files)).toEqual(names);
    expect(digestsOf(unzipSync(zip))).toEqual(digestsOf(files));
  });

  test("writes the zip's files and the map, and no temporary files", () => {
    const dist = scratchFolder();
    writeBundles(real, dist);
    writeBundles(real, dist);
    expect(readdirSync(dist).sort()).toEqual(real.flatMap(({ name }) => [name, `${name}.map`]).sort());
    for (const { name, files } of real) {
      expect(readdirSync(join(dist, name)).sort()).toEqual(names);
      const written = names.map((file) => [file, readFileSync(join(dist, name, file))] as const);
      expect(digestsOf(Object.fromEntries(written))).toEqual(digestsOf(files));
    }
  });
});

describe("a build fails", () => {
  test.each([
    [
      "over budget, with the largest parts",
      1000,
      'import { Sha256 } from "@smithy/core/checksum"; export const handler = () => new Sha256();',
      /^f: the zip has \d+ bytes, at most 1000 are allowed\. Its largest parts: .*node_modules.* \(\d+ bytes\)/,
    ],
    [
      "with the SDK's CommonJS inside",
      undefined,
      'export * from "../node_modules/@smithy/signature-v4/dist-cjs/index.js";',
      /^f: the bundle must not contain .*dist-cjs/,
    ],
    [
      "with the SDK's client inside",
      undefined,
      'import { DynamoDBClient } from "@aws-sdk/client-dynamodb"; export const handler = () => new DynamoDBClient();',
      /^f: the bundle must not contain .*MiddlewareStack\.js.*\. Send commands as functions\/_shared\/table\.ts does/,
    ],
    [
      "with a syntax error",
      undefined,
      "export const = 1;",
      /handler\.ts:1:13: ERROR: Expected identifier but found "="/,
    ],
    ["without a package", undefined, 'import "no-such-package";', /Could not resolve "no-such-package"/],
  ])("%s", async (_what, limit_bytes, handler, message) => {
    const folder = functionsFolder({ "f/function.json": '{"actions": []}', "f/handler.ts": handler });
    await expect(build(folder, limit_bytes)).rejects.toThrow(message);
  });
});
