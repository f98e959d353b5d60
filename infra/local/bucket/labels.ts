import { signatureRefusal } from "./account.ts";
import { bucketName } from "./bucket.ts";
import type { Objects } from "./bucket-objects.ts";
import { textAnswer, type HttpAnswer } from "../gateway/gateway-answer.ts";
import type { SignedRequest } from "./signature.ts";
import { startStandIn } from "./stand-in.ts";

export type Labels = Awaited<ReturnType<typeof startLabels>>;

export interface DetectLabels {
  Image?: { S3Object?: { Bucket?: string; Name?: string } };
  MaxLabels?: number;
  MinConfidence?: number;
}

/** https://docs.aws.amazon.com/rekognition/latest/dg/limits.html */
const limits = { maxBytes: 15 * 1024 * 1024, minSide_px: 80, maxSide_px: 10_000 };

/**
 * Emulates Rekognition's DetectLabels. Its labels name the emulator, and the image's format and shape.
 * https://docs.aws.amazon.com/rekognition/latest/APIReference/API_DetectLabels.html
 */
export async function startLabels({ objects, now }: { objects: Pick<Objects, "get">; now: () => Date }) {
  const requests: DetectLabels[] = [];
  const answerTo = (request: SignedRequest) => {
    const wrong = signatureRefusal(request, "rekognition", now());
    if (wrong) return refusal("InvalidSignatureException", wrong.sentence);
    const target = request.headers["x-amz-target"]?.[0];
    if (target !== "RekognitionService.DetectLabels")
      return refusal("UnknownOperationException", `This Rekognition emulator does not support ${String(target)}.`);
    const input = JSON.parse(request.body.toString()) as DetectLabels;
    requests.push(input);
    const { Bucket, Name } = input.Image?.S3Object ?? {};
    return detectLabels(input, Bucket === bucketName && Name !== undefined ? objects.get(Name)?.bytes : undefined);
  };
  const standIn = await startStandIn({
    answerTo,
    broken: refusal("SerializationException", "The request is not complete."),
    failed: json(500, { __type: "InternalServerError", Code: "InternalServerError", Message: "Internal server error" }),
  });
  return { ...standIn, requests };
}

/** Without `bytes` the object does not exist. */
export function detectLabels(
  { MaxLabels = 1000, MinConfidence = 55 }: DetectLabels,
  bytes: Buffer | undefined,
): HttpAnswer {
  if (!bytes)
    return refusal(
      "InvalidS3ObjectException",
      "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
    );
  const image = readPng(bytes) ?? readJpeg(bytes);
  if (!image) return refusal("InvalidImageFormatException", "Request has invalid image format");
  const { format, width, height } = image;
  // The error for too small an image is not documented, but recorded: github.com/boto/botocore/issues/1366
  if (Math.min(width, height) < limits.minSide_px)
    return refusal("InvalidParameterException", "Request has invalid parameters");
  if (bytes.length > limits.maxBytes || Math.max(width, height) > limits.maxSide_px)
    return refusal("ImageTooLargeException", `The image has ${bytes.length} bytes and ${width} x ${height} pixels.`);
  // By falling confidence, like Rekognition.
  const labels = [
    { Name: `Local stand-in: ${format}`, Confidence: 100 },
    { Name: `Local stand-in: ${width} x ${height} pixels`, Confidence: 100 },
    { Name: "Local stand-in: perhaps a photo", Confidence: 60 },
  ].filter(({ Confidence }) => Confidence >= MinConfidence);
  return json(200, { Labels: labels.slice(0, MaxLabels), LabelModelVersion: "local" });
}

/** A PNG starts with its signature and the chunk IHDR, whose first fields are width and height. */
function readPng(bytes: Buffer) {
  if (bytes.length < 24 || bytes.toString("latin1", 0, 8) !== "\x89PNG\r\n\x1a\n") return undefined;
  return { format: "PNG", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** A JPEG is a list of segments, each with marker and length; the start of frame (SOF) has height and width. */
function readJpeg(bytes: Buffer) {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes.readUInt8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { format: "JPEG", height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
  }
  return undefined;
}

/** https://docs.aws.amazon.com/rekognition/latest/dg/error-handling.html */
function refusal(type: string, message: string): HttpAnswer {
  return json(400, { __type: type, Code: type, Message: message });
}

function json(status: number, body: object): HttpAnswer {
  return textAnswer(status, "application/x-amz-json-1.1", JSON.stringify(body));
}
