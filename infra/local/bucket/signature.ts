import { createHmac, hash } from "node:crypto";
import { escapeUri } from "@smithy/core/protocols";
import { HttpRequest } from "@smithy/core/transport";
import { getCanonicalQuery } from "@smithy/signature-v4";

/** As node:http received it: `url` and header values unchanged, header names in lower case. */
export interface SignedRequest {
  method: string;
  url: string;
  headers: NodeJS.Dict<string[]>;
  body: Buffer;
}

export interface Secret {
  secret: string;
  /** Temporary credentials have one; permanent ones must not. */
  sessionToken?: string | undefined;
}

export type Reason =
  | "unsigned"
  | "signed twice"
  | "malformed"
  | "early"
  | "expired"
  | "unknown key"
  | "other session"
  | "unsigned headers"
  | "other body"
  | "mismatch";

export interface Refusal {
  reason: Reason;
  sentence: string;
}

type Claim = Exclude<ReturnType<typeof readClaim>, Refusal>;

const skew_ms = 15 * 60 * 1000;
const week_s = 7 * 24 * 60 * 60;
const algorithm = "AWS4-HMAC-SHA256";

/**
 * Verifies AWS Signature Version 4, in headers or in a presigned URL. For S3's signed chunks it verifies only the
 * headers; it does not support presigned POSTs, which have their signature in the form.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verify(
  request: SignedRequest,
  secretOf: (accessKeyId: string) => Secret | undefined,
  now: Date,
): Pick<Claim, "accessKeyId" | "service" | "region"> | Refusal {
  const claim = readClaim(request);
  if ("reason" in claim) return claim;
  const refusal = check(claim, request, now);
  if (refusal) return refusal;
  const { accessKeyId, service, region, signature, sessionToken } = claim;
  const known = secretOf(accessKeyId);
  if (!known) return refuse("unknown key", `The access key ${accessKeyId} does not exist.`);
  if (known.sessionToken !== sessionToken)
    return refuse("other session", `The session token does not belong to access key ${accessKeyId}.`);
  const canonical = canonicalRequest(claim, request);
  if (canonical === undefined) return refuse("malformed", "The URL has an invalid percent-encoding.");
  if (signature === signatureOf(claim, known.secret, canonical)) return { accessKeyId, service, region };
  return refuse(
    "mismatch",
    `The signature does not match: the secret of ${accessKeyId} is wrong, or the request was changed after signing.`,
  );
}

function refuse(reason: Reason, sentence: string): Refusal {
  return { reason, sentence };
}

function readClaim({ url, headers, body }: SignedRequest) {
  const authorization = headers["authorization"]?.[0] ?? "";
  const [path = "", search] = url.split(/\?(.*)/s);
  const query = new URLSearchParams(search);
  const isPresigned = query.has("X-Amz-Signature");
  if (authorization === "" && !isPresigned) return refuse("unsigned", "The request is not signed.");
  if (authorization !== "" && isPresigned)
    return refuse("signed twice", "The request is signed in its URL and in the Authorization header: remove one.");
  const parts = new Map([...authorization.matchAll(/(\w+)=([^,]+)/g)].map(([, name, value]) => [name, value]));
  const read = (name: string) =>
    isPresigned
      ? (query.get(`X-Amz-${name}`) ?? undefined)
      : (parts.get(name) ?? headers[`x-amz-${name.toLowerCase()}`]?.[0]);
  if (isPresigned && read("Algorithm") !== algorithm)
    return refuse("malformed", `X-Amz-Algorithm must be ${algorithm}.`);
  if (!isPresigned && !authorization.startsWith(`${algorithm} `))
    return refuse("malformed", `The Authorization header must begin with ${algorithm}.`);
  const lifetime_s = isPresigned ? Number(read("Expires") ?? NaN) : skew_ms / 1000;
  if (!Number.isInteger(lifetime_s) || lifetime_s < 1 || lifetime_s > week_s)
    return refuse("malformed", `X-Amz-Expires must be 1 to ${week_s} seconds.`);
  const [credential, signature, signed, time] = ["Credential", "Signature", "SignedHeaders", "Date"].map(read);
  if (credential === undefined || signature === undefined || signed === undefined || time === undefined)
    return refuse("malformed", "The signature needs a credential, a signature, the signed headers and X-Amz-Date.");
  const [accessKeyId = "", day = "", region = "", service = "", end] = credential.split("/");
  if (end !== "aws4_request" || !time.startsWith(`${day}T`) || !/^\d{8}T\d{6}Z$/.test(time))
    return refuse(
      "malformed",
      "The credential must be KEY/DAY/REGION/SERVICE/aws4_request, with the same day as X-Amz-Date.",
    );
  const [signedHeaders, sessionToken] = [signed.split(";"), read("Security-Token")];
  const ofBody = isPresigned && service === "s3" ? "UNSIGNED-PAYLOAD" : hash("sha256", body);
  const payload = headers["x-amz-content-sha256"]?.[0] ?? ofBody;
  const scope = [day, region, service, "aws4_request"];
  return {
    accessKeyId,
    region,
    service,
    scope,
    signature,
    signedHeaders,
    time,
    sessionToken,
    lifetime_s,
    payload,
    path,
    query,
  };
}

/** What can be refused without knowing the secret. */
function check({ service, signedHeaders, time, lifetime_s, payload }: Claim, request: SignedRequest, now: Date) {
  const signed_ms = Date.parse(time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!(signed_ms - now.getTime() <= skew_ms)) return refuse("early", `The signature's time ${time} is in the future.`);
  if (now.getTime() - signed_ms > lifetime_s * 1000)
    return refuse("expired", `The signature of ${time} has expired: it was valid for ${lifetime_s} seconds.`);
  if (!signedHeaders.includes("host")) return refuse("unsigned headers", "The Host header must be signed.");
  // S3 rejects its own headers if unsigned, because another party could have added them.
  const own = Object.keys(request.headers).filter((name) => service === "s3" && name.startsWith("x-amz-"));
  const unsigned = own.filter((name) => !signedHeaders.includes(name));
  if (unsigned.length > 0) return refuse("unsigned headers", `These headers must be signed: ${unsigned.join(", ")}.`);
  if (!/^[0-9a-f]{64}$/.test(payload) || payload === hash("sha256", request.body)) return undefined;
  return refuse("other body", "The body was changed after signing: its SHA-256 differs from x-amz-content-sha256.");
}

/** Undefined if the URL cannot be decoded. */
function canonicalRequest({ service, signedHeaders, payload, path, query }: Claim, request: SignedRequest) {
  // S3 signs the path as sent; all other services encode it once more.
  const decode = service === "s3" ? decodeURIComponent : String;
  const inOneLine = (value: string) => value.trim().replace(/\s+/g, " ");
  const lines = signedHeaders.map((name) => `${name}:${(request.headers[name] ?? []).map(inOneLine).join(",")}`);
  const parameters = Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)]));
  try {
    return [
      request.method,
      path
        .split("/")
        .map((segment) => escapeUri(decode(segment)))
        .join("/"),
      getCanonicalQuery(new HttpRequest({ query: parameters })),
      ...lines,
      "",
      signedHeaders.join(";"),
      payload,
    ].join("\n");
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function signatureOf({ time, scope }: Claim, secret: string, canonical: string): string {
  const key = scope.reduce<string | Buffer>((previous, part) => hmac(previous, part), `AWS4${secret}`);
  return hmac(key, [algorithm, time, scope.join("/"), hash("sha256", canonical)].join("\n")).toString("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
