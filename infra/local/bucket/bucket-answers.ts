import { randomBytes } from "node:crypto";
import type { HttpAnswer } from "../gateway/gateway-answer.ts";
import errors from "./s3-errors.json" with { type: "json" };
import type { Reason, Refusal } from "./signature.ts";

interface S3Error {
  status: number;
  code: string;
  message: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and S3's answer to each signature error. */
const known = errors satisfies Record<Exclude<Reason, "malformed">, S3Error>;

export function s3Error(error: keyof typeof known, more?: string) {
  return refuse(known[error], more);
}

export function notImplemented(what: string) {
  return refuse({ status: 501, code: "NotImplemented", message: `This S3 emulator does not support ${what}.` });
}

export function signatureError({ reason, sentence: message }: Refusal, isPresigned: boolean) {
  if (reason === "malformed")
    return refuse({
      status: 400,
      code: `Authorization${isPresigned ? "QueryParametersError" : "HeaderMalformed"}`,
      message,
    });
  return s3Error(isPresigned && (reason === "early" || reason === "expired") ? `presigned ${reason}` : reason);
}

function refuse({ status, code, message }: S3Error, more = "") {
  const id = makeRequestId();
  const content = `<Code>${code}</Code><Message>${escape(message)}</Message>${more}<RequestId>${id}</RequestId>`;
  return xmlAnswer(status, `<Error>${content}</Error>`, id);
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
