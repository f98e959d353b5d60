import { createHash, createHmac, timingSafeEqual } from "node:crypto";

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
  sessionToken?: string;
}

export interface Signer {
  accessKeyId: string;
  service: string;
  region: string;
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

interface Claim extends Signer {
  signature: string;
  signedHeaders: string[];
  /** `20130524T000000Z` */
  time: string;
  day: string;
  sessionToken: string | undefined;
  isPresigned: boolean;
  lifetime_s: number;
}

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
): Signer | Refusal {
  const claim = readClaim(request);
  if ("reason" in claim) return claim;
  const refusal = checkTime(claim, now) ?? checkHeaders(claim, request) ?? checkBody(claim, request);
  if (refusal) return refusal;
  const { accessKeyId, service, region } = claim;
  const known = secretOf(accessKeyId);
  if (!known) return refuse("unknown key", `The access key ${accessKeyId} does not exist.`);
  if (known.sessionToken !== claim.sessionToken)
    return refuse("other session", `The session token does not belong to access key ${accessKeyId}.`);
  const canonical = canonicalRequest(claim, request);
  if (canonical === undefined) return refuse("malformed", "The URL has an invalid percent-encoding.");
  const expected = Buffer.from(signatureOf(claim, known.secret, canonical));
  const given = Buffer.from(claim.signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return refuse(
      "mismatch",
      `The signature does not match: the secret of ${accessKeyId} is wrong, or the request was changed after signing.`,
    );
  }
  return { accessKeyId, service, region };
}

function refuse(reason: Reason, sentence: string): Refusal {
  return { reason, sentence };
}

function readClaim({ url, headers }: SignedRequest): Claim | Refusal {
  const authorization = headers["authorization"]?.[0];
  const query = new URLSearchParams(queryOf(url));
  const isPresigned = query.has("X-Amz-Signature");
  if (authorization === undefined && !isPresigned) return refuse("unsigned", "The request is not signed.");
  if (authorization !== undefined && isPresigned)
    return refuse("signed twice", "The request is signed in its URL and in the Authorization header: remove one.");
  const [, scheme, list = ""] = /^(\S+)\s+(.*)$/.exec(authorization ?? "") ?? [];
  const parts = new Map(list.split(",").map((part) => split(part.trim(), "=")));
  const read = (name: string) =>
    isPresigned
      ? (query.get(`X-Amz-${name}`) ?? undefined)
      : (parts.get(name) ?? headers[`x-amz-${name.toLowerCase()}`]?.[0]);
  if (isPresigned && read("Algorithm") !== algorithm)
    return refuse("malformed", `X-Amz-Algorithm must be ${algorithm}.`);
  if (!isPresigned && scheme !== algorithm)
    return refuse("malformed", `The Authorization header must begin with ${algorithm}.`);
  const lifetime_s = isPresigned ? Number(read("Expires") ?? NaN) : skew_ms / 1000;
  if (!Number.isInteger(lifetime_s) || lifetime_s < 1 || lifetime_s > week_s)
    return refuse("malformed", `X-Amz-Expires must be 1 to ${week_s} seconds.`);
  const [credential, signature, signedHeaders, time] = ["Credential", "Signature", "SignedHeaders", "Date"].map(read);
  if (credential === undefined || signature === undefined || signedHeaders === undefined || time === undefined)
    return refuse("malformed", "The signature needs a credential, a signature, the signed headers and X-Amz-Date.");
  const [accessKeyId = "", day = "", region = "", service = "", end] = credential.split("/");
  if (end !== "aws4_request" || !time.startsWith(`${day}T`) || !/^\d{8}T\d{6}Z$/.test(time))
    return refuse(
      "malformed",
      "The credential must be KEY/DAY/REGION/SERVICE/aws4_request, with the same day as X-Amz-Date.",
    );
  return {
    accessKeyId,
    day,
    region,
    service,
    signature,
    signedHeaders: signedHeaders.split(";"),
    time,
    sessionToken: read("Security-Token"),
    isPresigned,
    lifetime_s,
  };
}

function checkTime({ time, lifetime_s }: Claim, now: Date): Refusal | undefined {
  const signed_ms = Date.parse(time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!(signed_ms - now.getTime() <= skew_ms)) return refuse("early", `The signature's time ${time} is in the future.`);
  if (now.getTime() - signed_ms > lifetime_s * 1000)
    return refuse("expired", `The signature of ${time} has expired: it was valid for ${lifetime_s} seconds.`);
  return undefined;
}

/** S3 rejects its own headers if unsigned, because another party could have added them. */
function checkHeaders({ service, signedHeaders }: Claim, { headers }: SignedRequest): Refusal | undefined {
  const unsigned = Object.keys(headers).filter((name) => name.startsWith("x-amz-") && !signedHeaders.includes(name));
  if (!signedHeaders.includes("host")) return refuse("unsigned headers", "The Host header must be signed.");
  if (service === "s3" && unsigned.length > 0)
    return refuse("unsigned headers", `These headers must be signed: ${unsigned.join(", ")}.`);
  return undefined;
}

function checkBody(claim: Claim, request: SignedRequest): Refusal | undefined {
  const hash = payloadHash(claim, request);
  if (!/^[0-9a-f]{64}$/.test(hash) || hash === sha256(request.body)) return undefined;
  return refuse("other body", "The body was changed after signing: its SHA-256 differs from x-amz-content-sha256.");
}

function payloadHash({ isPresigned, service }: Claim, { headers, body }: SignedRequest): string {
  return headers["x-amz-content-sha256"]?.[0] ?? (isPresigned && service === "s3" ? "UNSIGNED-PAYLOAD" : sha256(body));
}

function canonicalRequest(claim: Claim, request: SignedRequest): string | undefined {
  try {
    return [
      request.method,
      canonicalPath(request.url, claim.service),
      canonicalQuery(request.url),
      ...claim.signedHeaders.map((name) => `${name}:${canonicalValue(request.headers[name])}`),
      "",
      claim.signedHeaders.join(";"),
      payloadHash(claim, request),
    ].join("\n");
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** S3 signs the path as sent; all other services encode it once more. */
function canonicalPath(url: string, service: string): string {
  const [path] = split(url, "?");
  const encode = service === "s3" ? (segment: string) => encodeRfc3986(decodeURIComponent(segment)) : encodeRfc3986;
  return path.split("/").map(encode).join("/");
}

function canonicalQuery(url: string): string {
  return (
    queryOf(url)
      .split("&")
      .filter((parameter) => parameter !== "")
      .map((parameter) =>
        split(parameter, "=").map((text) => encodeRfc3986(decodeURIComponent(text.replaceAll("+", " ")))),
      )
      .filter(([name]) => name !== "X-Amz-Signature")
      // By name, then by value, both by bytes: a tab sorts before all encoded text.
      .sort((one, other) => (one.join("\t") < other.join("\t") ? -1 : 1))
      .map((parameter) => parameter.join("="))
      .join("&")
  );
}

function canonicalValue(values: string[] = []): string {
  return values.map((value) => value.trim().replace(/\s+/g, " ")).join(",");
}

function signatureOf({ time, day, region, service }: Claim, secret: string, canonical: string): string {
  const scope = [day, region, service, "aws4_request"];
  const key = scope.reduce<string | Buffer>((previous, part) => hmac(previous, part), `AWS4${secret}`);
  return hmac(key, [algorithm, time, scope.join("/"), sha256(canonical)].join("\n")).toString("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(bytes: string | Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function queryOf(url: string): string {
  return split(url, "?")[1];
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** encodeURIComponent leaves five characters that RFC 3986 reserves. */
function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
