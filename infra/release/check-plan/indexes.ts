import { blocks, type Change, type Values } from "./plan.ts";

/** What DynamoDB can change in place; for any other change the provider deletes the index. */
const updatable = new Set(["read_capacity", "write_capacity", "on_demand_throughput", "warm_throughput"]);

/**
 * A text for each index that a table would lose. A value known only after apply is absent from `after` and
 * so counts as changed: an unknown name proves nothing.
 *
 * The rules are those of updateDiffGSI in the AWS provider's internal/service/dynamodb/table.go.
 */
export function lostIndexes({ before, after, secret }: Change): string[] {
  return ["global_secondary_index", "local_secondary_index"].flatMap((block) => {
    const kept = new Map(blocks(after[block]).map((index) => [index["name"], index]));
    const isSecret = JSON.stringify(secret[block] ?? false).includes("true");
    return blocks(before[block]).flatMap((index) => {
      const { name } = index;
      const loss = lossOf(index, typeof name === "string" ? kept.get(name) : undefined);
      return loss === undefined ? [] : [`${isSecret ? "an index" : `the index ${String(name)}`} would be ${loss}`];
    });
  });
}

function lossOf(before: Values, after: Values | undefined): string | undefined {
  if (!after) return "deleted, and its queries would fail";
  const isOther = definitionOf(before, after) !== definitionOf(after, before);
  if (!isOther && !isLowered(before, after)) return undefined;
  const change = isOther ? "its keys or its projection change" : "its warm throughput is lowered";
  return `deleted and rebuilt, because ${change}: its queries would fail until then`;
}

/** All of an index that cannot be updated in place, to compare: an empty value counts as none, and a set has no order. */
function definitionOf(index: Values, other: Values): string {
  // The provider has the keys as hash_key and range_key and, from 6.x, as key_schema; it reads the former first.
  const isKeyed = index["hash_key"] === other["hash_key"] && !isEmpty(index["hash_key"]);
  const fixed = Object.entries(index)
    .filter(([name, value]) => !updatable.has(name) && !isEmpty(value) && !(name === "key_schema" && isKeyed))
    .map(([name, value]) => [name, name === "non_key_attributes" ? sorted(value) : value]);
  return JSON.stringify(fixed.sort());
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.map(String).sort() : value;
}

function isLowered(before: Values, after: Values): boolean {
  const [old] = blocks(before["warm_throughput"]);
  const [now] = blocks(after["warm_throughput"]);
  if (!old || !now) return false; // an unset value stays unchanged
  return ["read_units_per_second", "write_units_per_second"].some(
    (unit) => Number(now[unit] ?? 0) < Number(old[unit] ?? 0),
  );
}
