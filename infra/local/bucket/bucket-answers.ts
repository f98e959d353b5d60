import { randomBytes } from "node:crypto";
import type { HttpAnswer } from "../gateway/gateway-answer.ts";
import type { Reason, Refusal } from "./signature.ts";

type Refused = [status: number, code: string, message: string];

/**
 * What S3 answers when it refuses, in its own words where they are known.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export const s3Errors = {
  incompleteBody: [
    400,
    "IncompleteBody",
    "You did not provide the number of bytes specified by the Content-Length HTTP header",
  ],
  invalidRange: [416, "InvalidRange", "The requested range is not satisfiable"],
  keyTooLong: [400, "KeyTooLongError", "Your key is too long"],
  missingContentLength: [411, "MissingContentLength", "You must provide the Content-Length HTTP header."],
  noSuchBucket: [404, "NoSuchBucket", "The specified bucket does not exist"],
  noSuchKey: [404, "NoSuchKey", "The specified key does not exist."],
  preconditionFailed: [412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"],
} as const satisfies Record<string, Refused>;

/** What of S3 this stand-in does not do. */
export function notImplemented(what: string): HttpAnswer {
  return s3Error([501, "NotImplemented", `This stand-in for S3 does not know ${what}.`]);
}

/** What S3 says to a signature that the verifier refuses. */
export function signatureError({ reason, sentence }: Refusal, isPresigned: boolean): HttpAnswer {
  const malformed = isPresigned ? "AuthorizationQueryParametersError" : "AuthorizationHeaderMalformed";
  const tooSkewed: Refused = [
    403,
    "RequestTimeTooSkewed",
    "The difference between the request time and the current time is too large.",
  ];
  const errors: Record<Reason, Refused> = {
    unsigned: [403, "AccessDenied", "Access Denied"],
    "signed twice": [
      400,
      "InvalidArgument",
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
    ],
    malformed: [400, malformed, sentence],
    early: isPresigned ? [403, "AccessDenied", "Request is not yet valid"] : tooSkewed,
    expired: isPresigned ? [403, "AccessDenied", "Request has expired"] : tooSkewed,
    "unknown key": [403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."],
    "other session": [400, "InvalidToken", "The provided token is malformed or otherwise invalid."],
    "unsigned headers": [403, "AccessDenied", "There were headers present in the request which were not signed"],
    "other body": [
      400,
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ],
    mismatch: [
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    ],
  };
  return s3Error(errors[reason]);
}

export function s3Error([status, code, message]: Refused): HttpAnswer {
  const requestId = makeRequestId();
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escape(message)}</Message><RequestId>${requestId}</RequestId></Error>`;
  return {
    status,
    headers: [
      ["x-amz-request-id", requestId],
      ["content-type", "application/xml"],
    ],
    body: Buffer.from(xml),
  };
}

/** An answer of S3 that is none of its errors. */
export function s3Answer(status: number, headers: HttpAnswer["headers"], body: Buffer | string = ""): HttpAnswer {
  return { status, headers: [["x-amz-request-id", makeRequestId()], ...headers], body: Buffer.from(body) };
}

function makeRequestId(): string {
  return randomBytes(8).toString("hex").toUpperCase();
}

/** Text within XML. */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
