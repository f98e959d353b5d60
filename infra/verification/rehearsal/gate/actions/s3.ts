import type { Ask } from "./ask.ts";
import type { ServiceRequest } from "../service-request.ts";
import { elementOf, elementsOf } from "../xml.ts";

/** The sub-resources of a bucket, with what they are called in actions after Get and Put. */
const ofBucket: Record<string, string> = {
  accelerate: "AccelerateConfiguration",
  encryption: "EncryptionConfiguration",
  lifecycle: "LifecycleConfiguration",
  "object-lock": "BucketObjectLockConfiguration",
  replication: "ReplicationConfiguration",
  ...Object.fromEntries(
    "acl CORS location logging notification ownershipControls policy policyStatus publicAccessBlock requestPayment tagging versioning website"
      .split(" ")
      .map((name) => [name === "CORS" ? "cors" : name, `Bucket${name.slice(0, 1).toUpperCase()}${name.slice(1)}`]),
  ),
};

export interface S3Place {
  /** Undefined for the list of all buckets. */
  bucket: string | undefined;
  key: string | undefined;
}

/** The bucket and key of a request in path style, the only one that reaches an address in numbers. */
export function s3Place({ path }: ServiceRequest): S3Place {
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return { bucket: bucket || undefined, key: key === "" ? undefined : decodeURIComponent(key) };
}

/** The other way round. */
export function pathOf(bucket: string, key: string): string {
  return `/${[bucket, ...key.split("/")].map(encodeURIComponent).join("/")}`;
}

export function asksOfS3(request: ServiceRequest): Ask[] | undefined {
  const { bucket, key } = s3Place(request);
  if (bucket === undefined)
    return request.method === "GET" ? [{ action: "s3:ListAllMyBuckets", resource: "*" }] : undefined;
  return key === undefined ? asksOfBucket(request, bucket) : asksOfObject(request, `arn:aws:s3:::${bucket}/${key}`);
}

function asksOfBucket({ method, query, body }: ServiceRequest, bucket: string): Ask[] | undefined {
  const resource = `arn:aws:s3:::${bucket}`;
  const name = Object.keys(ofBucket).find((each) => query.has(each));
  if (name !== undefined) return [{ action: `s3:${bucketAction(method, name, ofBucket[name] ?? "")}`, resource }];
  if (method === "POST" && query.has("delete")) {
    return elementsOf(body.toString(), "Object").map((object) => ({
      action: object.includes("<VersionId>") ? "s3:DeleteObjectVersion" : "s3:DeleteObject",
      resource: `${resource}/${elementOf(object, "Key") ?? ""}`,
    }));
  }
  if (method === "GET" && query.has("versions"))
    return [{ action: "s3:ListBucketVersions", resource, context: listing(query) }];
  if (method === "GET" && query.has("uploads")) return [{ action: "s3:ListBucketMultipartUploads", resource }];
  if (method === "GET" || method === "HEAD") return [{ action: "s3:ListBucket", resource, context: listing(query) }];
  if (method === "PUT") return [{ action: "s3:CreateBucket", resource }];
  return method === "DELETE" ? [{ action: "s3:DeleteBucket", resource }] : undefined;
}

/** A DELETE of a sub-resource needs the right to Put it; a policy and a website have one of their own. */
function bucketAction(method: string, name: string, called: string): string {
  if (method === "GET") return `Get${called}`;
  return method === "DELETE" && ["policy", "website"].includes(name) ? `Delete${called}` : `Put${called}`;
}

function listing(query: URLSearchParams): Record<string, string[]> {
  const keys = ["prefix", "delimiter", "max-keys"].filter((name) => query.has(name));
  return Object.fromEntries(keys.map((name) => [`s3:${name}`, [query.get(name) ?? ""]]));
}

function asksOfObject({ method, query, headers }: ServiceRequest, resource: string): Ask[] | undefined {
  const version = query.has("versionId") ? "Version" : "";
  const context = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith("x-amz-"))
      .map(([name, values]) => [`s3:${name}`, values ?? []]),
  );
  const ask = (action: string) => [{ action: `s3:${action}`, resource, context }];
  if (query.has("tagging"))
    return ask(`${{ GET: "Get", PUT: "Put", DELETE: "Delete" }[method] ?? ""}Object${version}Tagging`);
  if (query.has("acl")) return ask(`${method === "GET" ? "Get" : "Put"}Object${version}Acl`);
  switch (method) {
    case "GET":
      return query.has("uploadId") ? ask("ListMultipartUploadParts") : ask(`GetObject${version}`);
    case "HEAD":
      return ask(`GetObject${version}`);
    case "PUT": {
      const source = decodeURIComponent(headers["x-amz-copy-source"]?.[0] ?? "").replace(/^\/|\?.*/g, "");
      const read = { action: "s3:GetObject", resource: `arn:aws:s3:::${source}` };
      return [...ask("PutObject"), ...(source === "" ? [] : [read])];
    }
    case "POST": // the beginning and the end of an upload in parts
      return query.has("uploads") || query.has("uploadId") ? ask("PutObject") : undefined;
    case "DELETE":
      return query.has("uploadId") ? ask("AbortMultipartUpload") : ask(`DeleteObject${version}`);
    default:
      return undefined;
  }
}
