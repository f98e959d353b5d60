import { randomBytes } from "node:crypto";
import type { HttpAnswer } from "../gateway/gateway-answer.ts";
import type { Reason, Refusal } from "./signature.ts";

const tooSkewed =
  "403 RequestTimeTooSkewed: The difference between the request time and the current time is too large.";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and S3's answer to each signature error. */
const errors = {
  corsForbidden:
    "403 AccessForbidden: CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
  incompleteBody:
    "400 IncompleteBody: You did not provide the number of bytes specified by the Content-Length HTTP header",
  invalidRange: "416 InvalidRange: The requested range is not satisfiable",
  keyTooLong: "400 KeyTooLongError: Your key is too long",
  missingContentLength: "411 MissingContentLength: You must provide the Content-Length HTTP header.",
  noOrigin: "400 BadRequest: Insufficient information. Origin request header needed.",
  noSuchBucket: "404 NoSuchBucket: The specified bucket does not exist",
  noSuchKey: "404 NoSuchKey: The specified key does not exist.",
  preconditionFailed: "412 PreconditionFailed: At least one of the pre-conditions you specified did not hold",
  unknownHeader: "501 NotImplemented: A header you provided implies functionality that is not implemented",
  unsigned: "403 AccessDenied: Access Denied",
  unavailable: "503 ServiceUnavailable: Service is unable to handle request.",
  "signed twice":
    "400 InvalidArgument: Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
  early: tooSkewed,
  expired: tooSkewed,
  "presigned early": "403 AccessDenied: Request is not yet valid",
  "presigned expired": "403 AccessDenied: Request has expired",
  "unknown key": "403 InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.",
  "other session": "400 InvalidToken: The provided token is malformed or otherwise invalid.",
  "unsigned headers": "403 AccessDenied: There were headers present in the request which were not signed",
  "other body":
    "400 XAmzContentSHA256Mismatch: The provided 'x-amz-content-sha256' header does not match what was computed.",
  mismatch:
    "403 SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your key and signing method.",
} satisfies Record<Exclude<Reason, "malformed">, string> & Record<string, string>;

export function s3Error(error: keyof typeof errors, more?: string) {
  return refuse(errors[error], more);
}

export function notImplemented(what: string) {
  return refuse(`501 NotImplemented: This S3 emulator does not support ${what}.`);
}

export function signatureError({ reason, sentence }: Refusal, isPresigned: boolean) {
  if (reason === "malformed")
    return refuse(`400 Authorization${isPresigned ? "QueryParametersError" : "HeaderMalformed"}: ${sentence}`);
  return s3Error(isPresigned && (reason === "early" || reason === "expired") ? `presigned ${reason}` : reason);
}

function refuse(error: string, more = "") {
  const [, status, code = "", message = ""] = /^(\d+) (\w+): (.*)$/s.exec(error) ?? [];
  const id = makeRequestId();
  const content = `<Code>${code}</Code><Message>${escape(message)}</Message>${more}<RequestId>${id}</RequestId>`;
  return xmlAnswer(Number(status), `<Error>${content}</Error>`, id);
}

export function xmlAnswer(status: number, content: string, requestId?: string) {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n${content}`;
  return s3Answer(status, [["content-type", "application/xml"]], xml, requestId);
}

export function s3Answer(
  status: number,
  headers: HttpAnswer["headers"],
  body: Buffer | string = "",
  requestId = makeRequestId(),
): HttpAnswer {
  return { status, headers: [["x-amz-request-id", requestId], ...headers], body: Buffer.from(body) };
}

function makeRequestId() {
  return randomBytes(8).toString("hex").toUpperCase();
}

export function escape(text: string) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
