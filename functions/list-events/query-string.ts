import { isNameOf } from "../_shared/event.ts";
import type { Request } from "../_shared/http.ts";
import { Problem } from "../_shared/problem.ts";

type Query<Name extends string> = Partial<Record<Name, string>>;

/** Returns what a value must be if it is invalid. The rest of the query may be invalid, too. */
type Rule<Name extends string> = (value: string, query: Query<Name>) => string | undefined;

/**
 * The decoded query parameters: each is optional, occurs at most once and passes its rule. Not from
 * `queryStringParameters`, where API Gateway joins repeated ones with commas, so that "Tom, Dick" and two
 * organizers look the same.
 *
 * Throws a `Problem` 400 that lists every violation. The list needs no bound: API Gateway limits request
 * line and headers to 10 KB, which is 5,000 parameters and half a megabyte of errors.
 */
export function parseQuery<Name extends string>(request: Request, rules: Record<Name, Rule<Name>>): Query<Name> {
  const query: Query<Name> = {};
  const wrong = new Map<string, string>();
  for (const [sentName, sentValue] of pairsOf(request.rawQueryString)) {
    const [name, value] = [decode(sentName), decode(sentValue)];
    if (name === undefined || value === undefined)
      wrong.set(name ?? sentName, "must be percent-encoded UTF-8, as in Caf%C3%A9");
    else if (!isNameOf(rules, name))
      wrong.set(name, `is not a parameter: the parameters are ${Object.keys(rules).join(", ")}`);
    else if (Object.hasOwn(query, name)) wrong.set(name, "must be given only once");
    else query[name] = value;
  }
  for (const name of Object.keys(query) as Name[]) {
    const detail = rules[name](query[name] ?? "", query);
    if (detail !== undefined && !wrong.has(name)) wrong.set(name, detail);
  }
  const errors = [...wrong].map(([parameter, detail]) => ({ parameter, detail }));
  if (errors.length > 0) throw new Problem(400, "The query breaks the rules listed in errors.", { errors });
  return query;
}

/** Splits before decoding, because an encoded & or = belongs to a value. An empty part is no pair (URL standard). */
function pairsOf(query: string): [name: string, value: string][] {
  const pairs = query.split("&").filter((pair) => pair !== "");
  return pairs.map((pair) => {
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    return [name, value];
  });
}

/**
 * Decodes form encoding, with + for a space; undefined if a % does not start an encoded byte or the bytes
 * are not UTF-8, where URLSearchParams would silently substitute U+FFFD.
 */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
