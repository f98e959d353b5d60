import { ConditionalCheckFailedException, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { incomingKey, presign } from "../_shared/bucket.ts";
import { contentTypes, integer, isId, isObject, maxImageBytes, type ContentType } from "../_shared/event.ts";
import { endpoint, type Caller } from "../_shared/http.ts";
import { parseJson, unknownFields } from "../_shared/json-body.ts";
import { notTheOrganizer, ownedBy, rejectPrecondition } from "../_shared/precondition.ts";
import { noSuchEvent, Problem, tooLarge, type Violation } from "../_shared/problem.ts";
import { aliasesIn, impossibleWrite, isTooLarge, noKey, prime, send, tableName } from "../_shared/table.ts";

const lifetime_s = 5 * 60;

/**
 * Creates a single-use URL to upload one image straight to S3: 201. S3 itself refuses another length or
 * type than declared here, and a second use. 404 if there is no event, 403 if the caller is not its
 * organizer, 413 if it has no room left for an image.
 */
export const handler = endpoint(async (request, caller) => {
  const id = request.pathParameters?.["id"];
  const { contentType, contentLength } = parseUpload(parseJson(request));
  rejectPrecondition(request);
  if (!isId(id)) throw noSuchEvent();

  const key = await countUpload(id, caller);

  const headers = { "content-type": contentType, "if-none-match": "*" };
  const signed = { ...headers, "content-length": String(contentLength) };
  const { url, expiresAt } = await presign("PUT", key, signed, lifetime_s);
  return { status: 201, body: { method: "PUT", url, headers, expiresAt } };
});

export const primed = prime(new UpdateItemCommand({ ...impossibleWrite, Key: noKey }));

/**
 * Returns the key of the next upload. The event counts its uploads: the number orders them without a clock,
 * and tells delete-event that there may be objects in the bucket. Callers do not see it, so neither
 * `version` nor an index changes.
 */
async function countUpload(id: string, caller: Caller): Promise<string> {
  const update = "ADD #uploads :one";
  const { expression, values } = ownedBy(caller, {
    expression: "attribute_exists(#id)",
    values: { ":one": { N: "1" } },
  });
  const command = new UpdateItemCommand({
    TableName: tableName,
    Key: { id: { S: id } },
    UpdateExpression: update,
    ConditionExpression: expression,
    ExpressionAttributeNames: aliasesIn(update, expression),
    ExpressionAttributeValues: values,
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  try {
    const { Attributes: { incarnation, uploads } = {} } = await send(command, "Retry the request.");
    return incomingKey(id, incarnation?.S ?? "", uploads?.N ?? "");
  } catch (error) {
    if (isTooLarge(error)) throw tooLarge();
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw error.Item ? notTheOrganizer() : noSuchEvent();
  }
}

interface Upload {
  contentType: ContentType;
  contentLength: number;
}

const rules = {
  contentType: (value: unknown) =>
    contentTypes.some((each) => each === value) ? undefined : `must be ${contentTypes.join(" or ")}`,
  contentLength: integer(1, maxImageBytes, "the file's size in bytes, an integer"),
};

/** Throws a `Problem` 400 that lists every violation. */
function parseUpload(body: unknown): Upload {
  const invalid = (errors: Violation[]) =>
    new Problem(400, "The upload breaks the rules listed in errors.", { errors });
  if (!isObject(body)) throw invalid([{ pointer: "", detail: "must be a JSON object" }]);
  const { contentType, contentLength, ...unknown } = body;
  const details = {
    "/contentType": rules.contentType(contentType),
    "/contentLength": rules.contentLength(contentLength),
  };
  const wrong = Object.entries(details).flatMap(([pointer, detail]) =>
    detail === undefined ? [] : [{ pointer, detail }],
  );
  const errors = [...wrong, ...unknownFields(Object.keys(unknown), "an upload", Object.keys(rules))];
  if (errors.length > 0) throw invalid(errors);
  return { contentType, contentLength } as Upload; // both have passed their rules
}
