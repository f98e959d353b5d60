import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Edits } from "../github/repository.ts";

interface Table {
  attributes: Record<string, string>;
  hash_key: string;
  indexes: { hash_key: string; range_key: string }[];
}

/** Not one event would stay where it is: AWS can only replace the table. */
export const changeKey: Edits = {
  "infra/table.json": editTable(({ attributes, hash_key, ...table }) => {
    const { [hash_key]: type = "S", ...others } = attributes;
    return { ...table, attributes: { ...others, key: type }, hash_key: "key" };
  }),
};

/** The first index, with the attributes that only it needed: Terraform refuses those that are no key of anything. */
export const dropIndex: Edits = {
  "infra/table.json": editTable(({ attributes, indexes: [, ...indexes], ...table }) => {
    const keys = [table.hash_key, ...indexes.flatMap(({ hash_key, range_key }) => [hash_key, range_key])];
    return {
      ...table,
      attributes: Object.fromEntries(Object.entries(attributes).filter(([name]) => keys.includes(name))),
      indexes,
    };
  }),
};

/** What staging has in a rehearsal, in its .tfvars. */
export const severalShards = "index_shards = 4\n";

/** Lists would no longer ask three of the shards. */
export const lowerShards: Edits = {
  "infra/environments/staging.tfvars": (before) => before.replace(severalShards, ""),
};

/** Reading an event fails, and nothing that is built or planned shows it. */
export const breakGetEvent: Edits = {
  "functions/get-event/handler.ts": () => 'export const handler = () => Promise.reject(new Error("A mistake."));\n',
};

/** No deploy role may ever make a user: it would have a key. */
export const makeUser: Edits = {
  "infra/user.tf": () => 'resource "aws_iam_user" "this" {\n  name = local.name\n}\n',
};

const zip = "create-event.zip";

/** Flips one bit in a zip of the artifact. */
export function exchangeZip(folder: string): void {
  const bytes = readFileSync(join(folder, zip));
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  writeFileSync(join(folder, zip), bytes);
}

/** The same, with the checksum that the other zip has: then only the build's own digest of the checksums is left. */
export function exchangeZipAndSums(folder: string): void {
  exchangeZip(folder);
  const sums = join(folder, "SHA256SUMS");
  const checksum = createHash("sha256")
    .update(readFileSync(join(folder, zip)))
    .digest("hex");
  const before = readFileSync(sums, "utf8");
  const after = before.replace(new RegExp(`^.*(?=  ${zip}$)`, "m"), checksum);
  if (after === before) throw new Error(`${sums} does not list ${zip}.`);
  writeFileSync(sums, after);
}

function editTable(edit: (table: Table) => Table): (before: string) => string {
  return (before) => JSON.stringify(edit(JSON.parse(before) as Table));
}
