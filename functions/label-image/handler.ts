import { ConditionalCheckFailedException, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { DetectLabelsCommand, ImageTooLargeException, InvalidImageFormatException, InvalidParameterException, RekognitionClient } from "@aws-sdk/client-rekognition";
import type { S3Event } from "aws-lambda";
import { marshall } from "../_shared/attributes.ts";
import { bucketName, sendToBucket } from "../_shared/bucket.ts";
import { clientOptions } from "../_shared/client-options.ts";
import { environment } from "../_shared/environment.ts";
import { isId } from "../_shared/event.ts";
import { imageKey, incomingKey, largestImage_bytes, uploadOf, type ContentType, type Image, type RejectedImage, type Uploaded } from "../_shared/image.ts";
import { nameOf, withoutFields } from "../_shared/log.ts";
import { Problem } from "../_shared/problem.ts";
import type { Item } from "../_shared/stored-event.ts";
import { aliasesIn, isTooLarge, send, tableName } from "../_shared/table.ts";

const rekognition = new RekognitionClient(
  clientOptions(process.env["AWS_ENDPOINT_URL_REKOGNITION"], { connection_ms: 1_000, answer_ms: 10_000, body_ms: 1_000, attempts: 2 }),
);
const isLabelling = readLabels(environment("LABELS"));

/**
 * Makes an upload that has arrived in `incoming/` the image of its event, with labels; or removes it,
 * and says why on the event, where it is none. Lambda calls this for S3, twice at times and in any
 * order, and again after an error: all that is done here can be done again, and the upload goes last.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export async function handler({ Records: records }: S3Event): Promise<void> {
  for (const { s3 } of records) {
    // S3 writes a key as a form would, with + for a blank.
    const [prefix, id, upload, ...rest] = decodeURIComponent(s3.object.key.replaceAll("+", " ")).split("/");
    // What this function writes lies elsewhere. Reacting to that too would never end.
    if (prefix === "incoming" && isId(id) && upload !== undefined && rest.length === 0) await takeAndLog(id, upload);
  }
}

/** One line in the log for each upload, with the fields that requests have in theirs. */
async function takeAndLog(eventId: string, upload: string): Promise<void> {
  try {
    console.info({ eventId, upload, outcome: await take(eventId, upload) });
  } catch (error) {
    console.error({ eventId, upload, problem: "failed", cause: nameOf(error instanceof Problem ? error.cause : error) });
    throw withoutFields(error);
  }
}

async function take(id: string, upload: string): Promise<"image" | "no image" | "taken before"> {
  let item = await read(id);
  if (isAwaited(item, upload)) {
    const file = await readUpload(incomingKey(id, upload));
    if (!file) return "taken before"; // meanwhile
    const labels = file.complaint ?? (await detectLabels(incomingKey(id, upload)));
    item = typeof labels === "string" ? await reject(id, upload, labels) : await accept(id, upload, file, labels);
  }

  const isImage = uploadOf(item?.["image"]) === upload;
  const outdated = isImage ? item?.["replacedUpload"]?.S : upload;
  if (outdated) await remove(imageKey(id, outdated));
  await remove(incomingKey(id, upload));
  return isImage ? "image" : "no image";
}

async function read(id: string): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: tableName, Key: { id: { S: id } }, ConsistentRead: true });
  return (await send(command, retry)).Item;
}

/**
 * Whether nothing has come of this upload yet, and something may: once it is taken its URL would work
 * again, because S3 refuses a second upload only where there is a first.
 */
function isAwaited({ incarnation, image, rejectedImage }: Item = {}, upload: string): boolean {
  const [made = upload, accepted = "", rejected] = [incarnation?.S, uploadOf(image), uploadOf(rejectedImage)];
  return made < upload && accepted < upload && rejected !== upload;
}

interface Upload {
  contentType: ContentType;
  size: number;
  etag: string;
  /** Why it cannot be an image. */
  complaint: string | undefined;
}

const signatures: Record<ContentType, { name: string; hex: string }> = {
  "image/jpeg": { name: "JPEG", hex: "ffd8ff" },
  "image/png": { name: "PNG", hex: "89504e470d0a1a0a" },
};

/** Looks at the first bytes of a file, at its size, and at the type that was announced. Undefined where it is gone. */
async function readUpload(key: string): Promise<Upload | undefined> {
  const answer = await sendToBucket("GET", key, { headers: { range: "bytes=0-7" }, advice: retry });
  if (answer.status === 404) return undefined;
  const contentType = answer.headers["content-type"] as ContentType; // no other was ever signed
  const size = Number(answer.headers["content-range"]?.split("/")[1]);
  // Of nothing there are no first bytes: then this is a 416, and what S3 says of it is no image either.
  return { contentType, size, etag: answer.headers["etag"] ?? "", complaint: complaintOf(answer.body.toString("hex"), contentType, size) };
}

