import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { presign } from "../_shared/bucket.ts";
import { isId } from "../_shared/event.ts";
import { endpoint, readJson } from "../_shared/http.ts";
import { contentTypes, incomingKey, largestImage_bytes, uploadOf, type ContentType } from "../_shared/image.ts";
import { isAnothers, notTheOrganizer } from "../_shared/owner.ts";
import { noSuchEvent, Problem, type Violation } from "../_shared/problem.ts";
import type { Item } from "../_shared/stored-event.ts";
import { send, tableName } from "../_shared/table.ts";
import { uuidv7 } from "../_shared/uuid.ts";

const lifetime_s = 5 * 60;

/**
 * Gives a URL to which one image can be sent, straight to S3 and once: 201. S3 itself refuses another
 * length or type than was asked for here. 404 where there is no event, 403 where it is somebody else's.
 */
export const handler = endpoint(async (request, caller) => {
  const id = request.pathParameters?.["id"];
  const { contentType, contentLength } = expectUpload(readJson(request));
  if (!isId(id)) throw noSuchEvent();

  const command = new GetItemCommand({ TableName: tableName, Key: { id: { S: id } }, ConsistentRead: true });
  const { Item: item } = await send(command, "Ask again.");
  if (!item) throw noSuchEvent();
  if (isAnothers(item, caller)) throw notTheOrganizer();

  const headers = { "content-type": contentType, "if-none-match": "*" };
  const signed = { ...headers, "content-length": String(contentLength) };
  const { url, expiresAt } = await presign("PUT", incomingKey(id, uuidv7(newestUuidOf(item))), signed, lifetime_s);
  return { status: 201, body: { method: "PUT", url, headers, expiresAt } };
});

/** The upload has to come after the event and the image that it has, whatever the clocks say. */
function newestUuidOf({ image, incarnation }: Item): string | undefined {
  return uploadOf(image) ?? incarnation?.S;
}

interface Upload {
  contentType: ContentType;
  contentLength: number;
}

const rules = {
  contentType: (value: unknown) => (contentTypes.some((each) => each === value) ? undefined : `must be ${contentTypes.join(" or ")}`),
  contentLength: (value: unknown) =>
    typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= largestImage_bytes
      ? undefined
      : `must be the file's size in bytes, an integer from 1 to ${largestImage_bytes}`,
};

/** Throws a `Problem` 400 that names everything wrong with the body at once. */
function expectUpload(body: unknown): Upload {
  const invalid = (errors: Violation[]) => new Problem(400, "The upload breaks the rules listed in errors.", { errors });
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw invalid([{ pointer: "", detail: "must be a JSON object" }]);
  const { contentType, contentLength, ...unknown } = body as Record<string, unknown>;
  const details = { "/contentType": rules.contentType(contentType), "/contentLength": rules.contentLength(contentLength) };
  const errors = Object.entries(details).flatMap(([pointer, detail]) => (detail === undefined ? [] : [{ pointer, detail }]));
  if (Object.keys(unknown).length > 0) errors.push({ pointer: "", detail: `must have the fields ${Object.keys(rules).join(" and ")} and no other` });
  if (errors.length > 0) throw invalid(errors);
  return { contentType, contentLength } as Upload; // both have passed their rules
}
