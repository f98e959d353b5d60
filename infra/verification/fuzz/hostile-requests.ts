import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { operations } from "../../testing/contract.ts";
import { changes, contents, pick, weighted, wellFormed } from "../traffic/operations.ts";

export interface HostileRequest {
  /** Like `GET /events`. */
  line: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
}

/** Placeholders for the last ETag and cursor received. */
export const placeholders = { etag: '"{etag}"', cursor: "{cursor}" };

/** One of these texts, separated by blanks. */
const pickOf = (texts: string) => pick(...texts.trim().split(/\s+/));

/** No blank or control character, which Node refuses to send, and no #, which curl does not send. */
const visible = fc.stringMatching(/^[!"$-~]{0,30}$/);
const encoded = fc.string({ unit: wellFormed, maxLength: 10 }).map(encodeURIComponent);
const badlyEncoded = pickOf(
  "% %zz %25 %2525 %253F %ff %c0%ae %00 %0d%0aset-cookie:a=b %ed%a0%80 + %2B %252e %F0%9F%8E%88",
);

const strangeId = pickOf("%61 .. . %2e%2e %2E a%2Fb a%20b ~ __proto__ constructor {id} upload-url null");
const longId = pick(0, 128, 129, 4_000).map((length) => "a".repeat(length));
const id = weighted(
  [24, pick("a", "b", "c")],
  [3, strangeId],
  [1, longId],
  [2, badlyEncoded],
  [2, encoded],
  [2, visible],
);
const tail = pick("", "/", "/image", "/upload-url", "/x", "//", "/..", "?", ";a=b", "%3Fa", "%2Fimage");
const path = weighted(
  [4, fc.tuple(id, tail).map(([of, end]) => `/events/${of}${end}`)],
  [1, pickOf("/ /events //events /Events /%65vents /events/ /../events /prod/events /docs /token /.env")],
  [1, visible.map((text) => `/${text}`)],
);
const method = weighted([4, pickOf("GET POST PUT PATCH DELETE")], [1, pickOf("HEAD OPTIONS TRACE PROPFIND")]);
const documented = fc
  .tuple(pick(...operations.map(({ routeKey }) => routeKey)), id)
  .map(([routeKey, of]) => routeKey.replace("{id}", () => of));
const target = weighted([3, documented], [1, fc.tuple(method, path).map((parts) => parts.join(" "))]);

const goodParameter = pickOf(
  `limit=1 limit=2 limit=100 status=draft status=active type=event organizer=a organizer=me organizer=Tom%2C+Dick
  cursor=${placeholders.cursor}`,
);
const badParameter = pickOf(
  `limit=0 limit=101 limit=1e2 limit= limit limit=%31 status= status=x cursor= cursor=x = __proto__=1 a
  cursor=${placeholders.cursor}x limit=1;status=draft`,
);
const anyParameter = fc
  .tuple(pickOf("status type organizer cursor x"), fc.oneof(badlyEncoded, encoded, visible))
  .map(([name, value]) => `${name}=${value}`);
const parameter = weighted([6, goodParameter], [2, badParameter], [1, anyParameter]);
const query = weighted(
  [4, fc.constant("")],
  [1, fc.array(parameter, { maxLength: 4 }).map((all) => `?${all.join("&")}`)],
);

const json = "application/json";
const jsonType = pick(json, json, json, "application/merge-patch+json", `${json}; charset=utf-8`, json.toUpperCase());
const anyType = fc.oneof(
  pickOf("text/plain application/octet-stream application/x-www-form-urlencoded application/jsonx json , image/png"),
  pick(`${json}; charset=utf-16`, "multipart/form-data; boundary=a"),
);
const goodEtag = pick(
  placeholders.etag,
  placeholders.etag,
  "*",
  `W/${placeholders.etag}`,
  `"x-1", ${placeholders.etag}`,
);
const badEtag = pick(
  "",
  '"a" "b"',
  Array(51).fill('"a-1"').join(","),
  ...`" "" *,* W/ "a , "a-99999999999999999999"`.split(" "),
);
const etag = weighted([3, goodEtag], [1, badEtag]);
const unusualHeaders = `cookie: a=b; c
cookie: ;;=
origin: https://example.com
host: example.com
x-forwarded-for: 1.2.3.4
expect: 100-continue
accept: text/html
accept-encoding: br
range: bytes=0-1
content-encoding: gzip
content-encoding: identity
x-http-method-override: DELETE
authorization: Bearer x
authorization: `.split("\n");
const header: fc.Arbitrary<[string, string]> = weighted(
  [4, fc.tuple(pick("if-match", "if-none-match"), etag)],
  [2, pick(...unusualHeaders).map((line) => line.split(": ") as [string, string])],
  [1, fc.tuple(pickOf("x-a user-agent cookie referer"), fc.oneof(visible, fc.constant("a".repeat(3_000))))],
);

const text = fc.oneof(
  pickOf("a Workshop __proto__"),
  pick("Größe 🎈", "", " ", "\u200b", "\u3164\u2800", "\u0301", "a".repeat(201), "\ud800", "\0"),
);
const value = weighted<unknown>(
  [3, text],
  [2, fc.jsonValue({ maxDepth: 3 })],
  [1, pick(null, 0, 1, 100_000, 1e300, true)],
);
const known = fc.record({ id: pick("a", "b", "c") }, { requiredKeys: [] });
const fieldName = weighted(
  [6, pickOf("id type title payload date capacity status organizer version image contentType contentLength")],
  [2, pick("__proto__", "a/b~c", "", "x".repeat(101))],
);
const withId = (fields: fc.Arbitrary<object>) => fc.tuple(fields, known).map(([own, some]) => ({ ...own, ...some }));
const right = withId(contents);
const wrong = withId(fc.dictionary(fieldName, value, { maxKeys: 5 }));
const upload = fc.record({
  contentType: pickOf("image/png image/jpeg image/gif"),
  contentLength: pick(1, 5_242_880, 5_242_881, "1"),
});
const object = weighted<unknown>([4, right], [3, changes], [2, upload], [2, wrong], [1, fc.jsonValue()]);
const deep = fc
  .tuple(pick("[", '{"a":'), pick(100, 200, 201, 5_000))
  .map(([open, levels]) => `{"payload":${open.repeat(levels)}`);
const large = pick(1, 200_000, 409_000, 410_000, 2_500_000).map((length) =>
  JSON.stringify({ id: "a", payload: { a: "x".repeat(length) } }),
);
const broken = fc.oneof(
  pickOf(`{ null [] "a" {}{} {'a':1} {"title":"a",} {"title":"a","title":1} {"\\u0069d":"a","title":"b"} NaN <a/>`),
  pick("", " ", "\ufeff{}", '\ufeff{"title":"a"}', "\ufeff\ufeff{}"),
);
const content = weighted<string | Uint8Array>(
  [6, object.map((each) => JSON.stringify(each))],
  [1, broken],
  [1, fc.uint8Array({ maxLength: 40 })],
  [1, weighted([9, deep], [1, large])],
);
const body = weighted<Buffer | undefined>([2, fc.constant(undefined)], [9, content.map((each) => Buffer.from(each))]);

/** From well-behaved to hostile. */
export function hostileRequests(tokens: string[]): fc.Arbitrary<HostileRequest> {
  const authorization =
    tokens.length === 0 ? fc.constant({}) : pick(...tokens.map((token) => ({ authorization: `Bearer ${token}` })));
  const headers = fc
    .tuple(weighted([8, jsonType], [1, anyType]), fc.array(header, { maxLength: 2 }), authorization)
    .map(([contentType, others, token]) => ({ "content-type": contentType, ...token, ...Object.fromEntries(others) }));
  return fc.tuple(target, query, headers, body).map(([of, asked, sent, content]) => ({
    line: `${of}${asked}`,
    headers: sent,
    body: /^(HEAD|TRACE) /.test(of) ? undefined : content,
  }));
}

export function toCurl(url: string, { line, headers, body }: HostileRequest): string {
  const [method = "", path = ""] = line.split(/ (.*)/s);
  const isPlain = body === undefined || /^[\x20-\x7e]{0,1000}$/.test(body.toString("latin1"));
  return [
    // Compressed, because a command line ends at 128 KB.
    ...(isPlain ? [] : [`printf %s ${gzipSync(body).toString("base64")} | base64 -d | gzip -d |`]),
    "curl --include --globoff --path-as-is",
    method === "HEAD" ? "--head" : `--request ${method}`,
    quote(url + path),
    ...Object.entries(headers).map(
      ([name, value]) => `--header ${quote(value === "" ? `${name};` : `${name}: ${value}`)}`,
    ),
    ...(body === undefined ? [] : [isPlain ? `--data-raw ${quote(body.toString())}` : "--data-binary @-"]),
  ].join(" ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
