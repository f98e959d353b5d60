import cors from "../../cors.json" with { type: "json" };
import type { HttpAnswer } from "./gateway-answer.ts";

type Headers = HttpAnswer["headers"];

/** The same as in Terraform's variable cors_origins. */
export const originPattern = new RegExp(cors.origin);

/**
 * The headers that API Gateway's CORS configuration adds to an answer; `methods` are the API's, for the answer to a
 * preflight, which exposes nothing (serverless-application-model#2478). Whether AWS adds them to its own errors is not
 * known.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function gatewayCors(origins: string[], origin: string | undefined, methods?: string[]): Headers {
  const allowed = allowedOrigin(origins, origin);
  if (allowed === undefined) return [];
  const { allow_headers, expose_headers, max_age } = cors.api;
  const more = methods
    ? {
        "access-control-allow-methods": methods.join(","),
        "access-control-allow-headers": allow_headers.join(","),
        "access-control-max-age": String(max_age),
      }
    : { "access-control-expose-headers": expose_headers.join(",") };
  return Object.entries({ "access-control-allow-origin": allowed, ...more });
}

/**
 * The headers that S3 adds to an answer by the first rule that matches the request; undefined if none does.
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3_cors.snapshot.json
 */
export function bucketCors(origins: string[], method: string, headers: NodeJS.Dict<string[]>): Headers | undefined {
  if (origins.length === 0) return undefined;
  const [wanted = method] = headers["access-control-request-method"] ?? [];
  const asked = (headers["access-control-request-headers"] ?? []).join().toLowerCase();
  const listed = asked.match(/[^\s,]+/g) ?? [];
  for (const { allowed_methods, allowed_origins = origins, allowed_headers, max_age_seconds } of cors.bucket) {
    const allowed = allowedOrigin(allowed_origins, headers["origin"]?.[0]);
    const isKept = allowed_methods.includes(wanted) && listed.every((name) => allowed_headers.includes(name));
    if (allowed === undefined || !isKept) continue;
    return Object.entries({
      "access-control-allow-origin": allowed,
      "access-control-allow-methods": allowed_methods.join(", "),
      ...(listed.length > 0 && { "access-control-allow-headers": listed.join(", ") }),
      ...(allowed !== "*" && { "access-control-allow-credentials": "true" }),
      "access-control-max-age": String(max_age_seconds),
      vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    });
  }
  return undefined;
}

function allowedOrigin(origins: string[], origin: string | undefined): string | undefined {
  return origin && origins.find((each) => each === "*" || each === origin);
}
