import { s3Place } from "../actions/s3.ts";
import { xmlAnswer } from "../service-request.ts";
import type { Repair } from "./repair.ts";

/**
 * moto applies a bucket's policy without its conditions, so that one that only forbids plain HTTP
 * forbids everything; and after each upload it tries to run what a notification names in Docker.
 * Both are kept here, and moto never hears of them. Nor does it of a suspended versioning, with which
 * it can no longer delete a version.
 */
export function s3Repair() {
  const kept = {
    policy: new Map<string, string>(),
    notification: new Map<string, string>(),
    versioning: new Map<string, string>(),
  };
  const done = (status: number) => ({ status, headers: [], body: Buffer.alloc(0) });
  const repair: Repair = async ({ method, query, body, ...request }, pass) => {
    const { bucket = "", key } = s3Place({ method, query, body, ...request });
    if (key !== undefined) return pass();
    const kind = (["policy", "notification", "versioning"] as const).find((each) => query.has(each));
    if (!kind) {
      const answer = await pass();
      if (method === "DELETE" && query.size === 0 && answer.status === 204)
        for (const each of Object.values(kept)) each.delete(bucket);
      return answer;
    }
    const found = kept[kind].get(bucket);
    if (method === "GET" && found !== undefined)
      return kind === "policy"
        ? { ...xmlAnswer(200, found), headers: [["content-type", "application/json"]] }
        : xmlAnswer(200, found);
    if (method === "DELETE" && kept[kind].delete(bucket)) return done(204);
    if (method !== "PUT") return pass();
    if (kind === "versioning" && !body.includes("<Status>Suspended</Status>")) {
      kept.versioning.delete(bucket);
      return pass();
    }
    kept[kind].set(bucket, body.toString());
    return done(kind === "policy" ? 204 : 200);
  };
  return {
    repair,
    bucketPolicyOf: (bucket: string) => kept.policy.get(bucket),
    notificationOf: (bucket: string) => kept.notification.get(bucket),
  };
}
