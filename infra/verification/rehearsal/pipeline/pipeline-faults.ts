import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Fault } from "../gate/gate.ts";
import type { Edits } from "../github/repository.ts";

interface Table {
  attributes: Record<string, string>;
  hash_key: string;
  indexes: { hash_key: string; range_key: string }[];
}

export const losses: Record<string, Edits> = {
  "another key for the table": editTable(({ attributes, hash_key, ...table }) => {
    const { [hash_key]: type = "S", ...others } = attributes;
    return { ...table, attributes: { ...others, key: type }, hash_key: "key" };
  }),
  // With the attributes that only it needed: Terraform refuses those that are no key of anything.
  "a table with an index less": editTable(({ attributes, indexes: [, ...indexes], ...table }) => {
    const keys = [table.hash_key, ...indexes.flatMap(({ hash_key, range_key }) => [hash_key, range_key])];
    const kept = Object.entries(attributes).filter(([name]) => keys.includes(name));
    return { ...table, attributes: Object.fromEntries(kept), indexes };
  }),
  "fewer shards of the indexes": {
    "infra/environments/staging.tfvars": (before) => before.replace(severalShards, ""),
  },
};

/** What staging has in a rehearsal, in its .tfvars. */
export const severalShards = "index_shards = 4\n";

/** Reading an event fails, and nothing that is built or planned shows it. */
export const breakGetEvent: Edits = {
  "functions/get-event/handler.ts": () => 'export const handler = () => Promise.reject(new Error("A mistake."));\n',
};

/** No deploy role may ever make a user: it would have a key. */
export const makeUser: Edits = {
  "infra/user.tf": () => 'resource "aws_iam_user" "this" {\n  name = local.name\n}\n',
};

/** As AWS does at times with the first stage of an API: https://github.com/hashicorp/terraform-provider-aws/issues/46610 */
export const noLogDelivery: Fault = {
  call: /^apigateway POST \S+\/stages$/,
  body: '"stageName":"staging"',
  error: [404, "NotFoundException", "Cannot find log delivery named: abcdefghij_.staging"],
};

const zip = "create-event.zip";

/** With the checksum that the other zip has, only the build's own digest of the checksums is left. */
export const tamperings: Record<string, (folder: string) => void> = {
  "a zip": exchangeZip,
  "a zip and its checksum": (folder) => {
    exchangeZip(folder);
    const checksum = createHash("sha256").update(readFileSync(join(folder, zip)));
    const sums = join(folder, "SHA256SUMS");
    const before = readFileSync(sums, "utf8");
    const after = before.replace(new RegExp(`^.*(?=  ${zip}$)`, "m"), checksum.digest("hex"));
    if (after === before) throw new Error(`${sums} does not list ${zip}.`);
    writeFileSync(sums, after);
  },
};

function exchangeZip(folder: string): void {
  const bytes = readFileSync(join(folder, zip));
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  writeFileSync(join(folder, zip), bytes);
}

function editTable(edit: (table: Table) => Table): Edits {
  return { "infra/table.json": (before) => JSON.stringify(edit(JSON.parse(before) as Table)) };
}