function complaintOf(start: string, announced: ContentType, size: number): string | undefined {
  const [found] = Object.entries(signatures).filter(([, { hex }]) => start.startsWith(hex));
  if (!found) return "The file is neither a JPEG nor a PNG.";
  if (found[0] !== announced) return `The file is a ${found[1].name} and was announced as ${announced}.`;
  return size > largestImage_bytes ? `The file has ${size} bytes and may have ${largestImage_bytes}.` : undefined;
}

/** What Rekognition sees, at most ten things of which it is rather sure; or why it can see nothing. */
async function detectLabels(key: string): Promise<Partial<Image> | string> {
  if (!isLabelling) return {};
  const command = new DetectLabelsCommand({ Image: { S3Object: { Bucket: bucketName, Name: key } }, MaxLabels: 10, MinConfidence: 80 });
  try {
    const { Labels: found = [] } = await rekognition.send(command);
    const labels = found.map(({ Name: name = "", Confidence: confidence = 0 }) => ({ name, confidence: Math.round(confidence * 100) / 100 }));
    return { labels, labelledAt: new Date().toISOString() };
  } catch (error) {
    if (error instanceof InvalidImageFormatException) return "The file cannot be read as an image.";
    // The parameters above are right, so it is the image: with less than 80 pixels on a side it is said to be one.
    if (error instanceof ImageTooLargeException || error instanceof InvalidParameterException) return "The image must have 80 to 10000 pixels on each side.";
    throw error;
  }
}

/**
 * Keeps the image and names it in its event, if that is still there and has no later image. The image
 * that it replaces stays named in `replacedUpload`: it has to go even where this crashes before that.
 */
async function accept(id: string, upload: string, { contentType, size, etag }: Upload, labels: Partial<Image>): Promise<Item | undefined> {
  // Not with what else the upload said of itself: a Content-Encoding would make the image unreadable.
  const headers = {
    "content-type": contentType,
    "x-amz-copy-source": `/${bucketName}/${incomingKey(id, upload)}`,
    "x-amz-copy-source-if-match": etag,
    "x-amz-metadata-directive": "REPLACE",
  };
  const { status, body } = await sendToBucket("PUT", imageKey(id, upload), { headers, advice: retry });
  if (status === 404) return read(id); // taken meanwhile
  // S3 begins a copy's answer with 200 before it knows how the copy ends.
  if (!body.includes("<CopyObjectResult")) throw new Error("S3 began to copy an upload and did not end it.");

  const set = "#image = :value, #replacedUpload = if_not_exists(#image.#upload, :none)";
  const item = await update(id, upload, set, isNewestImage, { contentType, size, ...labels, upload });
  return item === "too large" ? reject(id, upload, "The event is too large to have an image.") : item;
}

async function reject(id: string, upload: string, detail: string): Promise<Item | undefined> {
  const rejectedAt = new Date().toISOString();
  const item = await update(id, upload, "#rejectedImage = :value", `${isNewestImage} AND ${isNewestRejection}`, { detail, rejectedAt, upload });
  return item === "too large" ? undefined : item;
}

const isNewestImage = "attribute_exists(#id) AND #incarnation < :upload AND (attribute_not_exists(#image) OR #image.#upload < :upload)";
const isNewestRejection = "(attribute_not_exists(#rejectedImage) OR #rejectedImage.#upload < :upload)";

/** Changes an event if the condition holds, and gives it as it then is; undefined where there is none. */
async function update(id: string, upload: string, set: string, condition: string, value: (Image | RejectedImage) & Uploaded): Promise<Item | "too large" | undefined> {
  const expression = `SET ${set}, #updatedAt = :now, #version = #version + :one`;
  const values = { ":value": value, ":upload": upload, ":now": new Date().toISOString(), ":one": 1, ...(set.includes(":none") && { ":none": "" }) };
  const command = new UpdateItemCommand({
    TableName: tableName,
    Key: { id: { S: id } },
    UpdateExpression: expression,
    ConditionExpression: condition,
    ExpressionAttributeNames: aliasesIn(expression, condition),
    ExpressionAttributeValues: marshall(values),
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  try {
    return (await send(command, retry)).Attributes;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return error.Item;
    if (isTooLarge(error)) return "too large";
    throw error;
  }
}

async function remove(key: string): Promise<void> {
  await sendToBucket("DELETE", key, { advice: retry });
}

const retry = "Lambda calls again.";

function readLabels(labels: string): boolean {
  if (labels !== "on" && labels !== "off") throw new Error('The environment variable LABELS must be "on" or "off".');
  return labels === "on";
}
