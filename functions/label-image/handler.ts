import { ConditionalCheckFailedException, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import {
  DetectLabelsCommand,
  ImageTooLargeException,
  InvalidImageFormatException,
  InvalidParameterException,
  InvalidS3ObjectException,
} from "@aws-sdk/client-rekognition";
import type { Context, S3Event } from "aws-lambda";
import { connect, exchangeWithin, retrying } from "../_shared/aws-client.ts";
import { bucketName, imageKey, incomingKey, listKeys, sendToBucket } from "../_shared/bucket.ts";
import { finishDeletion, removeObjects } from "../_shared/deletion.ts";
import {
  isId,
  maxImageBytes,
  type ContentType,
  type Event,
  type Image,
  type RejectedImage,
  type Uploaded,
} from "../_shared/event.ts";
import { nameOf, withoutFields } from "../_shared/log.ts";
import { Problem } from "../_shared/problem.ts";
import { fromItem, toAttributes } from "../_shared/stored-event.ts";
import { aliasesIn, isTooLarge, readEvent, send, tableName } from "../_shared/table.ts";
import { withinTimeLimit } from "../_shared/time-limit.ts";

const rekognition = connect({
  name: "rekognition",
  target: "RekognitionService",
  version: "1.1",
  exceptions: {
    ImageTooLargeException,
    InvalidImageFormatException,
    InvalidParameterException,
    InvalidS3ObjectException,
  },
  exchange: exchangeWithin({ connection_ms: 1_000, answer_ms: 10_000, body_ms: 1_000 }),
});
const repeat = retrying(2);
const labelling = process.env["LABELS"];
if (labelling !== "on" && labelling !== "off")
  throw new Error('The environment variable LABELS must be "on" or "off".');

/**
 * Makes an upload in `incoming/` the image of its event, with labels, or records on the event why it was
 * rejected. Also finishes a deletion whose note in `deletions/` has expired. S3 events arrive in any
 * order and sometimes twice, and Lambda retries after an error: everything here is idempotent.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export async function handler(
  { Records: records }: S3Event,
  context: Pick<Context, "getRemainingTimeInMillis">,
): Promise<void> {
  await withinTimeLimit(context, async () => {
    for (const { s3 } of records) {
      // S3 form-encodes keys, with + for a space.
      const [prefix, id, incarnation, upload, ...rest] = decodeURIComponent(s3.object.key.replaceAll("+", " ")).split(
        "/",
      );
      if (!isId(id) || incarnation === undefined || rest.length > 0) continue;
      // Only these prefixes: reacting to what this function writes would never end.
      if (prefix === "incoming" && isNumber(upload))
        await logged({ eventId: id, upload }, () => processUpload({ id, incarnation, upload: Number(upload) }));
      if (prefix === "deletions" && upload === undefined)
        await logged({ eventId: id }, () => finishDeletion(id, incarnation, retry));
    }
  });
}

function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^[1-9]\d*$/.test(text);
}

/** One log line per object, with the same fields as for requests. */
async function logged(about: { eventId: string; upload?: string }, act: () => Promise<string>): Promise<void> {
  try {
    console.info({ ...about, outcome: await act() });
  } catch (error) {
    console.error({ ...about, problem: "failed", cause: nameOf(error instanceof Problem ? error.cause : error) });
    throw withoutFields(error);
  }
}

interface Incoming {
  id: string;
  incarnation: string;
  upload: number;
}

/** Keeps the upload itself, so that S3 refuses a second one while its URL is valid. */
async function processUpload(incoming: Incoming): Promise<"image" | "no image" | "no event"> {
  const { id, incarnation, upload } = incoming;
  let event = await readEvent(id, retry);
  if (isSameIncarnation(incoming, event) && isPending(event, upload)) {
    const file = await readUpload(incomingKey(id, incarnation, upload));
    const verdict = file && (file.complaint ?? (await detectLabels(incomingKey(id, incarnation, upload))));
    event = file && verdict ? await decide(incoming, file, verdict) : await readEvent(id, retry); // the file was deleted with its event, or has expired
  }

  if (!isSameIncarnation(incoming, event)) {
    await removeObjects(id, incarnation, retry);
    return "no event";
  }
  const current = event.image?.upload ?? 0;
  await removeOutdated(incoming, current);
  return current === upload ? "image" : "no image";
}

/** Whether this is the event of the upload, and not a later one with the same id. */
function isSameIncarnation({ incarnation }: Incoming, event: Event | undefined): event is Event {
  return event?.incarnation === incarnation;
}

/** Whether this upload is still undecided and not outdated. */
function isPending({ image, rejectedImage }: Event, upload: number): boolean {
  return (image?.upload ?? 0) < upload && rejectedImage?.upload !== upload;
}

/** Removes replaced images, and the copy of this upload if it did not become the image. Later uploads belong to other invocations. */
async function removeOutdated({ id, incarnation, upload }: Incoming, current: number): Promise<void> {
  const prefix = imageKey(id, incarnation, "");
  const { keys } = await listKeys(prefix, retry);
  const uploads = keys.map((key) => Number(key.slice(prefix.length)));
  const outdated = uploads.filter((each) => each < current || (each === upload && each !== current));
  await Promise.all(outdated.map((each) => sendToBucket("DELETE", imageKey(id, incarnation, each), { advice: retry })));
}

interface Upload {
  contentType: ContentType;
  size: number;
  etag: string;
  /** Why it was rejected. */
  complaint: string | undefined;
}

const signatures: Record<ContentType, { name: string; hex: string }> = {
  "image/jpeg": { name: "JPEG", hex: "ffd8ff" },
  "image/png": { name: "PNG", hex: "89504e470d0a1a0a" },
};

/** Checks the first bytes of a file, its size and its declared type. Undefined if it is gone. */
async function readUpload(key: string): Promise<Upload | undefined> {
  const answer = await sendToBucket("GET", key, { headers: { range: "bytes=0-7" }, advice: retry });
  if (answer.status === 404) return undefined;
  const contentType = answer.headers["content-type"] as ContentType; // only these are ever signed
  const size = Number(answer.headers["content-range"]?.split("/")[1]);
  // An empty file gives a 416, whose body is not an image either.
  return {
    contentType,
    size,
    etag: answer.headers["etag"] ?? "",
    complaint: complaintOf(answer.body.toString("hex"), contentType, size),
  };
}

function complaintOf(start: string, declared: ContentType, size: number): string | undefined {
  const [found] = Object.entries(signatures).filter(([, { hex }]) => start.startsWith(hex));
  if (!found) return "The file is neither a JPEG nor a PNG.";
  if (found[0] !== declared) return `The file is a ${found[1].name} but was declared as ${declared}.`;
  return size > maxImageBytes ? `The file has ${size} bytes; the maximum is ${maxImageBytes}.` : undefined;
}

/** At most ten labels with a confidence of 80 % or more, or why there are none. Undefined if the file is gone. */
async function detectLabels(key: string): Promise<Partial<Image> | string | undefined> {
  if (labelling === "off") return {};
  const command = new DetectLabelsCommand({
    Image: { S3Object: { Bucket: bucketName, Name: key } },
    MaxLabels: 10,
    MinConfidence: 80,
  });
  try {
    const { Labels: found = [] } = await repeat(() => rekognition(command));
    const labels = found.map(({ Name: name = "", Confidence: confidence = 0 }) => ({
      name,
      confidence: Math.round(confidence * 100) / 100,
    }));
    return { labels, labelledAt: new Date().toISOString() };
  } catch (error) {
    if (error instanceof InvalidImageFormatException) return "The file cannot be read as an image.";
    // The parameters above are valid, so this is about the image: one with a side under 80 pixels gets InvalidParameterException.
    if (error instanceof ImageTooLargeException || error instanceof InvalidParameterException)
      return "Each side of the image must be 80 to 10000 pixels.";
    // Also thrown when permission to read the file is missing, which must stay an error.
    if (error instanceof InvalidS3ObjectException && !(await readUpload(key))) return undefined;
    throw error;
  }
}

/** The verdict is the labels, or why the file is rejected. */
function decide(incoming: Incoming, file: Upload, verdict: Partial<Image> | string): Promise<Event | undefined> {
  return typeof verdict === "string" ? reject(incoming, verdict) : accept(incoming, file, verdict);
}

/** Copies the image and records it on its event, if that still exists and has no later image. */
async function accept(
  incoming: Incoming,
  { contentType, size, etag }: Upload,
  labels: Partial<Image>,
): Promise<Event | undefined> {
  const { id, incarnation, upload } = incoming;
  // Without the upload's other headers: a Content-Encoding would make the image unreadable.
  const headers = {
    "content-type": contentType,
    "x-amz-copy-source": `/${bucketName}/${incomingKey(id, incarnation, upload)}`,
    "x-amz-copy-source-if-match": etag,
    "x-amz-metadata-directive": "REPLACE",
  };
  const { status, body } = await sendToBucket("PUT", imageKey(id, incarnation, upload), { headers, advice: retry });
  if (status === 404) return readEvent(id, retry); // just deleted with its event
  // S3 sends a 200 before it knows whether the copy succeeds.
  if (!body.includes("<CopyObjectResult")) throw new Error("S3 started to copy an upload but did not finish.");

  const condition = `${newestImageCondition} AND ${notRejectedCondition}`;
  const event = await update(incoming, "image", condition, { contentType, size, ...labels, upload });
  return event === "too large" ? reject(incoming, "The event is too large to hold an image.") : event;
}

async function reject(incoming: Incoming, detail: string): Promise<Event | undefined> {
  const rejected = { detail, rejectedAt: new Date().toISOString(), upload: incoming.upload };
  const event = await update(
    incoming,
    "rejectedImage",
    `${newestImageCondition} AND ${newestRejectionCondition}`,
    rejected,
  );
  return event === "too large" ? readEvent(incoming.id, retry) : event;
}

const newestImageCondition =
  "#incarnation = :incarnation AND (attribute_not_exists(#event.#image) OR #event.#image.#upload < :upload)";
/** Not even by another invocation, which removes the copy: S3 may notify of an upload twice. */
const notRejectedCondition =
  "(attribute_not_exists(#event.#rejectedImage) OR #event.#rejectedImage.#upload <> :upload)";
const newestRejectionCondition =
  "(attribute_not_exists(#event.#rejectedImage) OR #event.#rejectedImage.#upload < :upload)";

/** Updates an event if the condition holds, and returns its current state; undefined if there is none. */
async function update(
  { id, incarnation, upload }: Incoming,
  name: "image" | "rejectedImage",
  condition: string,
  value: (Image | RejectedImage) & Uploaded,
): Promise<Event | "too large" | undefined> {
  const expression = `SET #event.#${name} = :value, #event.#updatedAt = :now, #event.#version = #event.#version + :one`;
  const command = new UpdateItemCommand({
    TableName: tableName,
    Key: { id: { S: id } },
    UpdateExpression: expression,
    ConditionExpression: condition,
    ExpressionAttributeNames: aliasesIn(expression, condition),
    ExpressionAttributeValues: toAttributes({
      ":value": value,
      ":incarnation": incarnation,
      ":upload": upload,
      ":now": new Date().toISOString(),
      ":one": 1,
    }),
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  try {
    const { Attributes: item } = await send(command, retry);
    return item && fromItem(item);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return error.Item && fromItem(error.Item);
    if (isTooLarge(error)) return "too large";
    throw error;
  }
}

const retry = "Lambda will retry.";
