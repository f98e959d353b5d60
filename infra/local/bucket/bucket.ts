import { signatureRefusal } from "./account.ts";
import { escape, notImplemented, s3Answer, s3Error, signatureError, xmlAnswer } from "./bucket-answers.ts";
import { eTagOf, type Objects, type StoredObject } from "./bucket-objects.ts";
import { bucketCors } from "../gateway/cors.ts";
import type { HttpAnswer } from "../gateway/gateway-answer.ts";
import type { SignedRequest } from "./signature.ts";
import { startStandIn, type StandIn } from "./stand-in.ts";

export const bucketName = "images";

export interface BucketOptions {
  objects: Objects;
  now: () => Date;
  /** The origins whose pages may upload; pages of any origin may download. If empty, there is no CORS. */
  corsOrigins?: string[] | undefined;
  /** Called with each key that a PUT stored, but not for copies. */
  onPut: (key: string) => void;
}

/**
 * Emulates one private S3 bucket, in path style.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export function startBucket(options: BucketOptions): Promise<StandIn> {
  const answerWithCors = (request: SignedRequest) => {
    const { method, headers } = request;
    const added = bucketCors(options.corsOrigins ?? [], method, headers);
    if (method === "OPTIONS")
      return added ? s3Answer(200, added) : s3Error(headers["origin"] ? "corsForbidden" : "noOrigin");
    const answer = answerTo(request, options);
    return { ...answer, headers: [...answer.headers, ...(added ?? [])] };
  };
  return startStandIn({
    answerTo: answerWithCors,
    broken: s3Error("incompleteBody"),
    failed: s3Error("unavailable"),
  });
}

function answerTo(request: SignedRequest, options: BucketOptions): HttpAnswer {
  const { method, url, headers } = request;
  const [path = "", search] = url.split("?");
  const query = new URLSearchParams(search);
  const notOnePiece = refusePieces(request);
  if (notOnePiece) return notOnePiece;
  const refusal = signatureRefusal(request, "s3", options.now());
  if (refusal) return signatureError(refusal, query.has("X-Amz-Signature"));
  const { bucket, key } = targetOf(path);
  if (bucket !== bucketName) return s3Error("noSuchBucket");
  const unsupported = unsupportedIn(request, query, key);
  if (unsupported !== undefined) return notImplemented(unsupported);
  if (key === "") return list(query, options);
  if (Buffer.byteLength(key) > 1024) return s3Error("keyTooLong");
  switch (method) {
    case "PUT":
      return headers["x-amz-copy-source"] ? copy(key, request, options) : put(key, request, options);
    case "GET":
    case "HEAD":
      return get(key, request, options);
    case "DELETE":
      options.objects.delete(key);
      return s3Answer(204, []);
    default:
      return notImplemented(`${method} for objects`);
  }
}

/** Runs before the signature check, because a form has its signature in a field. */
function refusePieces({ method, headers }: SignedRequest): HttpAnswer | undefined {
  if (headers["x-amz-content-sha256"]?.[0]?.startsWith("STREAMING-"))
    return notImplemented("uploads that the SDK streams (aws-chunked): send the bytes in one piece");
  if (method === "POST" && headers["content-type"]?.[0]?.startsWith("multipart/form-data"))
    return notImplemented("uploads with a POST policy: send it to a presigned URL");
  if (method !== "PUT") return undefined;
  if (headers["transfer-encoding"]) return s3Error("unknownHeader", "<Header>Transfer-Encoding</Header>");
  return headers["content-length"] ? undefined : s3Error("missingContentLength");
}

/** A path that cannot be decoded has no bucket. */
function targetOf(path: string) {
  try {
    const [, bucket = "", key = ""] = /^\/?([^/]*)\/?(.*)$/s.exec(decodeURIComponent(path)) ?? [];
    return { bucket, key };
  } catch {
    return { bucket: "", key: "" };
  }
}

const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const signingHeaders = ["content-sha256", "date", "security-token"];
const knownHeaders = [...signingHeaders, "copy-source", "copy-source-if-match", "metadata-directive", "user-agent"];
const signingParameters = [...signingHeaders, "algorithm", "credential", "expires", "signature", "signedheaders"];
const readConditions = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
const listParameters = ["list-type", "prefix", "max-keys"];

/** Names what would change the request's meaning and is not supported here; ignoring it would hide that. */
function unsupportedIn({ method, headers }: SignedRequest, query: URLSearchParams, key: string): string | undefined {
  if (key === "" && (method !== "GET" || query.get("list-type") !== "2"))
    return "requests for a whole bucket, except ListObjectsV2";
  const known = ["x-id", ...(key === "" ? listParameters : []), ...signingParameters.map((name) => `x-amz-${name}`)];
  const parameter = [...query.keys()].find((name) => !known.includes(name.toLowerCase()));
  if (parameter !== undefined) return `the parameter ${parameter}`;
  const header = Object.keys(headers).find(
    (name) => name.startsWith("x-amz-") && !knownHeaders.includes(name.slice("x-amz-".length)),
  );
  if (header !== undefined) return `the header ${header}`;
  const isRead = key !== "" && (method === "GET" || method === "HEAD");
  const taken = isRead ? readConditions : method === "PUT" ? ["if-none-match"] : [];
  const condition = [...readConditions, "if-range"].find((name) => headers[name] && !taken.includes(name));
  if (condition !== undefined) return `the header ${condition} in a ${method}`;
  if (method !== "PUT") return undefined;
  if (headers["content-md5"]) return "the header content-md5 in a PUT";
  return (headers["if-none-match"] ?? ["*"]).join() === "*" ? undefined : "an If-None-Match other than * in a PUT";
}

