import type { HttpAnswer } from "../../../../local/gateway/gateway-answer.ts";
import { xmlAnswer, type Pass, type ServiceRequest } from "../service-request.ts";

const closed = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"].map(
  (name) => `<${name}>true</${name}>`,
);

/**
 * moto applies a bucket's policy without its conditions, so that a policy that only forbids plain HTTP
 * forbids everything; and after each upload it tries to run a notification's functions in Docker.
 * Both are kept here, and hidden from moto. So is suspended versioning, with which moto can no longer
 * delete a version. A new bucket is public in moto, but not on AWS, which a deployment checks.
 */
export function s3Repair() {
  const kept = new Map<string, string>();
  const opened = new Set<string>();
  const done = (status: number) => ({ status, headers: [], body: Buffer.alloc(0) });
  return {
    repair: async (request: ServiceRequest, pass: Pass): Promise<HttpAnswer> => {
      const { method, query, body, bucket = "", key } = request;
      if (key !== undefined) return pass();
      const kinds = ["policy", "notification", "versioning"];
      const kind = kinds.find((each) => query.has(each));
      if (kind === undefined) {
        const answer = await pass();
        if (query.has("publicAccessBlock")) {
          if (method === "DELETE") opened.add(bucket);
          if (method === "GET" && answer.status === 404 && !opened.has(bucket))
            return xmlAnswer(
              200,
              `<PublicAccessBlockConfiguration>${closed.join("")}</PublicAccessBlockConfiguration>`,
            );
        } else if (method === "DELETE" && query.size === 0 && answer.status === 204) {
          opened.delete(bucket);
          for (const each of kinds) kept.delete(`${bucket}?${each}`);
        }
        return answer;
      }
      const place = `${bucket}?${kind}`;
      const found = kept.get(place);
      if (method === "GET" && found !== undefined) return xmlAnswer(200, found);
      if (method === "DELETE" && kept.delete(place)) return done(204);
      if (method !== "PUT") return pass();
      if (kind === "versioning" && !body.includes("<Status>Suspended</Status>")) {
        kept.delete(place);
        return pass();
      }
      kept.set(place, body.toString());
      return done(kind === "policy" ? 204 : 200);
    },
    bucketPolicyOf: (bucket: string) => kept.get(`${bucket}?policy`),
    notificationOf: (bucket: string) => kept.get(`${bucket}?notification`),
  };
}
