import { toItem } from "../../../functions/_shared/stored-event.ts";
import type { Event } from "../../../functions/_shared/event.ts";

/** What a partition of DynamoDB writes in a second, and so one key of an index: new events are all at its end. */
const partition_writes_per_s = 1_000;

const organizers = 10_000;

/**
 * How many creates per second get through where so many are tried, all of one status and one type, and
 * each key of an index takes 1,000 writes a second: an index that cannot follow throttles the table. The
 * clock is a count of seconds, and nothing is carried from one to the next: DynamoDB lets a partition
 * that was idle write more for some minutes.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/gsi-throttling.html
 */
export function createsPerSecond(shards: number, tried_per_s: number, seconds = 3): number {
  let created = 0;
  for (let second = 0; second < seconds; second++) {
    const written = new Map<string, number>();
    for (let n = 0; n < tried_per_s; n++) {
      const keys = indexKeysOf(second * tried_per_s + n, shards);
      if (keys.some((key) => (written.get(key) ?? 0) >= partition_writes_per_s)) continue;
      for (const key of keys) written.set(key, (written.get(key) ?? 0) + 1);
      created++;
    }
  }
  return Math.round(created / seconds);
}

/** One key of each index, as the functions write them. */
function indexKeysOf(n: number, shards: number): string[] {
  const createdAt = new Date(Date.UTC(2026, 0, 1) + n).toISOString();
  const event: Event = {
    id: `event-${n}`,
    type: "event",
    title: "x",
    organizer: `organizer-${n % organizers}`,
    status: "active",
    createdAt,
    updatedAt: createdAt,
    version: 1,
    incarnation: "x",
  };
  const item = toItem(event, event, "x", shards);
  return ["byStatus", "byType", "byOrganizer"].map((name) => `${name} ${item[name]?.S ?? ""}`);
}
