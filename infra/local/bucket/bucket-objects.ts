import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface StoredObject {
  bytes: Buffer;
  /** Headers that came with the bytes and go out with them again; content-type always. */
  metadata: Record<string, string>;
  lastModified: Date;
}

export interface Objects {
  has: (key: string) => boolean;
  get: (key: string) => StoredObject | undefined;
  set: (key: string, object: StoredObject) => unknown;
  delete: (key: string) => unknown;
  keys: () => Iterable<string>;
}

/**
 * Keeps objects in a folder, each as two files: its bytes, and what is known of them in a .json beside. They are named
 * by the key's SHA-256, because a key may be longer than a file name, differ from another in its case only, or climb
 * out with `..`. All of it is synchronous, so that nothing happens between a look and a write.
 */
export function objectsIn(folder: string): Objects {
  mkdirSync(folder, { recursive: true });
  const pathOf = (key: string) => join(folder, createHash("sha256").update(key).digest("hex"));
  const hasObject = (key: string) => existsSync(pathOf(key)) && existsSync(`${pathOf(key)}.json`);
  return {
    has: hasObject,
    get(key) {
      if (!hasObject(key)) return undefined;
      const path = pathOf(key);
      const { metadata } = readDescription(`${path}.json`);
      return { bytes: readFileSync(path), metadata, lastModified: statSync(path).mtime };
    },
    set(key, { bytes, metadata }) {
      const path = pathOf(key);
      replaceFile(path, bytes);
      replaceFile(`${path}.json`, JSON.stringify({ key, metadata })); // last: from now on the object exists
    },
    delete(key) {
      rmSync(`${pathOf(key)}.json`, { force: true });
      rmSync(pathOf(key), { force: true });
    },
    keys: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .map((name) => readDescription(join(folder, name)).key),
  };
}

function readDescription(file: string): { key: string } & Pick<StoredObject, "metadata"> {
  return JSON.parse(readFileSync(file, "utf8")) as { key: string } & Pick<StoredObject, "metadata">;
}

/** All of it or nothing, also when the process is killed. */
function replaceFile(path: string, content: Buffer | string): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

/** S3's ETag of an object that came in one piece, without the quotes. */
export function eTagOf(bytes: Buffer): string {
  return createHash("md5").update(bytes).digest("hex");
}
