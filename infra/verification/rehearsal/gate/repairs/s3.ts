import { s3Place } from "../actions/s3.ts";
import type { Repair } from "./repairs.ts";
import { xmlAnswer, type ServiceAnswer, type ServiceRequest } from "../service-request.ts";

/**
 * moto applies a bucket's policy without its conditions, so that one that only forbids plain HTTP
 * forbids everything; and after each upload it tries to run what a notification names in Docker.
 * Both are kept here, and moto never hears of them. Nor does it of a suspended versioning, with which
 * it can no longer delete a version.
 */
export function s3Repair(): {
  repair: Repair;
  policyOf: (bucket: string) => string | undefined;
  notificationOf: (bucket: string) => string | undefined;
} {
  const kept = { policy: new Map<string, string>(), notification: new Map<string, string>() };
  const suspended = new Set<string>();
  const forget = (bucket: string) => {
    suspended.delete(bucket);
    kept.policy.delete(bucket);
    kept.notification.delete(bucket);
  };
  const repair: Repair = async (request, pass) => {
    const { bucket = "", key } = s3Place(request);
    if (key !== undefined) return pass();
    if (request.query.has("versioning")) return versioning(request, bucket, suspended, pass);
    const kind = request.query.has("policy")
      ? "policy"
      : request.query.has("notification")
        ? "notification"
        : undefined;
    if (!kind) {
      const answer = await pass();
      if (request.method === "DELETE" && request.query.size === 0 && answer.status === 204) forget(bucket);
      return answer;
    }
    const found = kept[kind].get(bucket);
    if (request.method === "GET" && found !== undefined)
      return {
        ...xmlAnswer(200, found),
        headers: [["content-type", kind === "policy" ? "application/json" : "text/xml"]],
      };
    if (request.method === "PUT") {
      kept[kind].set(bucket, request.body.toString());
      return { status: kind === "policy" ? 204 : 200, headers: [], body: Buffer.alloc(0) };
    }
    if (request.method === "DELETE" && kept[kind].delete(bucket))
      return { status: 204, headers: [], body: Buffer.alloc(0) };
    return pass();
  };
  return {
    repair,
    policyOf: (bucket) => kept.policy.get(bucket),
    notificationOf: (bucket) => kept.notification.get(bucket),
  };
}

async function versioning(
  request: ServiceRequest,
  bucket: string,
  suspended: Set<string>,
  pass: () => Promise<ServiceAnswer>,
): Promise<ServiceAnswer> {
  if (request.method === "GET" && suspended.has(bucket)) {
    return xmlAnswer(200, "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>");
  }
  if (request.method !== "PUT") return pass();
  if (!request.body.includes("<Status>Suspended</Status>")) {
    suspended.delete(bucket);
    return pass();
  }
  suspended.add(bucket);
  return { status: 200, headers: [], body: Buffer.alloc(0) };
}
