import { shownFields, type Event } from "./event.ts";
import type { Request } from "./http.ts";

/** What an answer about one event says: its ETag and its fields. */
export function represent(event: Event): { headers: Record<string, string>; body: object } {
  return { headers: { etag: etagOf(event) }, body: fieldsOf(event) };
}

/** What callers see of an event, always in the same order. JSON leaves out what is undefined. */
export function fieldsOf(event: Event): object {
  const shown: Partial<Record<string, unknown>> = { ...event, ...shownImages(event) };
  return Object.fromEntries(shownFields.map((field) => [field, shown[field]]));
}

/**
 * What callers see of an event's images, always in the same order, which a map in DynamoDB does not
 * keep. A rejection is shown until a later upload is accepted; the two may have been looked at in any
 * order.
 */
function shownImages({ image, rejectedImage }: Event): object {
  const isOutdated = image && rejectedImage && image.upload > rejectedImage.upload;
  return {
    image: image && {
      contentType: image.contentType,
      size: image.size,
      labels: image.labels?.map(({ name, confidence }) => ({ name, confidence })),
      labelledAt: image.labelledAt,
    },
    rejectedImage: isOutdated
      ? undefined
      : rejectedImage && { detail: rejectedImage.detail, rejectedAt: rejectedImage.rejectedAt },
  };
}

/** Strong, and never that of an earlier event with the same id, which is another incarnation. RFC 9110, section 8.8.3. */
export function etagOf({ incarnation, version }: Event): string {
  return `"${incarnation}-${version}"`;
}

/**
 * Whether a caller has this representation already, as If-None-Match says: compared weakly, as proxies
 * make strong ETags weak. A malformed header is no reason to withhold an event: it matches nothing.
 *
 * RFC 9110, section 13.1.2.
 */
export function isNotModified({ headers }: Request, etag: string | undefined): boolean {
  const etags = parseEtags(headers["if-none-match"] ?? "") ?? [];
  return etags === "*" || etags.some((other) => other.replace(/^W\//, "") === etag);
}

/**
 * The ETags that a header lists, or its `*`; undefined where it is neither. A list may have empty
 * elements, an ETag commas, and repeated headers arrive as one list. RFC 9110, sections 5.6.1 and 8.8.3.
 */
export function parseEtags(header: string): "*" | string[] | undefined {
  if (header === "*") return "*";
  // eslint-disable-next-line no-control-regex -- RFC 9110 lets an ETag hold every byte but these
  const elements = [...header.matchAll(/[ \t]*(?:((?:W\/)?"[^"\x00-\x20\x7f]*")[ \t]*)?(?:,|$)/gy)];
  const isWhole = elements.map(([text]) => text).join("") === header;
  const etags = elements.flatMap(([, etag]) => (etag === undefined ? [] : [etag]));
  return isWhole && etags.length > 0 ? etags : undefined;
}
