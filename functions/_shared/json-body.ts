import type { Request } from "./http.ts";
import { maxItemBytes, Problem, tooLarge, type Violation } from "./problem.ts";

/**
 * JSON may write one byte as six, as in \\u0041. What is longer than that is refused unparsed: 6 MB of
 * brackets become a tree that takes more memory than the function has.
 */
const maxBodyBytes = 6 * maxItemBytes;

/**
 * The body of a request as JSON.parse reads it: of duplicate keys the last one wins. `mediaTypes` are
 * those that it may have.
 *
 * A `charset` is ignored, because JSON is UTF-8 whatever it says (RFC 8259, section 11).
 * Throws a `Problem`: 415 for another media type and for what is compressed, 413 for what could never
 * be stored, 400 for what is empty, not UTF-8 or not JSON.
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
 * What a 415 says is taken goes by the method. Accept-Patch goes with PUT too, which does the same: in
 * the answer to any method it says what PATCH takes (RFC 5789, section 3.1). Accept-Encoding goes with
 * a 415 for an encoding and with no other (RFC 9110, section 12.5.3).
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
 * API Gateway encodes a body in base64 by its content type, not by its bytes: both ways lead through
 * one decoder, so that they mean the same. It drops a byte order mark (RFC 8259, section 8.1).
 */
function readText({ body, isBase64Encoded }: Request): string {
  const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"); // an event made by hand may have a body of null
  if (bytes.length > maxBodyBytes) throw tooLarge();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Problem(400, "The body is not UTF-8.");
  }
}

/**
 * What is wrong with a body that has fields by these names, where only `fields` are known. Bounded, or
 * 6 MB of names would come back as an answer larger than Lambda may send: a long name is shortened, to
 * what is no pointer to it any more, and after 20 the others are counted.
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
