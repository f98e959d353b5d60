import { QueryCommand } from "@aws-sdk/client-dynamodb";
import type { Caller } from "../_shared/caller.ts";
import { readCursor, toCursor } from "../_shared/cursor.ts";
import { rules, statuses } from "../_shared/event.ts";
import { endpoint, type Request } from "../_shared/http.ts";
import { readQuery } from "../_shared/query-string.ts";
import { fieldsOf, fromItem, type Item } from "../_shared/stored-event.ts";
import { aliasesIn, send, tableName } from "../_shared/table.ts";

/** What has an index, by-organizer and so on. The most selective first: an organizer has few events, a status many. */
const filterNames = ["organizer", "type", "status"] as const;

type Filter = [name: (typeof filterNames)[number], value: string];

/** `next` is the position after which the list goes on, and absent when it does not. */
interface Page {
  items: Item[];
  next: string | undefined;
}

/**
 * Lists events without their payload, newest first, as the indexes have them: a moment old.
 *
 * A page reads at worst `limit` + 1 items with one filter, five times that without, and 1,000 with
 * several. Without its payload an item has at most 7 KB, and half a read unit reads 4 KB: 100 events
 * cost at worst 89, 443 or 880 units, and with items of 500 bytes 7, 33 or 64. So no query reaches
 * its limit of 1 MB, except with several filters, and no answer Lambda's of 6 MB.
 */
export const handler = endpoint(async (request, caller) => {
  const { filters, limit, after } = readListQuery(request, caller);
  const [key, ...others] = filters;

  const { items, next } = key ? await readPage(key, others, limit, after) : await readUnfilteredPage(limit, after);

  const events = items.map((item) => fieldsOf(fromItem(item)));
  return { status: 200, body: { events, next: next && toCursor(next, filters) } };
});

/** Stands for the caller: nobody has to take a token apart to find the sub in it. */
const me = "me";

function readListQuery(request: Request, caller: Caller) {
  const query = readQuery(request, {
    status: rules.status,
    organizer: (value) =>
      value === me && caller === undefined ? "must be a name: me is whoever sends a token, and here nobody does" : rules.organizer(value),
    type: rules.type,
    limit: (value) => (/^([1-9]\d?|100)$/.test(value) ? undefined : "must be an integer from 1 to 100"),
    cursor: (value, others) =>
      readCursor(value, toFilters(others, caller)) === undefined ? "must be the next of an answer to the same filters" : undefined,
  });
  const { limit = "20", cursor = "" } = query;
  const filters = toFilters(query, caller);
  return { filters, limit: Number(limit), after: readCursor(cursor, filters) };
}

/** With who `me` is, so that a cursor leads on in the list of one caller only. */
function toFilters(query: Partial<Record<Filter[0], string>>, caller: Caller): Filter[] {
  return filterNames.flatMap((name): Filter[] => {
    const value = name === "organizer" && query[name] === me ? caller : query[name];
    return value === undefined ? [] : [[name, value]];
  });
}

/** Asks for each status, which every event has: an index of all events would need one partition for all. */
async function readUnfilteredPage(limit: number, after: string | undefined): Promise<Page> {
  const pages = await Promise.all(statuses.map((status) => readPage(["status", status], [], limit, after)));
  // By position, because an event whose status changes meanwhile can be on two of them.
  const items = new Map(pages.flatMap((page) => page.items).map((item) => [positionOf(item), item]));
  const newestFirst = [...items].sort(([one], [other]) => (one < other ? 1 : -1)).map(([, item]) => item);
  return cut(newestFirst, limit, newestFirst.length > limit || pages.some(({ next }) => next !== undefined));
}

/**
 * Reads an index until the page is full and it is known whether there is more. DynamoDB reads what it
 * then filters out, so with other filters a page also ends after 1,000 items, and after a second:
 * each query may take 8 of the function's 10.
 */
async function readPage(key: Filter, others: Filter[], limit: number, after: string | undefined): Promise<Page> {
  const started_ms = Date.now();
  const items: Item[] = [];
  let read = 0;
  let next = after;
  for (let count = limit + 1; ; count *= 4) {
    const answer = await send(toCommand(key, others, next, Math.min(count, 1_000 - read)), "Ask again.");
    items.push(...(answer.Items ?? []));
    read += answer.ScannedCount ?? 0;
    next = answer.LastEvaluatedKey?.["position"]?.S;
    if (items.length > limit) return cut(items, limit, true);
    if (next === undefined || read >= 1_000 || Date.now() - started_ms > 1_000) return { items, next };
  }
}

function cut(items: Item[], limit: number, isMore: boolean): Page {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { items: page, next: isMore && last ? positionOf(last) : undefined };
}

function toCommand(key: Filter, others: Filter[], after: string | undefined, count: number): QueryCommand {
  const isEqual = ([name]: Filter) => `#${name} = :${name}`;
  const keyCondition = after === undefined ? isEqual(key) : `${isEqual(key)} AND #position < :after`;
  const filter = others.map(isEqual).join(" AND ");
  return new QueryCommand({
    TableName: tableName,
    IndexName: `by-${key[0]}`,
    KeyConditionExpression: keyCondition,
    FilterExpression: filter === "" ? undefined : filter,
    ExpressionAttributeNames: aliasesIn(keyCondition, filter),
    ExpressionAttributeValues: {
      ...Object.fromEntries([key, ...others].map(([name, value]) => [`:${name}`, { S: value }])),
      ...(after !== undefined && { ":after": { S: after } }),
    },
    ScanIndexForward: false,
    Limit: count,
  });
}

function positionOf(item: Item): string {
  return item["position"]?.S ?? "";
}
