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
  // Also removes the attributes that only this index needed: Terraform refuses attributes that are no key.
  "a table with one index less": editTable(({ attributes, indexes: [, ...indexes], ...table }) => {
    const keys = [table.hash_key, ...indexes.flatMap(({ hash_key, range_key }) => [hash_key, range_key])];
    const kept = Object.entries(attributes).filter(([name]) => keys.includes(name));
    return { ...table, attributes: Object.fromEntries(kept), indexes };
  }),
  "fewer shards of the indexes": {
    "infra/environments/staging.tfvars": (before) => before.replace(severalShards, ""),
  },
};

/** Staging's .tfvars in a rehearsal. */
export const severalShards = "index_shards = 4\n";

/** As in infra/README.md under "Sign in"; with mail and traces, because nothing else here needs their permissions. */
export const turnSignInOn: Edits = {
  "infra/environments/staging.tfvars": (before) =>
    `${before}\nauth = { create_user_pool = true }\nalarm_email = "on-call@example.com"\ntracing = true\n`,
};

/** Reading an event fails, which neither the build nor the plan shows. */
export const breakGetEvent: Edits = {
  "functions/get-event/handler.ts": () => 'export const handler = () => Promise.reject(new Error("A mistake."));\n',
};

/** No deploy role may ever create a user, which could have a key. */
export const makeUser: Edits = {
  "infra/user.tf": () => 'resource "aws_iam_user" "this" {\n  name = local.name\n}\n',
};

/** As AWS sometimes does with an API's first stage: https://github.com/hashicorp/terraform-provider-aws/issues/46610 */
export const noLogDelivery: Fault = {
  call: /^apigateway POST \S+\/stages$/,
  body: '"stageName":"staging"',
  error: [404, "NotFoundException", "Cannot find log delivery named: abcdefghij_.staging"],
};

const zip = "create-event.zip";

/** With the other zip's checksum only the build's digest of the checksums can reveal it. */
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
