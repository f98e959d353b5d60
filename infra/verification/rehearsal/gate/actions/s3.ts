import type { Ask } from "../iam.ts";
import type { ServiceRequest } from "../service-request.ts";
import { elementOf, elementsOf } from "../xml.ts";

/** The sub-resources of a bucket whose actions have other names than, say, GetBucketLocation of `location`. */
const otherNames: Record<string, string> = {
  accelerate: "AccelerateConfiguration",
  cors: "BucketCORS",
  encryption: "EncryptionConfiguration",
  lifecycle: "LifecycleConfiguration",
  "object-lock": "BucketObjectLockConfiguration",
  replication: "ReplicationConfiguration",
};
const ofBucket = [
  ...Object.keys(otherNames),
  ..."acl location logging notification ownershipControls policy publicAccessBlock requestPayment tagging versioning website".split(
    " ",
  ),
];

export function pathOf(bucket: string, key: string): string {
  return `/${[bucket, ...key.split("/")].map(encodeURIComponent).join("/")}`;
}

export function asksOfS3(request: ServiceRequest): Ask[] | undefined {
  const { method, path, bucket, key } = request;
  if (path === "/v20180820/configuration/publicAccessBlock")
    return [{ action: `s3:${method === "GET" ? "Get" : "Put"}AccountPublicAccessBlock`, resource: "*" }];
  const [, tagged] = /^\/v20180820\/tags\/(.+)$/.exec(path) ?? [];
  const tags = { GET: "ListTagsForResource", POST: "TagResource", DELETE: "UntagResource" }[method];
  if (tagged !== undefined && tags !== undefined)
    return [{ action: `s3:${tags}`, resource: decodeURIComponent(tagged) }];
  if (bucket === undefined) return method === "GET" ? [{ action: "s3:ListAllMyBuckets", resource: "*" }] : undefined;
  const resource = `arn:aws:s3:::${bucket}`;
  return key === undefined ? asksOfBucket(request, resource) : asksOfObject(request, `${resource}/${key}`);
}

function asksOfBucket({ method, query, body }: ServiceRequest, resource: string): Ask[] | undefined {
  const part = ofBucket.find((name) => query.has(name));
  if (part !== undefined) {
    const called = otherNames[part] ?? `Bucket${part.replace(/^./, (first) => first.toUpperCase())}`;
    // A DELETE of a sub-resource needs the permission to Put it; only a policy has its own.
    const deletes = method === "DELETE" && part === "policy";
    return [{ action: `s3:${method === "GET" ? "Get" : deletes ? "Delete" : "Put"}${called}`, resource }];
  }
  if (method === "POST" && query.has("delete"))
    return elementsOf(body.toString(), "Object").map((object) => ({
      action: object.includes("<VersionId>") ? "s3:DeleteObjectVersion" : "s3:DeleteObject",
      resource: `${resource}/${elementOf(object, "Key") ?? ""}`,
    }));
  const read = query.has("versions") ? "BucketVersions" : query.has("uploads") ? "BucketMultipartUploads" : "Bucket";
  const action = { GET: `List${read}`, HEAD: "ListBucket", PUT: "CreateBucket", DELETE: "DeleteBucket" }[method];
  const prefix = query.get("prefix");
  const context = { "s3:prefix": prefix === null ? [] : [prefix] };
  return action === undefined ? undefined : [{ action: `s3:${action}`, resource, context }];
}

function asksOfObject({ method, query, headers }: ServiceRequest, resource: string): Ask[] | undefined {
  const begin = query.has("uploads") ? "Put" : undefined; // only the matrix tries multipart uploads
  const verb = { GET: "Get", HEAD: "Get", PUT: "Put", DELETE: "Delete", POST: begin }[method];
  if (verb === undefined || query.has("uploadId")) return undefined;
  const part = query.has("tagging") ? "Tagging" : query.has("acl") ? "Acl" : "";
  const isUpload = verb === "Put" && part === "";
  const version = query.has("versionId") && !isUpload ? "Version" : "";
  const asks: Ask[] = [{ action: `s3:${verb}Object${version}${part}`, resource }];
  const source = decodeURIComponent(headers["x-amz-copy-source"]?.[0] ?? "").replace(/^\/|\?.*/g, "");
  if (isUpload && source !== "") asks.push({ action: "s3:GetObject", resource: `arn:aws:s3:::${source}` });
  return asks;
}
