import { signatureRefusal } from "./account.ts";
import { escape, notImplemented, s3Answer, s3Error, signatureError, xmlAnswer } from "./bucket-answers.ts";
import { eTagOf, type Objects, type StoredObject } from "./bucket-objects.ts";
import { bucketCors } from "../gateway/cors.ts";
import type { HttpAnswer } from "../gateway/gateway-answer.ts";
import type { SignedRequest } from "./signature.ts";
import { startStandIn, type StandIn } from "./stand-in.ts";

export const bucketName = "images";

interface BucketOptions {
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
  const act = acts[method];
  // Before the signature is checked, because a form has its own in a field.
  if (!act) return notImplemented(`${method} for objects`);
  if (method === "PUT" && headers["transfer-encoding"])
    return s3Error("unknownHeader", "<Header>Transfer-Encoding</Header>");
  if (method === "PUT" && !headers["content-length"]) return s3Error("missingContentLength");
  const refusal = signatureRefusal(request, "s3", options.now());
  if (refusal) return signatureError(refusal, query.has("X-Amz-Signature"));
  const { bucket, key } = targetOf(path);
  if (bucket !== bucketName) return s3Error("noSuchBucket");
  const unsupported = unsupportedIn(request, query, key);
  if (unsupported !== undefined) return notImplemented(unsupported);
  return key === "" ? list(query, options) : act(key, request, options);
}

type Act = (key: string, request: SignedRequest, options: BucketOptions) => HttpAnswer;

const acts: Record<string, Act> = {
  PUT: put,
  GET: get,
  HEAD: get,
  DELETE: remove,
};

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
const own = (...names: string[]) => names.map((name) => `x-amz-${name}`);
const signing = own("content-sha256", "date", "security-token");
const signingInUrl = [...signing, ...own("algorithm", "credential", "expires", "signature", "signedheaders")];
const knownParameters = [...signingInUrl, "x-id", "list-type", "prefix", "max-keys"];
const knownHeaders = [...signing, ...own("copy-source", "copy-source-if-match", "metadata-directive", "user-agent")];

/** Names what would change the request's meaning and is not supported here; ignoring it would hide that. */
function unsupportedIn({ method, headers }: SignedRequest, query: URLSearchParams, key: string): string | undefined {
  if (key === "" && (method !== "GET" || query.get("list-type") !== "2"))
    return "requests for a whole bucket, except ListObjectsV2";
  const parameter = [...query.keys()].find((name) => !knownParameters.includes(name.toLowerCase()));
  if (parameter !== undefined) return `the parameter ${parameter}`;
  const { "if-none-match": noneMatch, range } = headers;
  const isRead = key !== "" && (method === "GET" || method === "HEAD");
  const known = [...knownHeaders, ...(isRead || method === "PUT" ? ["if-none-match"] : [])];
  // A browser also sends the time that it knows, which does not matter beside an ETag (RFC 9110, section 13.1.3).
  if (isRead && noneMatch) known.push("if-modified-since");
  const header = Object.keys(headers).find((name) => /^(x-amz-|if-|content-md5$)/.test(name) && !known.includes(name));
  if (header !== undefined) return `the header ${header} in a ${method}`;
  if (method === "PUT" && noneMatch && noneMatch.join() !== "*") return "an If-None-Match other than * in a PUT";
  return isRead && range && !byteRange.test(range.join()) ? `the range ${range.join()}` : undefined;
}

const byteRange = /^bytes=(\d+)-(\d*)$/;

function put(key: string, request: SignedRequest, options: BucketOptions): HttpAnswer {
  const { headers, body } = request;
  const { objects, onPut } = options;
  if (headers["x-amz-copy-source"]) return copy(key, request, options);
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
  const eTag = `"${eTagOf(bytes)}"`;
  const described: HttpAnswer["headers"] = [
    ["etag", eTag],
    ["last-modified", lastModified.toUTCString()],
    ["accept-ranges", "bytes"],
    ...Object.entries(metadata),
  ];
  const seen = headers["if-none-match"]?.join() ?? "";
  if (seen === "*" || seen.includes(eTag)) {
    const kept = described.filter(([name]) => !/^(content|accept)-/.test(name));
    return s3Answer(304, kept);
  }
  const [range, first, last] = byteRange.exec(headers["range"]?.[0] ?? "") ?? [];
  if (range === undefined) return s3Answer(200, described, bytes);
  const part = bytes.subarray(Number(first), last ? Number(last) + 1 : bytes.length);
  if (part.length === 0) return s3Error("invalidRange");
  described.push(["content-range", `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`]);
  return s3Answer(206, described, part);
}

function remove(key: string, _request: SignedRequest, { objects }: BucketOptions): HttpAnswer {
  objects.delete(key);
  return s3Answer(204, []);
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
