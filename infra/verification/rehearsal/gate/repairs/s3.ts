import { xmlAnswer, type Repair } from "../service-request.ts";

const settings = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"].map(
  (name) => `<${name}>true</${name}>`,
);
const closed = `<PublicAccessBlockConfiguration>${settings.join("")}</PublicAccessBlockConfiguration>`;
const kinds = ["policy", "notification", "publicAccessBlock", "versioning"];

/**
 * moto applies a bucket's policy without its conditions, so that a policy that only forbids plain HTTP
 * forbids everything; and after each upload it tries to run a notification's functions in Docker.
 * Both are kept here, and hidden from moto. So is suspended versioning, with which moto can no longer
 * delete a version, and the public access block, which a new bucket has on AWS but not in moto.
 */
export function s3Repair() {
  /** A public access block that was taken away is "". */
  const kept = new Map<string, string>();
  const done = (status: number) => ({ status, headers: [], body: Buffer.alloc(0) });
  const repair: Repair = async ({ method, query, body, bucket = "", key }, pass) => {
    if (key !== undefined) return pass();
    const kind = kinds.find((each) => query.has(each));
    if (kind === undefined) {
      const answer = await pass();
      if (method === "DELETE" && query.size === 0 && answer.status === 204)
        for (const each of kinds) kept.delete(`${bucket}?${each}`);
      return answer;
    }
    const place = `${bucket}?${kind}`;
    if (method === "DELETE") {
      kept.delete(place);
      if (kind === "publicAccessBlock") kept.set(place, "");
      return done(204);
    }
    if (method === "PUT" && (kind !== "versioning" || body.includes("<Status>Suspended</Status>"))) {
      kept.set(place, body.toString());
      return done(kind === "policy" ? 204 : 200);
    }
    if (method === "PUT") kept.delete(place);
    const found = kept.get(place) ?? (kind === "publicAccessBlock" ? closed : "");
    return found === "" ? pass() : xmlAnswer(200, found);
  };
  return {
    repair,
    bucketPolicyOf: (bucket: string) => kept.get(`${bucket}?policy`),
    notificationOf: (bucket: string) => kept.get(`${bucket}?notification`),
  };
}
