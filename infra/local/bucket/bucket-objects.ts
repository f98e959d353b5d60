import { hash } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";

export interface StoredObject {
  bytes: Buffer;
  /** Headers that were uploaded with the bytes and are sent with them; always has content-type. */
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

/** What to do about data that cannot be used. */
export const remedy = "Repair it, move it away, or use another folder with npm start -- --data FOLDER.";

/**
 * Keeps objects in a folder, each as two files: its bytes, and their metadata in a .json file. Files are named by the
 * key's SHA-256, because a key may be longer than a file name, differ from another only in case, or leave the folder
 * with `..`. Everything is synchronous, so that nothing happens between a check and a write. Throws if the folder has
 * files that `set` did not write, or not completely.
 */
export function objectsIn(folder: string): Objects {
  const pathOf = (key: string) => join(folder, hash("sha256", key));
  const hasObject = (key: string) => fs.existsSync(pathOf(key)) && fs.existsSync(`${pathOf(key)}.json`);
  const descriptions = () => fs.readdirSync(folder).filter((name) => name.endsWith(".json"));
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK);
  } catch (error) {
    throw new Error(`Images cannot be kept in ${folder}: ${String(error)}. ${remedy}`, { cause: error });
  }
  for (const name of descriptions()) {
    const { key, size } = readDescription(join(folder, name));
    const path = pathOf(key);
    if (`${path}.json` !== join(folder, name)) throw new Error(notAnImage(join(folder, name)));
    if (size !== undefined && fs.existsSync(path) && fs.statSync(path).size !== size) throw new Error(notAnImage(path));
  }
  return {
    has: hasObject,
    get(key) {
      if (!hasObject(key)) return undefined;
      const path = pathOf(key);
      const { metadata } = readDescription(`${path}.json`);
      return { bytes: fs.readFileSync(path), metadata, lastModified: fs.statSync(path).mtime };
    },
    set(key, { bytes, metadata }) {
      const path = pathOf(key);
      // The description last: it makes the object exist.
      replaceFiles({ [path]: bytes, [`${path}.json`]: JSON.stringify({ key, size: bytes.length, metadata }) });
    },
    delete(key) {
      fs.rmSync(`${pathOf(key)}.json`, { force: true });
      fs.rmSync(pathOf(key), { force: true });
    },
    keys: () => descriptions().map((name) => readDescription(join(folder, name)).key),
  };
}

function readDescription(file: string) {
  try {
    const description = JSON.parse(fs.readFileSync(file, "utf8")) as {
      key: string;
      size?: number;
      metadata: StoredObject["metadata"];
    };
    if (typeof description.key === "string" && typeof description.metadata["content-type"] === "string")
      return description;
  } catch {
    // Reported below.
  }
  throw new Error(notAnImage(file));
}

function notAnImage(file: string): string {
  return `${file} is damaged, or not an image's file. ${remedy}`;
}

/** Replaces all files, or none if the disk is full; each completely, even if the process is killed. */
function replaceFiles(contents: Record<string, Buffer | string>): void {
  const paths = Object.keys(contents);
  try {
    for (const [path, content] of Object.entries(contents)) fs.writeFileSync(`${path}.new`, content);
    for (const path of paths) fs.renameSync(`${path}.new`, path);
  } catch (error) {
    for (const path of paths) fs.rmSync(`${path}.new`, { recursive: true, force: true });
    throw new Error(`${paths.join(" and ")} cannot be written: ${String(error)}.`, { cause: error });
  }
}

/** S3's ETag of an object uploaded in one piece, without the quotes. */
export function eTagOf(bytes: Buffer): string {
  return hash("md5", bytes);
}
