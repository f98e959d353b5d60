import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { rules, statuses } from "../_shared/event.ts";
import { endpoint, type Caller, type Request } from "../_shared/http.ts";
import { fieldsOf } from "../_shared/representation.ts";
import { fromItem, shardKey, toAttributes, type Item } from "../_shared/stored-event.ts";
import { aliasesIn, prime, send, shards, tableName } from "../_shared/table.ts";
import { parseCursor, toCursor } from "./cursor.ts";
import { parseQuery } from "./query-string.ts";

/** The keys of the indexes by-organizer and so on, most selective first: an organizer has few events, a status many. */
const keyNames = { organizer: "byOrganizer", type: "byType", status: "byStatus" } as const;
const filterNames = Object.keys(keyNames) as (keyof typeof keyNames)[];

type Filter = [name: keyof typeof keyNames, value: string];

/** Items, newest first, down to the position `next`, or to the end if that is empty. */
interface Page {
  items: Item[];
  next: string;
}

/**
 * Lists events without their payload, newest first, from the eventually consistent indexes. query-string.ts
 * reads the query, and cursor.ts the cursor in it.
 *
 * A page reads at most `limit` + 1 items of each key, or 1,000 in total with several filters. Without its
 * payload an item has at most 8 KB, and half a read unit reads 4 KB: 100 events of one key cost at most 101
 * units, or 7 with items of 500 bytes. So no query reaches its limit of 1 MB, except with several filters,
 * and no response reaches Lambda's limit of 6 MB.
 */
export const handler = endpoint(async (request, caller) => {
  const { filters, limit, after } = parseListQuery(request, caller);
  const [first, ...others] = filters;

  const keys = first ? keysOf(first) : statuses.flatMap((status) => keysOf(["status", status]));
  const maxRead = others.length > 0 ? Math.floor(1_000 / keys.length) : limit + 1;
  const pages = await Promise.all(keys.map((key) => readIndex(key, others, limit, maxRead, after)));
  const { items, next } = merge(pages, limit);

  const events = items.map((item) => fieldsOf(fromItem(item)));
  return { status: 200, body: { events, next: next === "" ? undefined : toCursor(next, filters) } };
});

export const primed = prime(toCommand(["status", "."], [], "", 1));

/** Stands for the caller, who then need not decode the token to find its sub. */
const me = "me";

function parseListQuery(request: Request, caller: Caller) {
  const query = parseQuery(request, {
    status: rules.status,
    organizer: (value) =>
      value === me && caller === undefined
        ? "must not be me: tokens are off, so there is no caller"
        : rules.organizer(value),
    type: rules.type,
    limit: (value) => (/^([1-9]\d?|100)$/.test(value) ? undefined : "must be an integer from 1 to 100"),
    cursor: (value, others) =>
      parseCursor(value, toFilters(others, caller)) === undefined
        ? "must be the next of a response with the same filters"
        : undefined,
  });
  const { limit = "20", cursor = "" } = query;
  const filters = toFilters(query, caller);
  return { filters, limit: Number(limit), after: parseCursor(cursor, filters) ?? "" };
}

/** Replaces `me` by the caller, so that a cursor works only in that caller's list. */
function toFilters(query: Partial<Record<Filter[0], string>>, caller: Caller): Filter[] {
  return filterNames.flatMap((name): Filter[] => {
    const value = name === "organizer" && query[name] === me ? caller : query[name];
    return value === undefined ? [] : [[name, value]];
  });
}

/** A filter's keys in its index. There is no index of all events: it would put them all into one partition. */
function keysOf([name, value]: Filter): Filter[] {
  if (name === "organizer") return [[name, value]];
  return Array.from({ length: shards }, (_, shard): Filter => [name, shardKey(shard, value)]);
}

/** Ends where the first page ends: its unread items may precede older ones of another page. */
function merge(pages: Page[], limit: number): Page {
  const end =
    pages
      .map(({ next }) => next)
      .sort()
      .at(-1) ?? "";
  // By position, because an event whose status changes during the query may be on two pages.
  const items = new Map(pages.flatMap((page) => page.items).map((item) => [positionOf(item), item]));
  const newestFirst = [...items]
    .filter(([position]) => position >= end)
    .sort(([one], [other]) => (one < other ? 1 : -1));
  const page = newestFirst.slice(0, limit);
  const last = newestFirst.length > limit ? page.at(-1) : undefined;
  return { items: page.map(([, item]) => item), next: last?.[0] ?? end };
}

/**
 * Reads a key of an index until the page is full and it is known whether there is more. DynamoDB filters
 * after reading, so with other filters this also stops after `maxRead` items, or after a second.
 */
async function readIndex(key: Filter, others: Filter[], limit: number, maxRead: number, after: string): Promise<Page> {
  const started_ms = Date.now();
  const items: Item[] = [];
  let read = 0;
  let next = after;
  for (let count = limit + 1; ; count *= 4) {
    const answer = await send(toCommand(key, others, next, Math.min(count, maxRead - read)), "Retry the request.");
    items.push(...(answer.Items ?? []));
    read += answer.ScannedCount ?? 0;
    next = positionOf(answer.LastEvaluatedKey);
    if (next === "" || items.length > limit || read >= maxRead || Date.now() - started_ms > 1_000)
      return { items, next };
  }
}

function toCommand([indexed, value]: Filter, others: Filter[], after: string, count: number): QueryCommand {
  const keyCondition = `#${keyNames[indexed]} = :key${after && " AND #position < :after"}`;
  const filter = others.map(([name]) => `#event.#${name} = :${name}`).join(" AND ");
  return new QueryCommand({
    TableName: tableName,
    IndexName: `by-${indexed}`,
    KeyConditionExpression: keyCondition,
    FilterExpression: filter === "" ? undefined : filter,
    ExpressionAttributeNames: aliasesIn(keyCondition, filter),
    ExpressionAttributeValues: toAttributes({
      ":key": value,
      ":after": after || undefined,
      ...Object.fromEntries(others.map(([name, other]) => [`:${name}`, other])),
    }),
    ScanIndexForward: false,
    Limit: count,
  });
}

function positionOf(item: Item | undefined): string {
  return item?.["position"]?.S ?? "";
}
