import { isUtf8 } from "node:buffer";
import type { Request } from "./http.ts";
import { maxItemBytes, Problem, tooLarge, type Violation } from "./problem.ts";

/**
 * JSON may escape one byte as six, as in \\u0041. A longer body is refused unparsed: 6 MB of brackets
 * become a tree that needs more memory than the function has.
 */
const maxBodyBytes = 6 * maxItemBytes;

/**
 * Parses the body of a request with JSON.parse: the last of duplicate keys wins. `mediaTypes` lists the
 * accepted media types.
 *
 * A `charset` is ignored, because JSON is always UTF-8 (RFC 8259, section 11).
 * Throws a `Problem`: 415 for another media type or a compressed body, 413 for one too large to store,
 * 400 for one that is empty, not UTF-8 or not JSON.
 */
export function parseJson(request: Request, mediaTypes = ["application/json"]): unknown {
  validateHeaders(request, mediaTypes);
  const text = readText(request);
  if (text.trim() === "") throw new Problem(400, "The body is empty: send a JSON object.");
  try {
    return JSON.parse(text);
  } catch {
    // JSON.parse's own message quotes the body.
    throw new Problem(400, "The body is not valid JSON.");
  }
}

/**
 * The method decides which header of a 415 lists the accepted types. PUT gets Accept-Patch, too: in a
 * response to any method it says what PATCH accepts (RFC 5789, section 3.1). Accept-Encoding is only for
 * a 415 about the encoding (RFC 9110, section 12.5.3).
 */
function validateHeaders({ headers, requestContext }: Request, mediaTypes: string[]): void {
  const refuse = (detail: string, more: Record<string, string> = {}) => {
    const accept = requestContext.http.method === "POST" ? "accept-post" : "accept-patch";
    return new Problem(415, detail, { headers: { [accept]: mediaTypes.join(", "), ...more } });
  };
  const mediaType = headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!mediaTypes.includes(mediaType))
    throw refuse(`The body must be JSON: send Content-Type: ${mediaTypes.join(" or ")}.`);
  const codings = (headers["content-encoding"] ?? "").split(",").map((coding) => coding.trim().toLowerCase());
  if (codings.some((coding) => coding !== "" && coding !== "identity")) {
    throw refuse("The body must not be compressed: omit Content-Encoding or send identity.", {
      "accept-encoding": "identity",
    });
  }
}

/**
 * API Gateway base64-encodes a body depending on its content type, not its bytes: both forms are decoded
 * alike, so that they mean the same. Drops a byte order mark (RFC 8259, section 8.1).
 */
function readText({ body, isBase64Encoded }: Request): string {
  const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"); // a handwritten event may have a null body
  if (bytes.length > maxBodyBytes) throw tooLarge();
  if (!isUtf8(bytes)) throw new Problem(400, "The body is not UTF-8.");
  return bytes.toString().replace(/^\uFEFF/, "");
}

/**
 * Violations for unknown fields, where only `fields` are known. Bounded, because 6 MB of names would make
 * a response larger than Lambda may send: a long name is shortened and so has no pointer, and from the
 * 21st on names are only counted.
 */
export function unknownFields(names: string[], resource: string, fields: string[]): Violation[] {
  const known = `the fields are ${fields.join(", ")}`;
  const violations = names.slice(0, 20).map((name) => {
    const beginning = Array.from(name.slice(0, 200)).slice(0, 100).join("");
    return beginning === name
      ? { pointer: `/${escapePointer(name)}`, detail: `is not a field of ${resource}: ${known}` }
      : { pointer: "", detail: `has an unknown field that begins with ${JSON.stringify(beginning)}: ${known}` };
  });
  const more = names.length - violations.length;
  return more > 0
    ? [...violations, { pointer: "", detail: `has ${more} more unknown field${more > 1 ? "s" : ""}` }]
    : violations;
}

/** RFC 6901, section 3. */
function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
