import type { ServiceRequest } from "../service-request.ts";
import { elementOf, elementsOf } from "../xml.ts";
import type { Ask } from "./ask.ts";

/** The sub-resources of a bucket, with their names in actions after Get and Put. */
const ofBucket = Object.fromEntries(
  `accelerate:AccelerateConfiguration encryption:EncryptionConfiguration lifecycle:LifecycleConfiguration
   object-lock:BucketObjectLockConfiguration replication:ReplicationConfiguration acl:BucketAcl cors:BucketCORS
   location:BucketLocation logging:BucketLogging notification:BucketNotification
   ownershipControls:BucketOwnershipControls policy:BucketPolicy policyStatus:BucketPolicyStatus
   publicAccessBlock:BucketPublicAccessBlock requestPayment:BucketRequestPayment tagging:BucketTagging
   versioning:BucketVersioning website:BucketWebsite`
    .split(/\s+/)
    .map((each) => each.split(":") as [name: string, called: string]),
);

/** The bucket and key of a request in path style, the only style that works with an IP address. */
export function s3Place({ path }: ServiceRequest) {
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return { bucket: bucket || undefined, key: key === "" ? undefined : decodeURIComponent(key) };
}

export function pathOf(bucket: string, key: string): string {
  return `/${[bucket, ...key.split("/")].map(encodeURIComponent).join("/")}`;
}

export function asksOfS3(request: ServiceRequest): Ask[] | undefined {
  if (request.path === "/v20180820/configuration/publicAccessBlock")
    return [{ action: `s3:${request.method === "GET" ? "Get" : "Put"}AccountPublicAccessBlock`, resource: "*" }];
  const [, tagged] = /^\/v20180820\/tags\/(.+)$/.exec(request.path) ?? [];
  const tags = { GET: "ListTagsForResource", POST: "TagResource", DELETE: "UntagResource" }[request.method];
  if (tagged !== undefined && tags !== undefined)
    return [{ action: `s3:${tags}`, resource: decodeURIComponent(tagged) }];
  const { bucket, key } = s3Place(request);
  if (bucket === undefined)
    return request.method === "GET" ? [{ action: "s3:ListAllMyBuckets", resource: "*" }] : undefined;
  return key === undefined ? asksOfBucket(request, bucket) : asksOfObject(request, `arn:aws:s3:::${bucket}/${key}`);
}

function asksOfBucket({ method, query, body }: ServiceRequest, bucket: string): Ask[] | undefined {
  const resource = `arn:aws:s3:::${bucket}`;
  const [, called] = Object.entries(ofBucket).find(([name]) => query.has(name)) ?? [];
  if (called !== undefined) {
    // A DELETE of a sub-resource needs the permission to Put it; a policy and a website have their own.
    const deletes = method === "DELETE" && /^Bucket(Policy|Website)$/.test(called);
    return [{ action: `s3:${method === "GET" ? "Get" : deletes ? "Delete" : "Put"}${called}`, resource }];
  }
  if (method === "POST" && query.has("delete")) {
    return elementsOf(body.toString(), "Object").map((object) => ({
      action: object.includes("<VersionId>") ? "s3:DeleteObjectVersion" : "s3:DeleteObject",
      resource: `${resource}/${elementOf(object, "Key") ?? ""}`,
    }));
  }
  const read = query.has("versions") ? "ListBucketVersions" : query.has("uploads") ? "ListBucketMultipartUploads" : "";
  const names: Record<string, string> = { GET: read || "ListBucket", HEAD: "ListBucket" };
  const action = { ...names, PUT: "CreateBucket", DELETE: "DeleteBucket" }[method];
  const keys = ["prefix", "delimiter", "max-keys"].filter((name) => query.has(name));
  const context = Object.fromEntries(keys.map((name) => [`s3:${name}`, [query.get(name) ?? ""]]));
  return action === undefined ? undefined : [{ action: `s3:${action}`, resource, context }];
}

function asksOfObject({ method, query, headers }: ServiceRequest, resource: string): Ask[] | undefined {
  const version = query.has("versionId") ? "Version" : "";
  const sent = Object.entries(headers).filter(([name]) => name.startsWith("x-amz-"));
  const context = Object.fromEntries(sent.map(([name, values]) => [`s3:${name}`, values ?? []]));
  const begin = query.has("uploads") ? "Put" : undefined; // only the matrix tries multipart uploads
  const verb = { GET: "Get", HEAD: "Get", PUT: "Put", DELETE: "Delete", POST: begin }[method];
  if (verb === undefined || query.has("uploadId")) return undefined;
  const ask = (action: string) => ({ action: `s3:${action}`, resource, context });
  if (query.has("tagging")) return [ask(`${verb}Object${version}Tagging`)];
  if (query.has("acl")) return [ask(`${verb}Object${version}Acl`)];
  if (verb !== "Put") return [ask(`${verb}Object${version}`)];
  const source = decodeURIComponent(headers["x-amz-copy-source"]?.[0] ?? "").replace(/^\/|\?.*/g, "");
  const read = { action: "s3:GetObject", resource: `arn:aws:s3:::${source}` };
  return [ask("PutObject"), ...(source === "" ? [] : [read])];
}