function put(key: string, { headers, body }: SignedRequest, { objects, onPut }: BucketOptions): HttpAnswer {
  if (headers["if-none-match"] && objects.has(key)) return s3Error("preconditionFailed");
  objects.set(key, { bytes: body, metadata: metadataIn(headers), lastModified: new Date() });
  onPut(key);
  return s3Answer(200, [["etag", `"${eTagOf(body)}"`]]);
}

const contentHeaders = ["disposition", "encoding", "language", "type"].map((name) => `content-${name}`);
const keptHeaders = ["cache-control", "expires", ...contentHeaders];

function metadataIn(headers: SignedRequest["headers"]) {
  const metadata: StoredObject["metadata"] = { "content-type": "binary/octet-stream" };
  for (const name of keptHeaders) for (const value of headers[name] ?? []) metadata[name] = value;
  return metadata;
}

function copy(key: string, { headers }: SignedRequest, { objects }: BucketOptions): HttpAnswer {
  const source = targetOf(headers["x-amz-copy-source"]?.[0] ?? "");
  if (source.bucket !== bucketName) return s3Error("noSuchBucket");
  const object = objects.get(source.key);
  if (!object) return s3Error("noSuchKey");
  const eTag = eTagOf(object.bytes);
  const expected = headers["x-amz-copy-source-if-match"]?.[0]?.replaceAll('"', "") ?? eTag;
  if (expected !== eTag || (headers["if-none-match"] && objects.has(key))) return s3Error("preconditionFailed");
  const lastModified = new Date();
  const metadata = headers["x-amz-metadata-directive"]?.[0] === "REPLACE" ? metadataIn(headers) : object.metadata;
  objects.set(key, { bytes: object.bytes, metadata, lastModified });
  const result = `<LastModified>${lastModified.toISOString()}</LastModified><ETag>&quot;${eTag}&quot;</ETag>`;
  return xmlAnswer(200, `<CopyObjectResult ${namespace}>${result}</CopyObjectResult>`);
}

function get(key: string, { headers }: SignedRequest, { objects }: BucketOptions): HttpAnswer {
  const object = objects.get(key);
  if (!object) return s3Error("noSuchKey");
  const { bytes, metadata, lastModified } = object;
  const described: HttpAnswer["headers"] = [
    ["etag", `"${eTagOf(bytes)}"`],
    ["last-modified", lastModified.toUTCString()],
    ["accept-ranges", "bytes"],
    ...Object.entries(metadata),
  ];
  const unmet = unmetBy(object, headers);
  if (unmet === 412) return s3Error("preconditionFailed");
  if (unmet === 304) {
    const kept = described.filter(([name]) => !/^(content|accept)-/.test(name));
    return s3Answer(304, kept);
  }
  const range = rangeOf(headers["range"]?.[0], bytes.length);
  if (range === undefined) return s3Answer(200, described, bytes);
  if (range === "outside") return s3Error("invalidRange");
  const [first, last] = range;
  described.push(["content-range", `bytes ${first}-${last}/${bytes.length}`]);
  return s3Answer(206, described, bytes.subarray(first, last + 1));
}

/** Conditions on ETags come before those on times, and invalid times are ignored (RFC 9110, section 13). */
function unmetBy({ bytes, lastModified }: StoredObject, headers: SignedRequest["headers"]): 304 | 412 | undefined {
  const [match, noneMatch, modified, unmodified] = readConditions.map((name) => headers[name]?.join());
  const modified_ms = Math.floor(lastModified.getTime() / 1000) * 1000;
  const has = (list: string) =>
    list.split(",").some((each) => ["*", eTagOf(bytes)].includes(each.trim().replaceAll('"', "")));
  if (match === undefined ? modified_ms > Date.parse(unmodified ?? "") : !has(match)) return 412;
  const isSame =
    noneMatch === undefined ? modified_ms <= Date.parse(modified ?? "") : has(noneMatch.replaceAll("W/", ""));
  return isSame ? 304 : undefined;
}

/** Without continuation tokens, which no code here uses. */
function list(query: URLSearchParams, { objects }: BucketOptions): HttpAnswer {
  const prefix = query.get("prefix") ?? "";
  const max = Math.min(Number(query.get("max-keys") ?? 1000), 1000);
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  const contents = keys.slice(0, max).map((key) => `<Contents><Key>${escape(key)}</Key></Contents>`);
  const about = `<Name>${bucketName}</Name><Prefix>${escape(prefix)}</Prefix><KeyCount>${contents.length}</KeyCount><MaxKeys>${max}</MaxKeys><IsTruncated>${keys.length > max}</IsTruncated>`;
  return xmlAnswer(200, `<ListBucketResult ${namespace}>${about}${contents.join("")}</ListBucketResult>`);
}

/**
 * The first and last byte of the requested range, `outside` if there are none, and undefined for the whole object: a
 * Range that is malformed or has several ranges is ignored (RFC 9110, section 14.2).
 */
function rangeOf(header: string | undefined, size: number): [first: number, last: number] | "outside" | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from + to === "" || (from !== "" && to !== "" && Number(to) < Number(from))) return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first < size ? [first, last] : "outside";
}
